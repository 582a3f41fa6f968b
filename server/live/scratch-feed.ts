/**
 * One set of made-up hosts with its viewers: a live log, a publisher and changes of its own, nothing of the fleet.
 * Main thread; owns the timer of the changes.
 */
import type { ScratchFeedInfo } from '#lib/protocol/api.ts';
import type { Clock } from '../clock.ts';
import { newEpoch } from './epoch.ts';
import { LiveLog } from './live-log.ts';
import { Publisher } from './publisher.ts';
import { ScratchChanges } from './scratch-changes.ts';
import type { ViewerPlaces } from './viewer-places.ts';
import { Viewers } from './viewers.ts';

/** Least time between two rounds of changes; above 250 changes a second a round has several. */
const MIN_ROUND_MS = 4;
/** Nobody sends heartbeats here. */
const NO_RATES = { heartbeatsPerSecond: 0, blind: false };

export type ScratchFeedOptions = {
  readonly clock: Clock;
  /** Shared with the viewers of everything else. */
  readonly places: ViewerPlaces;
  readonly tickMs: number;
};

export class ScratchFeed {
  /** 16 hex digits. */
  readonly id: string;
  readonly viewers: Viewers;
  readonly #clock: Clock;
  readonly #changes: ScratchChanges;
  readonly #publisher: Publisher;
  #round: NodeJS.Timeout | null = null;
  /** When somebody was last seen to watch it. */
  #watchedAtMs: number;

  constructor(id: string, hosts: number, changesPerSecond: number, options: ScratchFeedOptions) {
    const { clock, places, tickMs } = options;
    this.id = id;
    this.#clock = clock;
    const nowMs = clock();
    const log = new LiveLog({ epoch: newEpoch(), capacity: hosts, rates: () => NO_RATES });
    this.#changes = new ScratchChanges({ log, hosts, changesPerSecond, nowMs, random: Math.random });
    this.#publisher = new Publisher({ log, clock, tickMs });
    this.viewers = new Viewers({ log, clock, places });
    this.#watchedAtMs = nowMs;
    this.#arm(MIN_ROUND_MS);
  }

  get info(): ScratchFeedInfo {
    const { hosts, changesPerSecond } = this.#changes;
    return { feed: this.id, epoch: this.viewers.log.epoch, hosts, changesPerSecond };
  }

  setRate(changesPerSecond: number): ScratchFeedInfo {
    this.#changes.setRate(changesPerSecond, this.#clock());
    this.#arm(MIN_ROUND_MS);
    return this.info;
  }

  /** Somebody asks for it; one who polls is there only for the moment of the answer. */
  watched(): void {
    this.#watchedAtMs = this.#clock();
  }

  /** For how long nobody has watched it, ms. Exact to how often it is asked. */
  unwatchedMs(): number {
    if (this.viewers.size > 0) this.watched();
    return this.#clock() - this.#watchedAtMs;
  }

  /** No further change; its viewers are closed. */
  stop(): void {
    if (this.#round !== null) clearTimeout(this.#round);
    this.#round = null;
    this.#publisher.stop();
    this.viewers.stop();
  }

  #arm(atLeastMs: number): void {
    if (this.#round !== null) clearTimeout(this.#round);
    const dueInMs = this.#changes.dueInMs(this.#clock());
    if (dueInMs === null) {
      this.#round = null;
      return;
    }
    this.#round = setTimeout(
      () => {
        // Timers know whole ms and may be early by less than one.
        this.#arm(this.#changes.advance(this.#clock) > 0 ? MIN_ROUND_MS : 1);
      },
      Math.max(atLeastMs, Math.ceil(dueInMs)),
    );
    this.#round.unref();
  }
}

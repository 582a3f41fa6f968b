/**
 * All viewers of this server on any transport: how many may be there, who is told of a tick and when, beats.
 * Knows no transport. Main thread; one timer for all; a round over many viewers is cut into slices.
 */

import type { Clock } from '../clock.ts';
import type { LiveLog } from './live-log.ts';
import { SlicedRound } from './sliced-round.ts';
import { Viewer, type ViewerOptions } from './viewer.ts';

export const DEFAULT_MAX_VIEWERS = 10_000;
export const MAX_VIEWERS_PER_ADDRESS = 256;
/** When a refused viewer may try again. */
export const RETRY_AFTER_MS = 5_000;

const SWEEP_EVERY_MS = 500;

export type ViewersOptions = {
  readonly log: LiveLog;
  readonly clock: Clock;
  /** MAX_VIEWERS */
  readonly maxViewers?: number;
  readonly maxPerAddress?: number;
};

/** A place among the viewers, taken before the viewer exists. Releasing twice is harmless. */
export type Place = { release(): void };

export class Viewers {
  readonly log: LiveLog;
  readonly clock: Clock;
  readonly #maxViewers: number;
  readonly #maxPerAddress: number;
  readonly #viewers = new Set<Viewer>();
  readonly #placesByAddress = new Map<string, number>();
  /** A tick during a round: the served ones get another diff, the others both ticks as one. */
  readonly #updates: SlicedRound<Viewer>;
  readonly #sweeps: SlicedRound<Viewer>;
  readonly #unsubscribe: () => void;
  readonly #sweeper: NodeJS.Timeout;
  #places = 0;

  constructor(options: ViewersOptions) {
    this.log = options.log;
    this.clock = options.clock;
    this.#maxViewers = options.maxViewers ?? DEFAULT_MAX_VIEWERS;
    this.#maxPerAddress = options.maxPerAddress ?? MAX_VIEWERS_PER_ADDRESS;
    this.#updates = new SlicedRound(this.#viewers, (viewer, nowMs) => viewer.update(nowMs), options.clock);
    this.#sweeps = new SlicedRound(this.#viewers, (viewer, nowMs) => viewer.tick(nowMs), options.clock);
    this.#unsubscribe = options.log.subscribe(() => this.#updates.start());
    this.#sweeper = setInterval(() => this.#sweeps.start(), SWEEP_EVERY_MS);
    this.#sweeper.unref();
  }

  /** Viewers now connected or held. */
  get size(): number {
    return this.#viewers.size;
  }

  /** A place for a viewer from this address, or null when there is none left, in all or for the address. */
  take(address: string): Place | null {
    const here = this.#placesByAddress.get(address) ?? 0;
    if (this.#places >= this.#maxViewers || here >= this.#maxPerAddress) return null;
    this.#places++;
    this.#placesByAddress.set(address, here + 1);
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        this.#places--;
        const left = this.#placesByAddress.get(address)! - 1;
        if (left === 0) this.#placesByAddress.delete(address);
        else this.#placesByAddress.set(address, left);
      },
    };
  }

  /** Registers a viewer and sends it what it has not got; from now on it is told of every tick. */
  add(options: Pick<ViewerOptions, 'link' | 'position' | 'acknowledges' | 'beats'>): Viewer {
    const nowMs = this.clock();
    const viewer = new Viewer({ ...options, log: this.log, nowMs });
    // Registered before it is served: no tick can fall between.
    this.#viewers.add(viewer);
    viewer.update(nowMs);
    return viewer;
  }

  /** The viewer's connection is gone. */
  remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
  }

  /** Closes all viewers; none is served any more. */
  stop(): void {
    this.#unsubscribe();
    clearInterval(this.#sweeper);
    this.#updates.stop();
    this.#sweeps.stop();
    for (const viewer of [...this.#viewers]) viewer.close('shutdown');
    this.#viewers.clear();
  }
}

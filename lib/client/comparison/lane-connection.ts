/**
 * One transport of a comparison at work: a connection and a view of its own, and for every diff it applied the
 * two instants at which that was done and shown, until they are booked as latencies. Owns its connection.
 */
import type { Change } from '../apply.ts';
import { nextDeadlineMs, step } from '../connection.ts';
import { ConnectionRunner } from '../connection-runner.ts';
import type { Transport } from '../ladder.ts';
import type { OpenSource, OpenSources } from '../source.ts';
import type { View } from '../view.ts';
import type { Link } from '../view-store.ts';
import type { ChangeLog } from './change-log.ts';
import { type ClockReading, SETTING_LIMITS } from './comparison-state.ts';
import { GapCount } from './gap-count.ts';
import type { LatencySample } from './latency-samples.ts';
import type { PaintWatch } from './paint-watch.ts';
import type { SimulatedTrouble } from './simulated-trouble.ts';

export type LaneConnectionOptions = {
  readonly origin: string;
  readonly transport: Transport;
  /** Null = the fleet. */
  readonly feed: string | null;
  readonly sources: OpenSources;
  readonly trouble: SimulatedTrouble;
  readonly paint: PaintWatch;
  /** The page's clock, ms, monotonic. */
  readonly now: () => number;
  /** The page's wall clock, ms. */
  readonly wall: () => number;
  readonly random: () => number;
  /** Asked right after a diff was applied: may it be measured? */
  readonly counts: () => boolean;
  /** A frame was applied; told at once. */
  readonly onChange: (slots: readonly number[] | null, states: Uint8Array) => void;
  /** A frame arrived or the link changed. */
  readonly onNews: () => void;
};

/** A diff in the view: the ticks after `from`, up to `to`. */
type Applied = {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly appliedAtMs: number;
  /** Undefined while the screen has still to show it. */
  paintedAtMs: number | null | undefined;
};

const MAX_WAITING = 5_000;
/** What the server did not tell of by then it never will, ms. */
const TOLD_WITHIN_MS = 30_000;
/** What the screen did not show by then it does not show at all (a window behind others), ms. */
const PAINTED_WITHIN_MS = 5_000;

/** 16 hex digits. */
function newMeter(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** How much longer than usual a lane may be silent because of its settings, ms: a long interval, a simulated delay. */
function patienceMs(transport: Transport): number {
  // Long polling waits for an answer, a request and an answer.
  return transport === 'polling' ? SETTING_LIMITS.pollMs.max : 3 * SETTING_LIMITS.delayMs.max;
}

export class LaneConnection {
  readonly transport: Transport;
  /** What the server counts this lane's bytes under. */
  readonly meter = newMeter();
  readonly #options: LaneConnectionOptions;
  readonly #runner: ConnectionRunner;
  #waiting: Applied[] = [];
  #seq = 0;
  readonly #gaps = new GapCount();

  constructor(options: LaneConnectionOptions) {
    this.#options = options;
    this.transport = options.transport;
    this.#runner = new ConnectionRunner({
      machine: { step, nextDeadlineMs },
      origin: options.origin,
      sources: this.#laneSources(),
      now: options.now,
      wall: options.wall,
      random: options.random,
      onChange: (change) => this.#changed(change),
      onNews: options.onNews,
      onMoreAlerts: () => {},
      timing: { patienceMs: patienceMs(options.transport) },
    });
  }

  get view(): View {
    return this.#runner.view;
  }

  /** Diffs it could not take because what was before them is missing. */
  get gaps(): number {
    return this.#gaps.count;
  }

  link(): Link {
    return this.#runner.link();
  }

  start(): void {
    this.#runner.dispatch({ type: 'mode', mode: this.transport });
    this.#runner.start();
  }

  stop(): void {
    this.#runner.stop();
    this.#waiting = [];
  }

  /** The page became visible or is online again. */
  wake(): void {
    this.#runner.wake();
  }

  /** From the present position, so that a new polling interval holds at once. Counts as no reconnect. */
  reconnect(): void {
    this.#runner.dispatch({ type: 'pause' });
    this.#runner.dispatch({ type: 'resume' });
  }

  /** What waits to be booked is not. */
  forget(): void {
    this.#waiting = [];
  }

  /**
   * The latencies of what can be booked by now, each host change once, oldest first. Those from before
   * `countFromMs` (page's clock) are left out. Nothing is clamped: they are right to the clock's ±, also below 0.
   */
  book(log: ChangeLog, { offsetMs }: ClockReading, countFromMs: number): LatencySample[] {
    const nowMs = this.#options.now();
    const samples: LatencySample[] = [];
    let booked = 0;
    for (const applied of this.#waiting) {
      const { epoch, from, to, appliedAtMs, paintedAtMs = null } = applied;
      const ageMs = nowMs - appliedAtMs;
      const told = epoch === log.epoch && log.newest !== null && to <= log.newest;
      // Of a run of the server that has ended nothing more is told.
      const over = epoch !== log.epoch && epoch !== this.view.epoch;
      if (!told && !over && ageMs < TOLD_WITHIN_MS) break;
      if (applied.paintedAtMs === undefined && ageMs < PAINTED_WITHIN_MS) break;
      booked++;
      if (!told) continue;
      for (const [changedAtMs, count] of log.between(from, to)) {
        const changedHereMs = changedAtMs - offsetMs;
        if (changedHereMs < countFromMs) continue;
        const appliedMs = appliedAtMs - changedHereMs;
        const paintedMs = paintedAtMs === null ? null : paintedAtMs - changedHereMs;
        samples.push({ changedAtMs, appliedMs, paintedMs, count });
      }
    }
    this.#waiting = this.#waiting.slice(booked);
    return samples;
  }

  #changed({ slots }: Change): void {
    const appliedAtMs = this.#options.now();
    const { view } = this.#runner;
    const from = this.#seq;
    this.#seq = view.seq;
    // A snapshot does not say which changes it brings: it is how a view begins, or is put right. A view that has
    // just been found wrong waits for one.
    const tells = slots !== null && !view.wantsSnapshot && this.link().transport === this.transport;
    if (tells && this.#options.counts()) this.#await(view, from, appliedAtMs);
    this.#options.onChange(slots, view.states);
  }

  #await({ epoch, seq }: View, from: number, appliedAtMs: number): void {
    const { paint } = this.#options;
    const paintedAtMs = paint.draws ? undefined : null;
    const applied: Applied = { epoch: epoch!, from, to: seq, appliedAtMs, paintedAtMs };
    if (this.#waiting.length >= MAX_WAITING) this.#waiting.shift();
    this.#waiting.push(applied);
    paint.next((atMs) => {
      applied.paintedAtMs = atMs;
    });
  }

  #laneSources(): OpenSources {
    const { sources, trouble, feed } = this.#options;
    const query: Record<string, string> = { meter: this.meter, ...(feed === null ? {} : { feed }) };
    const lane =
      (open: OpenSource): OpenSource =>
      (options) => {
        const { sink } = options;
        const frame = (value: unknown): void => {
          this.#gaps.arrived(value);
          sink.frame(value);
        };
        return open({ ...options, query, sink: { ...sink, frame } });
      };
    return {
      socketio: lane(trouble.wrap(sources.socketio, 'stream')),
      sse: lane(trouble.wrap(sources.sse, 'stream')),
      'long-polling': lane(trouble.wrap(sources['long-polling'], 'requests')),
      polling: lane(trouble.wrap(sources.polling, 'requests')),
    };
  }
}

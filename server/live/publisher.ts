/**
 * Decides when the live log's ticks happen: a quiet server publishes the first change at once, then at most
 * every tick. Knows no viewer. Main thread; owns one timer.
 */
import type { Clock } from '../clock.ts';
import type { LiveLog } from './live-log.ts';

export type PublisherOptions = {
  readonly log: LiveLog;
  readonly clock: Clock;
  /** Least time between two ticks, ms (TICK_MS). */
  readonly tickMs: number;
};

export class Publisher {
  readonly #log: LiveLog;
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #unsubscribe: () => void;
  #lastTickAtMs = Number.NEGATIVE_INFINITY;
  #immediate: NodeJS.Immediate | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: PublisherOptions) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#tickMs = options.tickMs;
    this.#unsubscribe = options.log.subscribeStaged(() => this.#schedule());
    if (options.log.hasStaged) this.#schedule();
  }

  /** Publishes what is staged now, whatever the tick; for a clean stop. */
  flush(): void {
    this.#cancel();
    const nowMs = this.#clock();
    const lastTickAtMs = this.#lastTickAtMs;
    // Before the tick: its listeners may stage again.
    this.#lastTickAtMs = nowMs;
    if (!this.#log.publish(nowMs)) this.#lastTickAtMs = lastTickAtMs;
  }

  /** No further tick. What is staged stays staged. */
  stop(): void {
    this.#unsubscribe();
    this.#cancel();
  }

  #schedule(): void {
    if (this.#immediate !== null || this.#timer !== null) return;
    const waitMs = this.#lastTickAtMs + this.#tickMs - this.#clock();
    // After the present turn, so that all that one batch brings is in the same tick.
    if (waitMs <= 0) this.#immediate = setImmediate(() => this.flush());
    else this.#timer = setTimeout(() => this.flush(), Math.ceil(waitMs));
  }

  #cancel(): void {
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#immediate = null;
    this.#timer = null;
  }
}

/**
 * How many of evenly spaced sends are due: a schedule that never drifts, with a bound on what is made up for after
 * a delay. Pure; instants are ms on one clock. O(1). Knows no host.
 */

/** After a delay at most twice the nominal rate, with no more in hand than such a span is worth. */
const CATCH_UP = 2;
const CATCH_UP_SPAN_MS = 10;

/** Send n (from 0) is due at start + (n + ½) × step. */
export class FleetPace {
  readonly stepMs: number;
  readonly #startMs: number;
  readonly #mostAtOnce: number;
  /** One at least, so that a slow fleet's sends are never early for the bound. */
  #allowed = 1;
  #lastMs: number;
  /** Sends due before it are done or passed over. */
  #next = 0;

  constructor(perMs: number, startMs: number) {
    this.stepMs = 1 / perMs;
    this.#startMs = startMs;
    this.#lastMs = startMs;
    this.#mostAtOnce = Math.max(1, Math.ceil(CATCH_UP * CATCH_UP_SPAN_MS * perMs));
  }

  /** The number of the send that comes next. */
  get next(): number {
    return this.#next;
  }

  get nextDueMs(): number {
    return this.dueMs(this.#next);
  }

  dueMs(n: number): number {
    return this.#startMs + (n + 0.5) * this.stepMs;
  }

  /** How many may go now: those that are due, but no more than the bound. */
  due(nowMs: number): number {
    const gapMs = Math.max(0, nowMs - this.#lastMs);
    this.#lastMs = Math.max(this.#lastMs, nowMs);
    this.#allowed = Math.min(this.#mostAtOnce, this.#allowed + (CATCH_UP * gapMs) / this.stepMs);
    const due = Math.floor((nowMs - this.#startMs) / this.stepMs - 0.5) + 1 - this.#next;
    return Math.max(0, Math.min(due, Math.floor(this.#allowed)));
  }

  /** How many sends are due before `endMs`, from the first one on. */
  countBefore(endMs: number): number {
    return Math.ceil((endMs - this.#startMs) / this.stepMs - 0.5);
  }

  /** `count` of those have gone. */
  done(count: number): void {
    this.#next += count;
    this.#allowed = Math.max(0, this.#allowed - count);
  }

  /** Passes over `count` sends that will never be made. */
  passOver(count: number): void {
    this.#next += count;
  }
}

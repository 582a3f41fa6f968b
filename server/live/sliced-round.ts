/**
 * Visits all of many things in slices of a few ms, so that nothing else on the thread waits longer.
 * Knows neither viewers nor ticks. Owns one immediate while a round is under way.
 */
import type { Clock } from '../clock.ts';

const SLICE_MS = 8;
/** Visits between two looks at the clock. */
const STEP = 32;

export class SlicedRound<T> {
  readonly #items: Iterable<T>;
  readonly #visit: (item: T, nowMs: number) => void;
  readonly #clock: Clock;
  #round: Iterator<T> | null = null;
  #again = false;
  #next: NodeJS.Immediate | null = null;

  /** `items` may gain and lose some during a round, as a Set may. */
  constructor(items: Iterable<T>, visit: (item: T, nowMs: number) => void, clock: Clock) {
    this.#items = items;
    this.#visit = visit;
    this.#clock = clock;
  }

  /** Begins a round, its first slice at once. During a round: a further one follows, however often it is called. */
  start(): void {
    if (this.#round !== null) {
      this.#again = true;
      return;
    }
    this.#round = this.#items[Symbol.iterator]();
    this.#serveSlice(this.#round);
  }

  stop(): void {
    if (this.#next !== null) clearImmediate(this.#next);
  }

  #serveSlice(round: Iterator<T>): void {
    const until = this.#clock() + SLICE_MS;
    let nowMs: number;
    do {
      nowMs = this.#clock();
      for (let i = 0; i < STEP; i++) {
        const next = round.next();
        if (next.done) {
          this.#finish();
          return;
        }
        this.#visit(next.value, nowMs);
      }
    } while (nowMs < until);
    this.#next = setImmediate(() => this.#serveSlice(round));
  }

  #finish(): void {
    this.#round = null;
    this.#next = null;
    if (!this.#again) return;
    this.#again = false;
    const round = this.#items[Symbol.iterator]();
    this.#round = round;
    this.#next = setImmediate(() => this.#serveSlice(round));
  }
}

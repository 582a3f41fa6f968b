/**
 * When one agent sends, and whether it is a hello: pure, with the time and the randomness passed in.
 * Knows no socket and no bytes. All instants are ms on one monotonic clock.
 */

/** A hello comes at the latest with every 30th datagram, so that a server that knows nothing is whole within 30 intervals. */
export const MAX_DATAGRAMS_PER_HELLO = 30;
const HELLO_JITTER = 6;

/** How many datagrams from one hello to the next: 25 to 30, so that a fleet's hellos spread. `random` in [0, 1). */
export function datagramsToNextHello(random: number): number {
  return MAX_DATAGRAMS_PER_HELLO - Math.floor(random * HELLO_JITTER);
}

export type BeatScheduleOptions = {
  readonly startMs: number;
  readonly intervalMs: number;
  /** In [0, 1); asked for the phase and at every hello. */
  readonly random: () => number;
};

export type DueBeat = {
  readonly kind: 'hello' | 'beat';
  /** How long after its time it is taken, ms: the oldest one's when some were missed. */
  readonly lateMs: number;
};

/**
 * A hello at once, then a fixed grid: start + phase + n × interval, the phase random within the first interval.
 * Late sends never move the grid; instants missed by a whole interval are passed over, not made up for.
 */
export class BeatSchedule {
  readonly #intervalMs: number;
  readonly #random: () => number;
  #dueMs: number;
  /** The grid's first instant after the opening hello. */
  #gridMs: number;
  #untilHello = 0;

  constructor(options: BeatScheduleOptions) {
    this.#intervalMs = options.intervalMs;
    this.#random = options.random;
    this.#dueMs = options.startMs;
    // Never 0: the opening hello stands at the start itself.
    this.#gridMs = options.startMs + (1 - options.random()) * options.intervalMs;
  }

  /** When the next one is due. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** The one that is due at `nowMs`, and on to the next; null when none is due yet. */
  take(nowMs: number): DueBeat | null {
    if (nowMs < this.#dueMs) return null;
    const lateMs = nowMs - this.#dueMs;
    const beatsMissed = Math.floor((nowMs - this.#gridMs) / this.#intervalMs) + 1;
    if (beatsMissed > 0) this.#gridMs += beatsMissed * this.#intervalMs;
    this.#dueMs = this.#gridMs;
    if (this.#untilHello > 0) {
      this.#untilHello--;
      return { kind: 'beat', lateMs };
    }
    this.#untilHello = datagramsToNextHello(this.#random()) - 1;
    return { kind: 'hello', lateMs };
  }

  /** The next one is a hello, whatever the count says: the server may have missed the last. */
  helloNext(): void {
    this.#untilHello = 0;
  }
}

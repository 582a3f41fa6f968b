/**
 * Recounts the live log's digest every minute in slices of a few ms, and counts disagreements, each of which
 * is a bug. Main thread; owns one timer.
 */
import type { LiveLog } from './live-log.ts';

const RECOUNT_EVERY_MS = 60_000;
/** Under 2 ms. */
const SLOTS_PER_SLICE = 131_072;

export type DigestCheckOptions = {
  readonly log: LiveLog;
  /** Told of every disagreement. */
  readonly onMismatch: (mismatches: number) => void;
  readonly everyMs?: number;
  readonly slotsPerSlice?: number;
};

export class DigestCheck {
  readonly #options: DigestCheckOptions;
  #timer: NodeJS.Timeout;
  #slice: NodeJS.Immediate | null = null;
  #recounts = 0;
  #mismatches = 0;

  constructor(options: DigestCheckOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#slice ?? this.#count(), options.everyMs ?? RECOUNT_EVERY_MS);
    this.#timer.unref();
  }

  /** Full counts finished. */
  get recounts(): number {
    return this.#recounts;
  }

  /** Full counts that disagreed with the digest kept incrementally. */
  get mismatches(): number {
    return this.#mismatches;
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#slice !== null) clearImmediate(this.#slice);
  }

  #count(): void {
    this.#slice = null;
    const agrees = this.#options.log.recountSlice(this.#options.slotsPerSlice ?? SLOTS_PER_SLICE);
    if (agrees === null) {
      this.#slice = setImmediate(() => this.#count());
      return;
    }
    this.#recounts++;
    if (agrees) return;
    this.#mismatches++;
    this.#options.onMismatch(this.#mismatches);
  }
}

/**
 * Notices, within about a second, that the machine slept, its clock was set, or the page's timers were held back:
 * the wall clock and the steady one disagree, or a timer came far too late. Owns its timer.
 */
const LOOK_EVERY_MS = 1_000;
const TOLERANCE_MS = 2_000;

export type WakeWatchOptions = {
  /** A clock that goes evenly, ms. */
  readonly now: () => number;
  /** The wall clock, ms. */
  readonly wall: () => number;
  /**
   * @param jumpMs How much more the wall clock moved than the steady one: a sleep the steady clock does not know
   * of, or a clock that was set (then also negative); 0 when only timers were late.
   */
  readonly onWake: (jumpMs: number) => void;
};

export class WakeWatch {
  readonly #options: WakeWatchOptions;
  #timer: ReturnType<typeof setInterval> | null = null;
  #seenMs = 0;
  #seenWallMs = 0;

  constructor(options: WakeWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.stop();
    this.#note();
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Now, ahead of the timer; nothing before the start and after the stop. */
  look(): void {
    if (this.#timer === null) return;
    const [seenMs, seenWallMs] = [this.#seenMs, this.#seenWallMs];
    this.#note();
    const passedMs = this.#seenMs - seenMs;
    const jumpMs = this.#seenWallMs - seenWallMs - passedMs;
    if (Math.abs(jumpMs) > TOLERANCE_MS) this.#options.onWake(jumpMs);
    else if (passedMs > LOOK_EVERY_MS + TOLERANCE_MS) this.#options.onWake(0);
  }

  #note(): void {
    this.#seenMs = this.#options.now();
    this.#seenWallMs = this.#options.wall();
  }
}

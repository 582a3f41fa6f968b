/** Runs one task at most once in so many ms, the first time at once. Owns one timer. */
export class RateLimit {
  readonly #task: () => void;
  readonly #everyMs: number;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(task: () => void, everyMs: number) {
    this.#task = task;
    this.#everyMs = everyMs;
  }

  request(): void {
    if (this.#timer !== null) return;
    const waitMs = this.#lastAtMs + this.#everyMs - performance.now();
    if (waitMs <= 0) this.#run();
    else this.#timer = setTimeout(() => this.#run(), waitMs);
  }

  /** What was requested and not run yet is not. */
  cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #run(): void {
    this.#timer = null;
    this.#task();
    this.#lastAtMs = performance.now();
  }
}

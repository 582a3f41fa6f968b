/**
 * Runs one task at most once per animation frame, and also where no frames come: in a hidden page and in Node.
 */
const WITHOUT_FRAMES_MS = 16;
/** A hidden page gets no animation frames, but its title still tells the count. */
const HIDDEN_MS = 250;

export class PublishSchedule {
  readonly #task: () => void;
  #frame: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(task: () => void) {
    this.#task = task;
  }

  request(): void {
    if (this.#timer !== null) return;
    const frames = typeof requestAnimationFrame === 'function';
    if (frames) this.#frame = requestAnimationFrame(() => this.flush());
    this.#timer = setTimeout(() => this.flush(), frames ? HIDDEN_MS : WITHOUT_FRAMES_MS);
  }

  /** Now, if anything was requested or not. */
  flush(): void {
    this.cancel();
    this.#task();
  }

  cancel(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#frame = null;
    this.#timer = null;
  }
}

/**
 * The control of the detection benchmark: when a timer of one second would have found each host, on the same deadlines.
 * The naive design looks at all hosts every second; ZooKeeper's buckets of a second are no earlier. A real timer in a
 * process that has little else to do; what looking at the hosts would take is given to it for nothing.
 */

const EVERY_MS = 1_000;

const nowAtMs = (): number => performance.timeOrigin + performance.now();

export class SweepTimer {
  readonly #atMs: number[] = [];
  readonly #timer = setInterval(() => this.#atMs.push(nowAtMs()), EVERY_MS);

  /** From the deadline to the sweep that finds it; NaN when none came after it. O(sweeps). */
  lateMs(deadlineAtMs: number): number {
    return (this.#atMs.find((atMs) => atMs >= deadlineAtMs) ?? Number.NaN) - deadlineAtMs;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

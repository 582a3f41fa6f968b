/**
 * The timeout classes of all `fixed` policies side by side, so that a FIFO is one number whoever's it is, and their
 * spans while the bar is raised. Pure but for the bar. Cost: 128 KiB a fixed policy; raising the bar is O(classes).
 */
import { POLICY_SHIFT } from '../layout.ts';
import { raisedMs, timeoutClasses } from '../timeout-class.ts';
import type { Detectors } from './detectors.ts';

const INTERVAL_BITS = 16;

/** A class has three lists, numbered from LISTS × class on. */
export const LISTS = 3;
export const AWAITS_LATE = 0;
export const AWAITS_DOWN = 1;
export const PENDING = 2;

export class FifoClasses {
  readonly count: number;
  /** What is waited more after a blind span. */
  readonly graceMs: Float64Array;
  /** As the bar stands. */
  readonly timeoutMs: Float64Array;
  /** As the bar stands; Infinity = no late phase. */
  readonly lateMs: Float64Array;
  readonly #ownTimeoutMs: Float64Array;
  readonly #ownLateMs: Float64Array;
  readonly #intervalMs: Float64Array;
  readonly #detectors: Detectors;
  /** The list of hosts that are up: by interval, in a block for each fixed policy. */
  readonly #upLists: Uint16Array;
  /** By policy number: where its block begins. */
  readonly #blocks: Uint32Array;
  #misses = 0;

  constructor(detectors: Detectors) {
    this.#detectors = detectors;
    const numbers = Array.from({ length: detectors.count }, (_, i) => i).filter(
      (i) => detectors.inWheel[i] === 0,
    );
    this.#upLists = new Uint16Array(numbers.length << INTERVAL_BITS);
    this.#blocks = new Uint32Array(detectors.count);
    const all = { graceMs: [], timeoutMs: [], lateMs: [], intervalMs: [] } as Record<string, number[]>;
    let count = 0;
    for (const [block, number] of numbers.entries()) {
      const classes = timeoutClasses(detectors.fixedPolicy(number));
      const first = block << INTERVAL_BITS;
      this.#blocks[number] = first;
      for (let i = 1; i < classes.ofInterval.length; i++) {
        const index = classes.ofInterval[i]!;
        const awaits = classes.lateMs[index] === Number.POSITIVE_INFINITY ? AWAITS_DOWN : AWAITS_LATE;
        this.#upLists[first + i] = LISTS * (count + index) + awaits;
      }
      all.graceMs!.push(...classes.graceMs);
      all.timeoutMs!.push(...classes.timeoutMs);
      all.lateMs!.push(...classes.lateMs);
      all.intervalMs!.push(...classes.intervalMs);
      count += classes.count;
    }
    this.count = count;
    this.graceMs = Float64Array.from(all.graceMs!);
    this.#ownTimeoutMs = Float64Array.from(all.timeoutMs!);
    this.#ownLateMs = Float64Array.from(all.lateMs!);
    this.#intervalMs = Float64Array.from(all.intervalMs!);
    this.timeoutMs = this.#ownTimeoutMs.slice();
    this.lateMs = this.#ownLateMs.slice();
  }

  /** The list in which a host that is up stands, by its packed state, whose policy is a fixed one, and its interval. */
  upListOf(packed: number, interval: number): number {
    return this.#upLists[this.#blocks[packed >>> POLICY_SHIFT]! + interval]!;
  }

  /** Its class. */
  of(packed: number, interval: number): number {
    return Math.floor(this.upListOf(packed, interval) / LISTS);
  }

  /** Puts the bar at `misses`, 0 = not raised. */
  raise(misses: number): void {
    if (misses === this.#misses) return;
    this.#misses = misses;
    for (let i = 0; i < this.count; i++) {
      const own = this.#ownTimeoutMs[i]!;
      const timeoutMs = raisedMs(own, this.#intervalMs[i]!, misses, this.#detectors.policy);
      this.timeoutMs[i] = timeoutMs;
      this.lateMs[i] = this.#ownLateMs[i]! * (timeoutMs / own);
    }
  }
}

/**
 * A network between hosts and the server: delays that reorder, losses, duplicates. Pure: time is handed in, chance is
 * seeded. Cost: O(1) a datagram; what is on its way is kept by the step in which it arrives.
 */
import type { SeededRandom } from './seeded-random.ts';

export type NetworkQuality = {
  /** 0 to 1. */
  loss: number;
  duplication: number;
  /** Exponentially distributed, cut off at maxDelayMs. */
  readonly meanDelayMs: number;
  readonly maxDelayMs: number;
};

export class SimulatedNetwork<T> {
  readonly quality: NetworkQuality;
  readonly #random: SeededRandom;
  readonly #stepMs: number;
  readonly #arriving = new Map<number, T[]>();

  constructor(quality: NetworkQuality, stepMs: number, random: SeededRandom) {
    this.quality = quality;
    this.#stepMs = stepMs;
    this.#random = random;
  }

  /** Delay of one datagram, ms; null: lost. */
  delayMs(): number | null {
    if (this.#random.happens(this.quality.loss)) return null;
    return Math.min(this.quality.maxDelayMs, this.#random.exponential(this.quality.meanDelayMs));
  }

  /** Gives how many copies will arrive. */
  send(datagram: T, nowMs: number): number {
    let copies = 0;
    for (let left = this.#random.happens(this.quality.duplication) ? 2 : 1; left > 0; left--) {
      const delayMs = this.delayMs();
      if (delayMs === null) continue;
      copies++;
      const step = Math.ceil((nowMs + delayMs) / this.#stepMs);
      const others = this.#arriving.get(step);
      if (others === undefined) this.#arriving.set(step, [datagram]);
      else others.splice(this.#random.below(others.length + 1), 0, datagram);
    }
    return copies;
  }

  /** What arrives in the step that ends at `nowMs`; every step is to be asked for. */
  arrivals(nowMs: number): readonly T[] {
    const step = Math.round(nowMs / this.#stepMs);
    const arrived = this.#arriving.get(step) ?? [];
    this.#arriving.delete(step);
    return arrived;
  }
}

/**
 * When the host changes of each tick happened, as the server told it, for as long as a slow lane may need it.
 * Pure. Bounded: a lane that is further behind loses the oldest ticks.
 */
import type { ChangedTick, Changes } from '#lib/protocol/api.ts';

/** Ten minutes of a server that publishes ten times a second. */
export const MAX_TICKS = 6_000;

export class ChangeLog {
  #epoch: string | null = null;
  #ticks: readonly ChangedTick[] = [];
  #newest: number | null = null;

  get epoch(): string | null {
    return this.#epoch;
  }

  /** Up to this s everything is known that will ever be; null = nothing was told yet. */
  get newest(): number | null {
    return this.#newest;
  }

  /** The next piece. One of another epoch was asked for from a position of the old one: all is forgotten with it. */
  add({ e, s, ticks }: Changes): void {
    if (this.#epoch !== null && e !== this.#epoch) {
      this.forget();
      return;
    }
    this.#epoch = e;
    const known = this.#newest ?? -1;
    const fresh = ticks.filter(([seq]) => seq > known);
    this.#ticks = [...this.#ticks, ...fresh].slice(-MAX_TICKS);
    // The server may have cut the answer off: then its own s is further on than what it told.
    this.#newest = Math.max(known, ticks.at(-1)?.[0] ?? s);
  }

  /** Of the ticks f < s ≤ to: [instant on the server's clock, host changes]. O(log ticks + what it gives). */
  *between(f: number, to: number): Generator<readonly [changedAtMs: number, hosts: number]> {
    for (let i = this.#indexAfter(f); i < this.#ticks.length; i++) {
      const [s, , changes] = this.#ticks[i]!;
      if (s > to) return;
      yield* changes;
    }
  }

  forget(): void {
    this.#epoch = null;
    this.#ticks = [];
    this.#newest = null;
  }

  #indexAfter(s: number): number {
    let low = 0;
    let high = this.#ticks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ticks[middle]![0] > s) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

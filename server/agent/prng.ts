/**
 * Seeded random numbers for the simulated fleet: the same seed gives the same fleet, on every machine.
 * Not for anything secret. Pure. Source: mulberry32 (T. Ettinger, public domain); MurmurHash3's finaliser.
 */

function finalise(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 32 well-mixed bits of three numbers (their low 32 bits). Stateless, so that the order of asking is of no account. */
export function mix32(a: number, b: number, c: number): number {
  const first = finalise((a | 0) + 0x9e3779b9);
  const second = finalise(first ^ Math.imul(b | 0, 0x85ebca77));
  return finalise(second ^ Math.imul(c | 0, 0xc2b2ae3d));
}

/** The same as a fraction in [0, 1). */
export function fractionOf(a: number, b: number, c: number): number {
  return mix32(a, b, c) / 2 ** 32;
}

/** A stream of random numbers; period 2^32. */
export class Prng {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in 0 … bound − 1. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** Moves `count` random elements to the front of `items`, in random order (Fisher–Yates, cut short). O(count). */
  drawToFront(items: Uint32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const j = i + this.below(items.length - i);
      const chosen = items[j]!;
      items[j] = items[i]!;
      items[i] = chosen;
    }
  }
}

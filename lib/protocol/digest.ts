/**
 * The digest both sides keep over all state bytes, so that a lost change is noticed (docs/protocol.md 2, `dig`).
 * Order-free: two xor lanes over mixed (slot, state) words. O(1) a change; not cryptographic.
 */

/** MurmurHash3's 32-bit finaliser. */
function fmix32(word: number): number {
  let h = word | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h;
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

export class StateDigest {
  #lo = 0;
  #hi = 0;

  /** Adds a slot's byte, or takes it out again (the same operation). Byte 0 is not part of the digest. */
  toggle(slot: number, stateByte: number): void {
    if (stateByte === 0) return;
    const x = (Math.imul(slot, 256) + stateByte) | 0;
    this.#lo ^= fmix32(x + 0x9e3779b9);
    this.#hi ^= fmix32(x ^ 0x85ebca6b);
  }

  replace(slot: number, before: number, after: number): void {
    this.toggle(slot, before);
    this.toggle(slot, after);
  }

  /** Adds `states[from..to)` whose first element is slot `from`; for a recount in slices. */
  addRange(states: Uint8Array, from: number, to: number): void {
    for (let slot = from; slot < to; slot++) this.toggle(slot, states[slot]!);
  }

  reset(): void {
    this.#lo = 0;
    this.#hi = 0;
  }

  /** 16 hex digits, hi then lo. */
  toString(): string {
    return hex(this.#hi) + hex(this.#lo);
  }
}

/** The digest of a whole array of state bytes. O(n). */
export function digestOf(states: Uint8Array): string {
  const digest = new StateDigest();
  digest.addRange(states, 0, states.length);
  return digest.toString();
}

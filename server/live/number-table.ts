/**
 * Finds numbers by a hash of what they stand for: open addressing over 32-bit words, in 256 parts that grow by
 * themselves, so that growing never holds up the thread. Knows neither keys nor what is equal: the caller looks at
 * the candidates. Pure; about 8 bytes a number, O(1) a call where the hash is a good one.
 */
/** No number, or no further one. */
export const NO_NUMBER = -1;

const PARTS = 256;
const FIRST_LENGTH = 8;
/** Of every part that nothing was put into yet. */
const EMPTY = new Uint32Array(1);

export class NumberTable {
  /** 0 = free, else number + 1. */
  readonly #parts: Uint32Array<ArrayBuffer>[] = new Array(PARTS).fill(EMPTY);
  readonly #counts = new Uint32Array(PARTS);
  readonly #hashOf: (number: number) => number;
  #size = 0;
  #part: Uint32Array<ArrayBuffer> = EMPTY;
  #at = 0;

  /** `hashOf`: 32 bits, unsigned, of any number that is in the table. */
  constructor(hashOf: (number: number) => number) {
    this.#hashOf = hashOf;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#parts.reduce((sum, part) => sum + part.byteLength, 0);
  }

  /** The first number that may be the one looked for; NO_NUMBER when there is none. */
  first(hash: number): number {
    this.#part = this.#parts[hash >>> 24]!;
    this.#at = hash & (this.#part.length - 1);
    return this.#part[this.#at]! - 1;
  }

  /** The one after the last one given; nothing may be added or removed in between. */
  next(): number {
    this.#at = (this.#at + 1) & (this.#part.length - 1);
    return this.#part[this.#at]! - 1;
  }

  /** Makes room for so many in all, where hashes are spread evenly; what is in the table stays. */
  reserve(size: number): void {
    // Parts differ by chance; one that grows once more does so by itself.
    const each = Math.max(FIRST_LENGTH, 2 ** Math.ceil(Math.log2((1.5 * size) / PARTS)));
    for (let p = 0; p < PARTS; p++) if (this.#parts[p]!.length < each) this.#resize(p, each);
  }

  /** A number that is not in the table, below 2^32 − 1. */
  add(hash: number, number: number): void {
    const p = hash >>> 24;
    let part = this.#parts[p]!;
    if ((this.#counts[p]! + 1) * 4 > part.length * 3)
      part = this.#resize(p, Math.max(FIRST_LENGTH, part.length * 2));
    this.#put(part, hash, number);
    this.#counts[p]!++;
    this.#size++;
  }

  /** Nothing happens when it is not there. */
  remove(hash: number, number: number): void {
    const part = this.#parts[hash >>> 24]!;
    const mask = part.length - 1;
    let hole = hash & mask;
    while (part[hole] !== number + 1) {
      if (part[hole] === 0) return;
      hole = (hole + 1) & mask;
    }
    this.#counts[hash >>> 24]!--;
    this.#size--;
    // What stands behind moves up, as far as its own place allows: no marks of what was removed are left.
    for (let at = (hole + 1) & mask; part[at] !== 0; at = (at + 1) & mask) {
      const home = this.#hashOf(part[at]! - 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      part[hole] = part[at]!;
      hole = at;
    }
    part[hole] = 0;
  }

  #put(part: Uint32Array, hash: number, number: number): void {
    const mask = part.length - 1;
    let at = hash & mask;
    while (part[at] !== 0) at = (at + 1) & mask;
    part[at] = number + 1;
  }

  #resize(p: number, length: number): Uint32Array<ArrayBuffer> {
    const resized = new Uint32Array(length);
    for (const entry of this.#parts[p]!) {
      if (entry !== 0) this.#put(resized, this.#hashOf(entry - 1), entry - 1);
    }
    this.#parts[p] = resized;
    return resized;
  }
}

/** Mixes two words into 32 unsigned bits; `seed` keeps others from choosing words that meet. */
export function mixWords(high: number, low: number, seed: number): number {
  let h = Math.imul(high ^ seed, 0x85ebca6b);
  h = Math.imul((h ^ (h >>> 16)) + low, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13) ^ seed, 0x27d4eb2f);
  return (h ^ (h >>> 16)) >>> 0;
}

export function hashBytes(bytes: Uint8Array, from: number, length: number, seed: number): number {
  let h = seed ^ length;
  for (let i = from; i < from + length; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193);
  return mixWords(h, length, seed);
}

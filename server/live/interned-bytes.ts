/**
 * Equal byte strings share one number, counted by use; a number nobody uses is given away again. Pure; O(length) to
 * take one, about 20 bytes beside the string itself.
 */
import { ByteArena, NOTHING } from './byte-arena.ts';
import { hashBytes, NO_NUMBER, NumberTable } from './number-table.ts';

const FIRST_CAPACITY = 64;

export class InternedBytes {
  readonly #arena = new ByteArena();
  readonly #table: NumberTable;
  readonly #seed: number;
  /** By number: where it stands; NOTHING for a free one. */
  #refs = new Uint32Array(FIRST_CAPACITY);
  /** By number: how often it is used; of a free one the next free number + 1. */
  #uses = new Uint32Array(FIRST_CAPACITY);
  #count = 0;
  #free = NO_NUMBER;

  /** `seed`: secret, where others choose the strings. */
  constructor(seed: number) {
    this.#seed = seed;
    this.#table = new NumberTable((number) => {
      const ref = this.#refs[number]!;
      return hashBytes(this.#arena.chunkOf(ref), this.#arena.startOf(ref), this.#arena.lengthOf(ref), seed);
    });
  }

  /** Different strings there are. */
  get size(): number {
    return this.#table.size;
  }

  /** One past the highest number ever given. */
  get numbers(): number {
    return this.#count;
  }

  /** Bytes of the strings and of what finds them. */
  get bytes(): number {
    return this.#arena.bytes + this.#refs.byteLength + this.#uses.byteLength + this.#table.bytes;
  }

  /** NO_NUMBER when nobody uses it. */
  find(bytes: Uint8Array, from: number, length: number): number {
    return this.#find(bytes, from, length, hashBytes(bytes, from, length, this.#seed));
  }

  /** One use more of it. */
  take(bytes: Uint8Array, from: number, length: number): number {
    const hash = hashBytes(bytes, from, length, this.#seed);
    const known = this.#find(bytes, from, length, hash);
    if (known !== NO_NUMBER) {
      this.#uses[known]!++;
      return known;
    }
    const number = this.#allot();
    this.#refs[number] = this.#arena.put(bytes, from, length);
    this.#uses[number] = 1;
    this.#table.add(hash, number);
    return number;
  }

  /** One use more of a string that is in use. */
  retake(number: number): void {
    this.#uses[number]!++;
  }

  /** One use less; true when it was the last one. */
  release(number: number): boolean {
    if (--this.#uses[number]! > 0) return false;
    const ref = this.#refs[number]!;
    const start = this.#arena.startOf(ref);
    const hash = hashBytes(this.#arena.chunkOf(ref), start, this.#arena.lengthOf(ref), this.#seed);
    this.#table.remove(hash, number);
    this.#arena.free(ref);
    this.#refs[number] = NOTHING;
    this.#uses[number] = this.#free + 1;
    this.#free = number;
    return true;
  }

  isUsed(number: number): boolean {
    return this.#refs[number] !== NOTHING;
  }

  textOf(number: number): string {
    return this.#arena.textOf(this.#refs[number]!);
  }

  lengthOf(number: number): number {
    return this.#arena.lengthOf(this.#refs[number]!);
  }

  /** The memory the string stands in: not to be written to, nor kept. */
  chunkOf(number: number): Buffer {
    return this.#arena.chunkOf(this.#refs[number]!);
  }

  /** Where in its chunk the string begins. */
  startOf(number: number): number {
    return this.#arena.startOf(this.#refs[number]!);
  }

  #find(bytes: Uint8Array, from: number, length: number, hash: number): number {
    let number = this.#table.first(hash);
    while (number !== NO_NUMBER && !this.#equals(number, bytes, from, length)) number = this.#table.next();
    return number;
  }

  #equals(number: number, bytes: Uint8Array, from: number, length: number): boolean {
    const ref = this.#refs[number]!;
    if (this.#arena.lengthOf(ref) !== length) return false;
    const chunk = this.#arena.chunkOf(ref);
    const start = this.#arena.startOf(ref);
    for (let i = 0; i < length; i++) if (chunk[start + i] !== bytes[from + i]) return false;
    return true;
  }

  #allot(): number {
    if (this.#free !== NO_NUMBER) {
      const number = this.#free;
      this.#free = this.#uses[number]! - 1;
      return number;
    }
    if (this.#count === this.#refs.length) {
      const [refs, uses] = [this.#refs, this.#uses];
      this.#refs = new Uint32Array(refs.length * 2);
      this.#uses = new Uint32Array(uses.length * 2);
      this.#refs.set(refs);
      this.#uses.set(uses);
    }
    return this.#count++;
  }
}

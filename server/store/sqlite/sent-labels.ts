/**
 * Numbers of the label sets that one reading of the register has sent, by their JSON texts: a fleet has fewer of them
 * than hosts, and to read one takes longer than all the rest of a host. Bytes and numbers, because a string and a
 * look into a Map took twice as long as everything else about a host. Reader's thread; about 0.1 µs a host.
 */
import { randomInt } from 'node:crypto';

/** Sets that are remembered; a page may have some more, and the table has twice the room. */
const MAX_SETS = 131_072;
const FIRST_TABLE = 1_024;
const FIRST_TEXT_BYTES = 65_536;

export class SentLabels {
  /** Labels can be chosen by whoever sends heartbeats. */
  readonly #seed = randomInt(2 ** 32);
  /** By hash, then onwards: number + 1; 0: free. */
  #table = new Uint32Array(FIRST_TABLE);
  /** By number: its hash, and where its text ends. */
  readonly #hashes: number[] = [];
  readonly #ends: number[] = [];
  #texts = Buffer.alloc(FIRST_TEXT_BYTES);
  #reading = 0;

  get size(): number {
    return this.#ends.length;
  }

  /** Before each page. Begins anew with another reading, and when there are too many. */
  beginPage(reading: number): void {
    if (reading !== this.#reading || this.size >= MAX_SETS) this.clear();
    this.#reading = reading;
  }

  /** Of the text in `bytes`; one that has none gets the next. */
  numberOf(bytes: Uint8Array, from: number, to: number): number {
    let hash = this.#seed;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    hash ^= hash >>> 15;
    let at = hash & (this.#table.length - 1);
    for (; this.#table[at] !== 0; at = (at + 1) & (this.#table.length - 1)) {
      const number = this.#table[at]! - 1;
      if (this.#hashes[number] === hash && this.#equals(number, bytes, from, to)) return number;
    }
    return this.#add(bytes.subarray(from, to), hash);
  }

  /** Those from `first` on. */
  textsFrom(first: number): string[] {
    return this.#ends
      .slice(first)
      .map((end, i) => this.#texts.toString('utf8', this.#startOf(first + i), end));
  }

  clear(): void {
    this.#table = new Uint32Array(FIRST_TABLE);
    this.#hashes.length = 0;
    this.#ends.length = 0;
    this.#texts = Buffer.alloc(FIRST_TEXT_BYTES);
  }

  #startOf(number: number): number {
    return number === 0 ? 0 : this.#ends[number - 1]!;
  }

  #equals(number: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#startOf(number);
    if (this.#ends[number]! - start !== to - from) return false;
    for (let i = 0; i < to - from; i++) if (this.#texts[start + i] !== bytes[from + i]) return false;
    return true;
  }

  #add(text: Uint8Array, hash: number): number {
    const number = this.size;
    const start = this.#startOf(number);
    if (start + text.length > this.#texts.length) {
      this.#texts = Buffer.concat([this.#texts, Buffer.alloc(this.#texts.length + text.length)]);
    }
    this.#texts.set(text, start);
    this.#ends.push(start + text.length);
    this.#hashes.push(hash);
    if (2 * this.size > this.#table.length) this.#grow();
    else this.#put(number, hash);
    return number;
  }

  #grow(): void {
    this.#table = new Uint32Array(2 * this.#table.length);
    for (const [number, hash] of this.#hashes.entries()) this.#put(number, hash);
  }

  #put(number: number, hash: number): void {
    const mask = this.#table.length - 1;
    let at = hash & mask;
    while (this.#table[at] !== 0) at = (at + 1) & mask;
    this.#table[at] = number + 1;
  }
}

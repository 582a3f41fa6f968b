/**
 * Source addresses as small numbers, so that a row keeps four bytes and a datagram's address is never text. A number
 * for good is given to whoever sent something acceptable (`keep`): forged senders of rubbish take no room. Bounded.
 * Who stores a number for later keeps it first. Owned by a shard's worker; a look-up is one probe, no allocation.
 */
import { randomInt } from 'node:crypto';
import { addressText, IPV4_MARK, isLoopbackAddress, readAddress } from '../libc/internet-address.ts';
import { UNKEPT } from './layout.ts';

/**
 * From here to below UNKEPT: passing numbers, of an address that is not in the book. One is good until the next
 * address is looked up; later nothing is known of it, and `keep` makes it UNKEPT.
 */
const FIRST_PASSING = 0x8000_0000;
const PASSING_NUMBERS = UNKEPT - FIRST_PASSING;

const FIRST_ROOM = 256;
const WORDS = 4;

function mixed(hash: number, word: number): number {
  let mix = hash ^ word;
  mix = Math.imul(mix ^ (mix >>> 16), 0x85eb_ca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2_ae35);
  return mix ^ (mix >>> 16);
}

export class SourceBook {
  readonly #capacity: number;
  readonly #first: number;
  /** Senders choose their addresses: without a secret they could choose ones that collide. */
  readonly #seed = randomInt(2 ** 32) | 0;
  #words = new Uint32Array(FIRST_ROOM * WORDS);
  /** 0 = free, else place in #words + 1; a power of two, at most half full. */
  #table = new Uint32Array(FIRST_ROOM * 2);
  #kept = 0;
  #told = 0;
  /** The address looked up last, and the number given for it. */
  readonly #last = new Uint32Array(WORDS);
  #lastNumber = UNKEPT;
  #passing = 0;
  /** The passing number that became #lastNumber: it stays good as long as a passing one would. */
  #keptFrom = UNKEPT;
  readonly #read = new Uint32Array(WORDS);

  /**
   * capacity: numbers in all, `first` included. first: the number that is given first, for a book that goes on
   * where one before it stopped; the numbers below are unknown here.
   */
  constructor(capacity: number, first = 0) {
    this.#capacity = Math.min(capacity, FIRST_PASSING);
    this.#first = first;
  }

  /** The number that will be given next: where a successor's book begins. */
  get next(): number {
    return this.#first + this.#kept;
  }

  /** As the other two, from text as Node gives it; throws when it is no address. */
  ofText(address: string): number {
    const words = this.#read;
    if (!readAddress(address, words)) {
      throw new TypeError(`${JSON.stringify(address)} is not an IPv4 or IPv6 address`);
    }
    return this.ofWords(words[0]!, words[1]!, words[2]!, words[3]!);
  }

  /** a.b.c.d as one unsigned number, `a` in the highest byte. */
  ofIpv4(word: number): number {
    const last = this.#last;
    if (last[3] === word && last[2] === IPV4_MARK && last[0] === 0 && last[1] === 0) {
      if (this.#lastNumber !== UNKEPT) return this.#lastNumber;
    }
    return this.#look(0, 0, IPV4_MARK, word);
  }

  /** Four unsigned words, the most significant first; IPv4 as ::ffff:a.b.c.d. The number for good, or a passing one. */
  ofWords(w0: number, w1: number, w2: number, w3: number): number {
    const last = this.#last;
    if (last[3] === w3 && last[2] === w2 && last[1] === w1 && last[0] === w0) {
      if (this.#lastNumber !== UNKEPT) return this.#lastNumber;
    }
    return this.#look(w0, w1, w2, w3);
  }

  /** The number for good: its own, a new one for a passing number, UNKEPT when there is no room left for one. */
  keep(source: number): number {
    if (source < FIRST_PASSING || source === UNKEPT) return source;
    if (source === this.#keptFrom) return this.#lastNumber;
    if (source !== this.#lastNumber || this.next >= this.#capacity) return UNKEPT;
    if ((this.#kept + 1) * 2 > this.#table.length) this.#grow();
    const [w0, w1, w2, w3] = this.#last as unknown as [number, number, number, number];
    this.#words.set(this.#last, this.#kept * WORDS);
    this.#table[this.#probe(w0, w1, w2, w3)] = this.#kept + 1;
    this.#keptFrom = source;
    this.#lastNumber = this.next;
    this.#kept++;
    return this.#lastNumber;
  }

  /** Is anything known of this number: is it in this book, or of the address looked up last? */
  knows(source: number): boolean {
    return this.#wordsAt(source) !== null;
  }

  /** As text; empty for a number nothing is known of. Allocates. */
  addressOf(source: number): string {
    const words = this.#wordsAt(source);
    return words === null ? '' : addressText(words[0]!, words[1]!, words[2]!, words[3]!);
  }

  /** Into the first four of `into`; all 0 for a number nothing is known of. */
  wordsOf(source: number, into: Uint32Array): void {
    const place = source - this.#first;
    if (place >= 0 && place < this.#kept) {
      const words = this.#words;
      for (let i = 0; i < WORDS; i++) into[i] = words[place * WORDS + i]!;
    } else if (this.#isLast(source)) {
      for (let i = 0; i < WORDS; i++) into[i] = this.#last[i]!;
    } else into.fill(0, 0, WORDS);
  }

  /** 31 bits that stand for the address, kept or not, and that no sender can foretell; all that is not known is one. */
  keyOf(source: number): number {
    const words = this.#read;
    this.wordsOf(source, words);
    return mixed(mixed(mixed(mixed(this.#seed, words[0]!), words[1]!), words[2]!), words[3]!) >>> 1;
  }

  isLoopback(source: number): boolean {
    const words = this.#wordsAt(source);
    return words !== null && isLoopbackAddress(words[0]!, words[1]!, words[2]!, words[3]!);
  }

  /** Has `takeNew` something to give? */
  get hasNew(): boolean {
    return this.#told < this.#kept;
  }

  /** Numbers given for good since the last call, with their addresses, ascending; at most `limit`. */
  takeNew(limit = Number.POSITIVE_INFINITY): [number, string][] {
    const taken: [number, string][] = [];
    for (; this.#told < this.#kept && taken.length < limit; this.#told++) {
      const number = this.#first + this.#told;
      taken.push([number, this.addressOf(number)]);
    }
    return taken;
  }

  #wordsAt(source: number): Uint32Array | null {
    const place = source - this.#first;
    if (place >= 0 && place < this.#kept) return this.#words.subarray(place * WORDS, (place + 1) * WORDS);
    return this.#isLast(source) ? this.#last : null;
  }

  #isLast(source: number): boolean {
    return source !== UNKEPT && (source === this.#lastNumber || source === this.#keptFrom);
  }

  #look(w0: number, w1: number, w2: number, w3: number): number {
    const last = this.#last;
    last[0] = w0;
    last[1] = w1;
    last[2] = w2;
    last[3] = w3;
    this.#keptFrom = UNKEPT;
    const entry = this.#table[this.#probe(w0, w1, w2, w3)]!;
    if (entry !== 0) this.#lastNumber = this.#first + entry - 1;
    else {
      this.#passing = (this.#passing + 1) % PASSING_NUMBERS;
      this.#lastNumber = FIRST_PASSING + this.#passing;
    }
    return this.#lastNumber;
  }

  /** Where the address stands in the table, or the free place for it. */
  #probe(w0: number, w1: number, w2: number, w3: number): number {
    const table = this.#table;
    const words = this.#words;
    const mask = table.length - 1;
    let at = mixed(mixed(mixed(mixed(this.#seed, w0), w1), w2), w3) & mask;
    for (;;) {
      const entry = table[at]!;
      if (entry === 0) return at;
      const from = (entry - 1) * WORDS;
      if (words[from + 3] === w3 && words[from + 2] === w2 && words[from + 1] === w1 && words[from] === w0) {
        return at;
      }
      at = (at + 1) & mask;
    }
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.#table = new Uint32Array(this.#table.length * 2);
    for (let place = 0; place < this.#kept; place++) {
      const at = place * WORDS;
      const free = this.#probe(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
      this.#table[free] = place + 1;
    }
  }
}

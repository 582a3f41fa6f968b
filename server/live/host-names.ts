/**
 * A host's name as bytes, for whoever looks at very many of them: no string is made. A host without a name has its id
 * as one. One name at a time, good until the next is looked at or the directory changes. Pure; O(1).
 */
import type { HostId } from '#lib/protocol/host.ts';
import type { ByteArena } from './byte-arena.ts';
import { NOTHING } from './byte-arena.ts';
import { type HostPages, indexOf } from './host-columns.ts';

const DIGITS = Buffer.from('0123456789abcdef');
const WORD_DIGITS = 8;

export class HostNames {
  readonly #pages: HostPages;
  readonly #arena: ByteArena;
  readonly #digits = Buffer.alloc(2 * WORD_DIGITS);
  readonly #scratch = Buffer.alloc(2 * WORD_DIGITS);
  bytes: Buffer = this.#digits;
  from = 0;
  length = 0;

  constructor(pages: HostPages, arena: ByteArena) {
    this.#pages = pages;
    this.#arena = arena;
  }

  /** Only for a slot with a host. */
  look(slot: number): void {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    const ref = columns.name[i]!;
    if (ref !== NOTHING) {
      this.bytes = this.#arena.chunkOf(ref);
      this.from = this.#arena.startOf(ref);
      this.length = this.#arena.lengthOf(ref);
      return;
    }
    this.#write(this.#digits, columns.idHigh[i]!, columns.idLow[i]!);
    this.bytes = this.#digits;
    this.from = 0;
    this.length = this.#digits.length;
  }

  /** As a string. */
  text(): string {
    return this.bytes.toString('utf8', this.from, this.from + this.length);
  }

  /** An id of its two halves; what is looked at stays. */
  idOf(high: number, low: number): HostId {
    this.#write(this.#scratch, high, low);
    return this.#scratch.toString('latin1');
  }

  #write(into: Buffer, high: number, low: number): void {
    for (let i = 0; i < WORD_DIGITS; i++) {
      into[i] = DIGITS[(high >>> (28 - 4 * i)) & 0xf]!;
      into[WORD_DIGITS + i] = DIGITS[(low >>> (28 - 4 * i)) & 0xf]!;
    }
  }
}

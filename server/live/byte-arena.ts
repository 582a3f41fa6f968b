/**
 * Owns many short byte strings that come and go: one number each, no object and no JavaScript string. What is freed is
 * used again for one of the same size, so that memory is bounded by the most there ever was of each. Pure.
 * Cost: O(length); 2 bytes and at most 3 of padding each. Grows by chunks: nothing is ever moved.
 */
const UNIT_BYTES = 4;
const HEADER_BYTES = 2;
const CHUNK_UNITS = 2 ** 16;
const MAX_LENGTH = 0xffff;

/** No string. */
export const NOTHING = 0;

export class ByteArena {
  readonly #chunks: Buffer[] = [];
  /** The next unit never used; unit 0 stays unused, so that NOTHING is none. */
  #top = 1;
  /** By size in units: the first freed one, whose first four bytes name the next. */
  readonly #free: number[] = [];

  /** Bytes taken, freed ones among them. */
  get bytes(): number {
    return this.#chunks.length * CHUNK_UNITS * UNIT_BYTES;
  }

  /** Keeps a copy; gives its number. Throws RangeError above 65,535 bytes. */
  put(bytes: Uint8Array, from: number, length: number): number {
    if (length > MAX_LENGTH) throw new RangeError(`${length} bytes are too many; at most ${MAX_LENGTH}`);
    const ref = this.#allot(unitsFor(length));
    const chunk = this.chunkOf(ref);
    const at = (ref % CHUNK_UNITS) * UNIT_BYTES;
    chunk[at] = length & 0xff;
    chunk[at + 1] = length >>> 8;
    for (let i = 0; i < length; i++) chunk[at + HEADER_BYTES + i] = bytes[from + i]!;
    return ref;
  }

  /** The number may be given to another string. */
  free(ref: number): void {
    const units = unitsFor(this.lengthOf(ref));
    this.chunkOf(ref).writeUInt32LE(this.#free[units] ?? NOTHING, (ref % CHUNK_UNITS) * UNIT_BYTES);
    this.#free[units] = ref;
  }

  lengthOf(ref: number): number {
    const chunk = this.chunkOf(ref);
    const at = (ref % CHUNK_UNITS) * UNIT_BYTES;
    return chunk[at]! | (chunk[at + 1]! << 8);
  }

  /** The memory the string stands in, live: not to be written to, nor kept. */
  chunkOf(ref: number): Buffer {
    return this.#chunks[Math.floor(ref / CHUNK_UNITS)]!;
  }

  /** Where in its chunk the string begins. */
  startOf(ref: number): number {
    return (ref % CHUNK_UNITS) * UNIT_BYTES + HEADER_BYTES;
  }

  /** As text; bytes are UTF-8. */
  textOf(ref: number): string {
    const start = this.startOf(ref);
    return this.chunkOf(ref).toString('utf8', start, start + this.lengthOf(ref));
  }

  #allot(units: number): number {
    const freed = this.#free[units] ?? NOTHING;
    if (freed !== NOTHING) {
      this.#free[units] = this.chunkOf(freed).readUInt32LE((freed % CHUNK_UNITS) * UNIT_BYTES);
      return freed;
    }
    // One never stands across two chunks.
    if ((this.#top % CHUNK_UNITS) + units > CHUNK_UNITS) this.#top = this.#chunks.length * CHUNK_UNITS;
    const ref = this.#top;
    this.#top += units;
    while (this.#chunks.length * CHUNK_UNITS < this.#top) {
      this.#chunks.push(Buffer.alloc(CHUNK_UNITS * UNIT_BYTES));
    }
    return ref;
  }
}

function unitsFor(length: number): number {
  return Math.ceil((HEADER_BYTES + length) / UNIT_BYTES);
}

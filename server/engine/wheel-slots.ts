/**
 * Bags of rows by slot, in chunks of one pool, so that an entry costs four bytes and a little room at the end of each
 * bag. Knows no time and no hosts; an entry once put in comes out, whatever became of its row. Owned by a shard.
 * Cost: O(1) an entry in and out; the pool doubles when it is full and keeps its size.
 */

/** Words of a chunk: the next chunk of its bag (0 = none), how many rows it holds, the rows. */
const CHUNK_WORDS = 32;
const NEXT = 0;
const COUNT = 1;
const FIRST = 2;
const ROOM = CHUNK_WORDS - FIRST;

const NO_CHUNK = 0;
const FIRST_CHUNKS = 64;

export class WheelSlots {
  /** Chunk 0 is none. */
  #words = new Uint32Array(FIRST_CHUNKS * CHUNK_WORDS);
  #fresh = 1;
  #free = NO_CHUNK;
  /** By bag: its chunk with room, the first of its chain. */
  readonly #bags: Uint32Array;
  #entries = 0;

  constructor(bags: number) {
    this.#bags = new Uint32Array(bags);
  }

  /** In all bags. */
  get entries(): number {
    return this.#entries;
  }

  get bytes(): number {
    return this.#words.byteLength + this.#bags.byteLength;
  }

  put(bag: number, row: number): void {
    let chunk = this.#bags[bag]!;
    if (chunk === NO_CHUNK || this.#words[chunk * CHUNK_WORDS + COUNT] === ROOM) {
      chunk = this.#takeChunk(chunk);
      this.#bags[bag] = chunk;
    }
    const at = chunk * CHUNK_WORDS;
    const count = this.#words[at + COUNT]!;
    this.#words[at + FIRST + count] = row;
    this.#words[at + COUNT] = count + 1;
    this.#entries++;
  }

  /** Takes one row out of a bag; -1 when it is empty. */
  pop(bag: number): number {
    const chunk = this.#bags[bag]!;
    if (chunk === NO_CHUNK) return -1;
    const at = chunk * CHUNK_WORDS;
    const count = this.#words[at + COUNT]! - 1;
    const row = this.#words[at + FIRST + count]!;
    this.#words[at + COUNT] = count;
    this.#entries--;
    if (count === 0) {
      this.#bags[bag] = this.#words[at + NEXT]!;
      this.#words[at + NEXT] = this.#free;
      this.#free = chunk;
    }
    return row;
  }

  /** All of one bag becomes the content of another, which is empty. O(1). */
  move(from: number, to: number): void {
    this.#bags[to] = this.#bags[from]!;
    this.#bags[from] = NO_CHUNK;
  }

  #takeChunk(next: number): number {
    let chunk = this.#free;
    if (chunk !== NO_CHUNK) this.#free = this.#words[chunk * CHUNK_WORDS + NEXT]!;
    else {
      if ((this.#fresh + 1) * CHUNK_WORDS > this.#words.length) this.#grow();
      chunk = this.#fresh++;
    }
    this.#words[chunk * CHUNK_WORDS + NEXT] = next;
    this.#words[chunk * CHUNK_WORDS + COUNT] = 0;
    return chunk;
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
  }
}

/**
 * One-way rings between threads, one writer and one reader each: messages of hosts another shard owns, and what
 * main read from TCP. A ring carries an instant too: all its writer had read up to then is in it. Judges nothing.
 * Cost: 24 bytes and a copy a record, no allocation for a beat, no lock, no wake-up: the reader looks every turn.
 */
import { UNKEPT } from './layout.ts';
import type { SourceBook } from './source-book.ts';

/** 50,000 beats: a quarter of a second of the most a shard hands on. */
const RING_BYTES = 4 * 1024 * 1024;

/** Longest record; no heartbeat that can be accepted is longer. */
export const MAX_RECORD_BYTES = 16 * 1024;

export const RecordKind = { message: 1, closed: 2, reset: 3 } as const;

/** Fills the rest of the ring where a record would not fit in one piece. */
const SKIP = 0;

/** Head of a record, in words: length and kind, connection, four words of the source address. */
const HEAD_WORDS = 6;
const HEAD_BYTES = 4 * HEAD_WORDS;
const ALIGN_BYTES = 8;
const LENGTH_MASK = 0xffffff;
const KIND_SHIFT = 24;

/** Head of the memory, in words: bytes ever written, bytes ever read, records that found no room; then the instant. */
const WRITTEN = 0;
const READ = 1;
const DROPPED = 2;
const INSTANT_AT_BYTES = 16;
const RING_AT_BYTES = 64;

/** Longer ones are copied by the engine's own copy, which allocates a view. */
const COPIED_BY_WORD_BYTES = 256;

/** Zeroed memory for one ring; `bytes` is a power of two. */
export function allocateRing(bytes = RING_BYTES): SharedArrayBuffer {
  if (bytes < 2 * MAX_RECORD_BYTES || (bytes & (bytes - 1)) !== 0) {
    throw new RangeError(
      `a ring of ${bytes} bytes; accepted: a power of two from ${2 * MAX_RECORD_BYTES} on`,
    );
  }
  return new SharedArrayBuffer(RING_AT_BYTES + bytes);
}

function recordBytes(length: number): number {
  return (HEAD_BYTES + length + ALIGN_BYTES - 1) & ~(ALIGN_BYTES - 1);
}

/** The number of an address that was written down as words, in the reader's own book; all 0: its writer knew none. */
export function sourceOfWords(sources: SourceBook, address: Uint32Array): number {
  const [w0, w1, w2, w3] = address as unknown as readonly [number, number, number, number];
  return (w0 | w1 | w2 | w3) === 0 ? UNKEPT : sources.ofWords(w0, w1, w2, w3);
}

/** An instant as bits that can be stored and read whole. */
const instant = new Float64Array(1);
const instantBits = new BigInt64Array(instant.buffer);

/** The end that writes. */
export class RingWriter {
  readonly #head: Int32Array<SharedArrayBuffer>;
  readonly #instant: BigInt64Array<SharedArrayBuffer>;
  readonly #bytes: Uint8Array<SharedArrayBuffer>;
  readonly #words: Uint32Array<SharedArrayBuffer>;
  readonly #capacity: number;

  constructor(memory: SharedArrayBuffer) {
    this.#capacity = memory.byteLength - RING_AT_BYTES;
    this.#head = new Int32Array(memory, 0, 3);
    this.#instant = new BigInt64Array(memory, INSTANT_AT_BYTES, 1);
    this.#bytes = new Uint8Array(memory, RING_AT_BYTES);
    this.#words = new Uint32Array(memory, RING_AT_BYTES);
  }

  /** For a record of so many bytes? Whoever can wait asks first: what is put in vain counts as dropped. */
  hasRoom(length: number): boolean {
    const size = recordBytes(length);
    const written = this.#head[WRITTEN]! >>> 0;
    const left = this.#capacity - (written & (this.#capacity - 1));
    const used = (written - (Atomics.load(this.#head, READ) >>> 0)) >>> 0;
    return used + (left < size ? left : 0) + size <= this.#capacity;
  }

  /** A copy of `length` bytes from `at` on; false, and counted, when there is no room. `address`: four words. */
  put(
    kind: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    address: Uint32Array,
    connection: number,
  ): boolean {
    const size = recordBytes(length);
    const written = this.#head[WRITTEN]! >>> 0;
    const place = written & (this.#capacity - 1);
    const left = this.#capacity - place;
    const skipped = left < size ? left : 0;
    const used = (written - (Atomics.load(this.#head, READ) >>> 0)) >>> 0;
    if (length > MAX_RECORD_BYTES || used + skipped + size > this.#capacity) {
      Atomics.add(this.#head, DROPPED, 1);
      return false;
    }
    if (skipped > 0) this.#words[place >>> 2] = (SKIP << KIND_SHIFT) | skipped;
    const start = skipped > 0 ? 0 : place;
    const word = start >>> 2;
    this.#words[word] = (kind << KIND_SHIFT) | length;
    this.#words[word + 1] = connection;
    this.#words[word + 2] = address[0]!;
    this.#words[word + 3] = address[1]!;
    this.#words[word + 4] = address[2]!;
    this.#words[word + 5] = address[3]!;
    const to = start + HEAD_BYTES;
    if (length <= COPIED_BY_WORD_BYTES) {
      for (let i = 0; i < length; i++) this.#bytes[to + i] = bytes[at + i]!;
    } else this.#bytes.set(bytes.subarray(at, at + length), to);
    Atomics.store(this.#head, WRITTEN, (written + skipped + size) | 0);
    return true;
  }

  /** All that was read up to `atMs` has been put in before this call; +Infinity: nothing will come. */
  publish(atMs: number): void {
    instant[0] = atMs;
    Atomics.store(this.#instant, 0, instantBits[0]!);
  }
}

/** `bytes` hold until the next record. */
export type OnRecord = (
  kind: number,
  bytes: Uint8Array,
  length: number,
  address: Uint32Array,
  connection: number,
) => void;

/** The end that reads. */
export class RingReader {
  readonly #head: Int32Array<SharedArrayBuffer>;
  readonly #instant: BigInt64Array<SharedArrayBuffer>;
  readonly #ring: Uint8Array<SharedArrayBuffer>;
  readonly #words: Uint32Array<SharedArrayBuffer>;
  readonly #mask: number;
  /** A private copy: not everything that reads bytes takes shared memory. */
  readonly #record = new Uint8Array(MAX_RECORD_BYTES);
  readonly #recordWords = new Uint32Array(this.#record.buffer);
  readonly #address = new Uint32Array(4);
  #horizonMs = 0;
  /** What was looked up last and has not been read up to yet. */
  #soughtMs = 0;
  #soughtEnd = 0;
  #seeking = false;

  constructor(memory: SharedArrayBuffer) {
    this.#mask = memory.byteLength - RING_AT_BYTES - 1;
    this.#head = new Int32Array(memory, 0, 3);
    this.#instant = new BigInt64Array(memory, INSTANT_AT_BYTES, 1);
    this.#ring = new Uint8Array(memory, RING_AT_BYTES);
    this.#words = new Uint32Array(memory, RING_AT_BYTES);
  }

  /** All that the writer had read up to this instant has been handed out; 0 before it said any. */
  get horizonMs(): number {
    return this.#horizonMs;
  }

  /** Records that found no room, ever. */
  get dropped(): number {
    return Atomics.load(this.#head, DROPPED) >>> 0;
  }

  get isEmpty(): boolean {
    return Atomics.load(this.#head, WRITTEN) === this.#head[READ];
  }

  /** Hands out what is there, at most `limit` records; true when there was more. */
  drain(limit: number, each: OnRecord): boolean {
    if (!this.#seeking) {
      // The instant first: what is in the ring afterwards is at least what it stands for.
      instantBits[0] = Atomics.load(this.#instant, 0);
      this.#soughtMs = instant[0]!;
      this.#soughtEnd = Atomics.load(this.#head, WRITTEN);
      this.#seeking = true;
    }
    for (let done = 0; this.#head[READ] !== this.#soughtEnd; done++) {
      if (done === limit) return true;
      this.#take(each);
    }
    this.#horizonMs = this.#soughtMs;
    this.#seeking = false;
    return false;
  }

  #take(each: OnRecord): void {
    const read = this.#head[READ]! >>> 0;
    const place = read & this.#mask;
    const word = place >>> 2;
    const kind = this.#words[word]! >>> KIND_SHIFT;
    const length = this.#words[word]! & LENGTH_MASK;
    if (kind === SKIP) {
      Atomics.store(this.#head, READ, (read + length) | 0);
      return;
    }
    const connection = this.#words[word + 1]!;
    for (let i = 0; i < 4; i++) this.#address[i] = this.#words[word + 2 + i]!;
    const from = place + HEAD_BYTES;
    if (length <= COPIED_BY_WORD_BYTES) {
      const first = from >>> 2;
      for (let i = 0; i * 4 < length; i++) this.#recordWords[i] = this.#words[first + i]!;
    } else this.#record.set(this.#ring.subarray(from, from + length));
    // Given back before it is judged: a message that ends its reader must not end the next one too.
    Atomics.store(this.#head, READ, (read + recordBytes(length)) | 0);
    each(kind, this.#record, length, this.#address, connection);
  }
}

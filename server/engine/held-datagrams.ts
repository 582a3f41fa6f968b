/**
 * Datagrams read and not judged yet, in the order of their arrival: packed into chunks of memory, so that millions
 * of them are no objects, and bounded. Judges nothing. Shard thread. Cost: 16 bytes a datagram beside its own,
 * rounded up to 8; a chunk is given back when its last datagram has been taken.
 */

/** Larger than any datagram with its head. */
const CHUNK_BYTES = 1024 * 1024;
/** What one source address is taken to cost: its text and its place in a map. */
const SOURCE_BYTES = 128;

/** A record: instant (8), number of the source (4), length (4), the bytes, and up to 7 unused ones. */
const HEAD_BYTES = 16;

class Chunk {
  readonly bytes = new Uint8Array(CHUNK_BYTES);
  readonly #instants = new Float64Array(this.bytes.buffer);
  readonly #words = new Uint32Array(this.bytes.buffer);
  #begin = 0;
  #end = 0;

  fits(length: number): boolean {
    return this.#end + HEAD_BYTES + length <= CHUNK_BYTES;
  }

  get isEmpty(): boolean {
    return this.#begin === this.#end;
  }

  append(bytes: Uint8Array, source: number, atMs: number): void {
    const at = this.#end;
    this.#instants[at >>> 3] = atMs;
    this.#words[(at + 8) >>> 2] = source;
    this.#words[(at + 12) >>> 2] = bytes.length;
    this.bytes.set(bytes, at + HEAD_BYTES);
    this.#end = (at + HEAD_BYTES + bytes.length + 7) & ~7;
  }

  /** Hands out the oldest. The chunk must not be empty. */
  take(sources: readonly string[], each: OnHeld): void {
    const at = this.#begin;
    const length = this.#words[(at + 12) >>> 2]!;
    this.#begin = (at + HEAD_BYTES + length + 7) & ~7;
    const bytes = this.bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
    each(bytes, sources[this.#words[(at + 8) >>> 2]!]!, this.#instants[at >>> 3]!);
  }

  clear(): void {
    this.#begin = 0;
    this.#end = 0;
  }
}

/** `bytes` hold until the next call. */
export type OnHeld = (bytes: Uint8Array, source: string, arrivedAtMs: number) => void;

export class HeldDatagrams {
  readonly #maxBytes: number;
  /** The oldest first; all but the last are full. */
  readonly #chunks: Chunk[] = [];
  #spare: Chunk | undefined;
  readonly #numbers = new Map<string, number>();
  readonly #sources: string[] = [];

  /** maxBytes: of chunks and source addresses together. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Keeps a copy; false when there is no room for it. */
  append(bytes: Uint8Array, source: string, arrivedAtMs: number): boolean {
    let last = this.#chunks.at(-1);
    const inLast = last?.fits(bytes.length) === true;
    let number = this.#numbers.get(source);
    const chunks = this.#chunks.length + (inLast ? 0 : 1);
    const sources = this.#sources.length + (number === undefined ? 1 : 0);
    if (chunks * CHUNK_BYTES + sources * SOURCE_BYTES > this.#maxBytes) return false;
    if (number === undefined) {
      number = this.#sources.push(source) - 1;
      this.#numbers.set(source, number);
    }
    if (!inLast || last === undefined) {
      last = this.#spare ?? new Chunk();
      this.#spare = undefined;
      this.#chunks.push(last);
    }
    last.append(bytes, number, arrivedAtMs);
    return true;
  }

  /** Hands out the oldest, if there is one. */
  take(each: OnHeld): void {
    const first = this.#chunks[0];
    if (first === undefined) return;
    first.take(this.#sources, each);
    if (!first.isEmpty) return;
    this.#chunks.shift();
    first.clear();
    this.#spare = first;
  }
}

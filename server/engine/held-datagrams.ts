/**
 * Messages read and not judged yet, in the order of their arrival: packed into chunks of memory, so that millions
 * of them are no objects, and bounded. Judges nothing. Shard thread. Cost: 32 bytes a datagram beside its own,
 * rounded up to 8; a chunk is given back when its last datagram has been taken.
 */

/** Larger than any datagram with its head. */
const CHUNK_BYTES = 1024 * 1024;

/** A record: instant (8), four words of the source (16), length and kind (4), connection (4), the bytes, up to 7 unused. */
const HEAD_BYTES = 32;
const ADDRESS_AT = 8;
const LENGTH_AT = 24;
const CONNECTION_AT = 28;
const LENGTH_MASK = 0xffffff;
const KIND_SHIFT = 28;

class Chunk {
  readonly #bytes = new Uint8Array(CHUNK_BYTES);
  readonly #instants = new Float64Array(this.#bytes.buffer);
  readonly #words = new Uint32Array(this.#bytes.buffer);
  readonly #address = new Uint32Array(4);
  #begin = 0;
  #end = 0;

  fits(length: number): boolean {
    return this.#end + HEAD_BYTES + length <= CHUNK_BYTES;
  }

  get isEmpty(): boolean {
    return this.#begin === this.#end;
  }

  append(
    kind: number,
    bytes: Uint8Array,
    from: number,
    length: number,
    address: Uint32Array,
    atMs: number,
    connection: number,
  ): void {
    const at = this.#end;
    const words = this.#words;
    this.#instants[at >>> 3] = atMs;
    for (let i = 0; i < 4; i++) words[((at + ADDRESS_AT) >>> 2) + i] = address[i]!;
    words[(at + LENGTH_AT) >>> 2] = (kind << KIND_SHIFT) | length;
    words[(at + CONNECTION_AT) >>> 2] = connection;
    const to = at + HEAD_BYTES;
    // A view for the copy only where it pays for itself.
    if (length > 64) this.#bytes.set(bytes.subarray(from, from + length), to);
    else for (let i = 0; i < length; i++) this.#bytes[to + i] = bytes[from + i]!;
    this.#end = (to + length + 7) & ~7;
  }

  /** Hands out the oldest. The chunk must not be empty. */
  take(each: OnHeld): void {
    const at = this.#begin;
    const words = this.#words;
    const length = words[(at + LENGTH_AT) >>> 2]! & LENGTH_MASK;
    const kind = words[(at + LENGTH_AT) >>> 2]! >>> KIND_SHIFT;
    const connection = words[(at + CONNECTION_AT) >>> 2]!;
    for (let i = 0; i < 4; i++) this.#address[i] = words[((at + ADDRESS_AT) >>> 2) + i]!;
    this.#begin = (at + HEAD_BYTES + length + 7) & ~7;
    each(kind, this.#bytes, at + HEAD_BYTES, length, this.#address, this.#instants[at >>> 3]!, connection);
  }

  clear(): void {
    this.#begin = 0;
    this.#end = 0;
  }
}

/** `length` bytes from `at` on; these and `address` hold until the next call. `connection` 0: it came by UDP. */
export type OnHeld = (
  kind: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  address: Uint32Array,
  arrivedAtMs: number,
  connection: number,
) => void;

export class HeldDatagrams {
  readonly #maxBytes: number;
  /** The oldest first; all but the last are full. */
  readonly #chunks: Chunk[] = [];
  #spare: Chunk | undefined;

  /** maxBytes: of all chunks together. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Keeps a copy; false when there is no room for it. `kind`: 0 to 15, `address`: four words, whatever they mean. */
  append(
    kind: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    address: Uint32Array,
    arrivedAtMs: number,
    connection: number,
  ): boolean {
    let last = this.#chunks.at(-1);
    if (last?.fits(length) !== true) {
      if ((this.#chunks.length + 1) * CHUNK_BYTES > this.#maxBytes) return false;
      last = this.#spare ?? new Chunk();
      this.#spare = undefined;
      this.#chunks.push(last);
    }
    last.append(kind, bytes, at, length, address, arrivedAtMs, connection);
    return true;
  }

  /** Hands out the oldest, if there is one. */
  take(each: OnHeld): void {
    const first = this.#chunks[0];
    if (first === undefined) return;
    first.take(each);
    if (!first.isEmpty) return;
    this.#chunks.shift();
    first.clear();
    this.#spare = first;
  }
}

/**
 * A shard's ends of the rings between threads: hands on messages of other shards' hosts, takes what others and main
 * handed over, and knows up to when that is complete. Judges nothing. Shard thread.
 */
import { type OnRecord, RecordKind, RingReader, RingWriter } from './hand-over.ts';
import type { HandOver } from './shard.ts';
import type { SourceBook } from './source-book.ts';
import { Strangers } from './strangers.ts';

/** Records taken from one ring before sockets are read again. */
const RECORDS_A_TURN = 4_096;

export class ShardRings {
  /** null for a shard alone. */
  readonly handOver: HandOver | null;
  readonly strangers: Strangers | null;
  readonly #in: readonly RingReader[];
  /** TCP: a bundle comes whole to the owner of its first host. null: none is taken. */
  readonly #fromMain: RingReader | null;
  readonly #out: readonly (RingWriter | null)[];
  readonly #sources: SourceBook;
  readonly #address = new Uint32Array(4);
  #sharedMs = Number.NEGATIVE_INFINITY;

  /** `ringsIn`: of the other shards, then of main if there is one. `ringsOut`: by owner, null at `shard`'s own. */
  constructor(
    shard: number,
    ringsIn: readonly SharedArrayBuffer[],
    ringsOut: readonly (SharedArrayBuffer | null)[],
    sources: SourceBook,
  ) {
    this.#sources = sources;
    this.#in = ringsIn.map((memory) => new RingReader(memory));
    this.#fromMain = this.#in[ringsOut.length - 1] ?? null;
    this.#out = ringsOut.map((memory) => (memory === null ? null : new RingWriter(memory)));
    const several = ringsOut.length > 1;
    this.handOver = several ? this.#put : null;
    this.strangers = several ? new Strangers(shard, ringsOut.length, this.#put) : null;
  }

  /** Up to here all that came to other threads for this shard has been taken; +Infinity when none can come. */
  get horizonMs(): number {
    let horizonMs = Number.POSITIVE_INFINITY;
    for (const ring of this.#in) horizonMs = Math.min(horizonMs, ring.horizonMs);
    return horizonMs;
  }

  /** Records for this shard that found no room, ever. */
  get dropped(): number {
    let dropped = 0;
    for (const ring of this.#in) dropped += ring.dropped;
    return dropped;
  }

  /** Is there nothing to take? */
  get isEmpty(): boolean {
    for (const ring of this.#in) if (!ring.isEmpty) return false;
    return true;
  }

  /** Hands out what was handed over, in bounded portions; true when there is more. */
  take(each: OnRecord): boolean {
    let more = false;
    for (const ring of this.#in) more = ring.drain(RECORDS_A_TURN, each) || more;
    return more;
  }

  /** All that came to this shard's sockets up to here has been read, and what is not its own handed on. */
  share(readUpToMs: number): void {
    if (this.handOver === null) return;
    // What main handed over is handed on too; what another shard did is this one's own.
    const horizonMs = Math.min(readUpToMs, this.#fromMain?.horizonMs ?? Number.POSITIVE_INFINITY);
    if (!(horizonMs > this.#sharedMs)) return;
    this.#sharedMs = horizonMs;
    for (const ring of this.#out) ring?.publish(horizonMs);
  }

  readonly #put: HandOver = (owner, bytes, at, length, source, connection) => {
    this.#sources.wordsOf(source, this.#address);
    return this.#out[owner]!.put(RecordKind.message, bytes, at, length, this.#address, connection);
  };
}

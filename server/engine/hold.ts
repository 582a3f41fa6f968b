/**
 * A shard's beginning when hosts are known from before: what is read is kept, until main says who is known; then
 * those get their rows, then what was kept is judged as of when it arrived, all in portions small enough that
 * reading never waits. Judges no silence: nothing may be judged before all that was read. Pure. Shard thread.
 */
import { RecordKind, sourceOfWords } from './hand-over.ts';
import { HeldDatagrams, type OnHeld } from './held-datagrams.ts';
import type { RestoredColumns } from './known-hosts.ts';
import { u32be } from './message-fields.ts';
import type { ObservedClock } from './observed-clock.ts';
import type { Shard } from './shard.ts';
import type { SourceBook } from './source-book.ts';

/** Room for what arrives meanwhile: four million beats sent one by one, some twenty seconds of the most we can read. */
export const HOLD_BYTES = 256 * 1024 * 1024;

const ROWS_A_PORTION = 1_024;
/** libuv reads up to 32 datagrams of a socket between two portions: it has to be more than those of two. */
const DATAGRAMS_A_PORTION = 128;
/** Bundles take longer. Still more than what can be read between two portions. */
const MESSAGE_BYTES_A_PORTION = 64 * 1024;
const AHEAD_OF_READING = 2;

export class Hold {
  readonly #clock: ObservedClock;
  readonly #sources: SourceBook;
  readonly #kept: HeldDatagrams;
  readonly #address = new Uint32Array(4);
  #listeningSinceMs = Number.NaN;
  #shard: Shard | undefined;
  #hosts: RestoredColumns | undefined;
  #rows = 0;
  #lost = 0;
  #deaf = false;
  #keptSincePortion = 0;
  /** Connections that ended, judged last: whoever was heard otherwise since is not concerned. */
  readonly #endings: [idHigh: number, idLow: number, connection: number, kind: number][] = [];

  constructor(clock: ObservedClock, sources: SourceBook, maxBytes = HOLD_BYTES) {
    this.#clock = clock;
    this.#sources = sources;
    this.#kept = new HeldDatagrams(maxBytes);
  }

  /** Datagrams given up for want of room. */
  get lost(): number {
    return this.#lost;
  }

  /** Was the newest datagram given up? Then nothing was heard since, however the loop turns. */
  get isDeaf(): boolean {
    return this.#deaf;
  }

  /** All sockets are bound: whoever is waited for is waited for from now on. */
  listening(nowMs: number): void {
    this.#listeningSinceMs = nowMs;
  }

  /**
   * One datagram, or the id of a host whose connection ended, as `kind` of RecordKind says; kept until it can be
   * judged.
   */
  receive(
    kind: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    source: number,
    nowMs: number,
    connection: number,
  ): void {
    // As words: what is refused later must take no room in the book.
    this.#sources.wordsOf(source, this.#address);
    if (this.#kept.append(kind, bytes, at, length, this.#address, nowMs, connection)) {
      this.#keptSincePortion++;
      this.#hears(nowMs);
    } else {
      this.#lost++;
      this.#deaf = true;
    }
  }

  /** The receive loop came round. */
  turn(nowMs: number): void {
    // Deaf ends with the first datagram that is kept again, or with the hold: the time until then is blind.
    if (!this.#deaf) this.#clock.alive(nowMs);
  }

  /**
   * Who is known; those before `from` have their rows already. From now on `portion` is to be called once a turn
   * of the loop.
   */
  restore(shard: Shard, hosts: RestoredColumns, from = 0): void {
    this.#shard = shard;
    this.#hosts = hosts;
    this.#rows = from;
    this.#keptSincePortion = 0;
  }

  /**
   * The next portion of the work; true when all that was read has been judged and the hold is over. `send` is
   * called when the shard's news need room.
   */
  portion(nowMs: number, send: () => void): boolean {
    this.turn(nowMs);
    const shard = this.#shard;
    const hosts = this.#hosts;
    if (shard === undefined || hosts === undefined) return false;
    if (this.#rows < hosts.length) {
      const to = Math.min(hosts.length, this.#rows + ROWS_A_PORTION);
      shard.restore(hosts, this.#rows, to, this.#listeningSinceMs);
      this.#rows = to;
      this.#keptSincePortion = 0;
      return false;
    }
    this.#replay(shard, send);
    if (!this.#kept.isEmpty) return false;
    if (this.#deaf) this.#hears(nowMs);
    for (const [idHigh, idLow, connection, kind] of this.#endings) {
      if (shard.isFull) send();
      shard.ended(idHigh, idLow, connection, kind === RecordKind.closed ? 'closed' : 'reset', nowMs);
    }
    return true;
  }

  #replay(shard: Shard, send: () => void): void {
    let bytesLeft = MESSAGE_BYTES_A_PORTION;
    const least = AHEAD_OF_READING * this.#keptSincePortion;
    this.#keptSincePortion = 0;
    const judge: OnHeld = (kind, bytes, at, length, address, arrivedAtMs, connection) => {
      bytesLeft -= length;
      if (kind === RecordKind.message) {
        const source = sourceOfWords(this.#sources, address);
        shard.replay(bytes, at, length, source, arrivedAtMs, connection);
      } else this.#endings.push([u32be(bytes, at), u32be(bytes, at + 4), connection, kind]);
    };
    for (let done = 0; !this.#kept.isEmpty; done++) {
      if (done >= least && (done >= DATAGRAMS_A_PORTION || bytesLeft <= 0)) return;
      this.#kept.take(judge);
      if (shard.isFull) send();
    }
  }

  #hears(nowMs: number): void {
    if (this.#deaf) this.#clock.aliveAfterLoss(nowMs);
    else this.#clock.alive(nowMs);
    this.#deaf = false;
  }
}

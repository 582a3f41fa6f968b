/**
 * A shard's beginning when hosts are known from before: what is read is kept, until main says who is known; then
 * those get their rows, then what was kept is judged as of when it arrived, all in portions small enough that
 * reading never waits. Judges no silence: nothing may be judged before all that was read. Pure. Shard thread.
 */
import { HeldDatagrams, type OnHeld } from './held-datagrams.ts';
import type { RestoredColumns } from './known-hosts.ts';
import type { ObservedClock } from './observed-clock.ts';
import type { Shard } from './shard.ts';

/** Room for what arrives meanwhile: five million beats sent one by one, half a minute of the most we can read. */
export const HOLD_BYTES = 256 * 1024 * 1024;

const ROWS_A_PORTION = 1_024;
/** libuv reads up to 32 datagrams of a socket between two portions: it has to be more than those of two. */
const DATAGRAMS_A_PORTION = 128;
/** Bundles take longer. Still more than what can be read between two portions. */
const MESSAGE_BYTES_A_PORTION = 64 * 1024;
const AHEAD_OF_READING = 2;

export class Hold {
  readonly #clock: ObservedClock;
  readonly #kept: HeldDatagrams;
  #listeningSinceMs = Number.NaN;
  #shard: Shard | undefined;
  #hosts: RestoredColumns | undefined;
  #rows = 0;
  #lost = 0;
  #deaf = false;
  #keptSincePortion = 0;

  constructor(clock: ObservedClock, maxBytes = HOLD_BYTES) {
    this.#clock = clock;
    this.#kept = new HeldDatagrams(maxBytes);
  }

  /** Datagrams given up for want of room. */
  get lost(): number {
    return this.#lost;
  }

  /** All sockets are bound: whoever is waited for is waited for from now on. */
  listening(nowMs: number): void {
    this.#listeningSinceMs = nowMs;
  }

  /** One datagram, kept until it can be judged. */
  receive(bytes: Uint8Array, source: string, nowMs: number): void {
    if (this.#kept.append(bytes, source, nowMs)) {
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

  /** Who is known. From now on `portion` is to be called once a turn of the loop. */
  restore(shard: Shard, hosts: RestoredColumns): void {
    this.#shard = shard;
    this.#hosts = hosts;
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
    return true;
  }

  #replay(shard: Shard, send: () => void): void {
    let bytesLeft = MESSAGE_BYTES_A_PORTION;
    const least = AHEAD_OF_READING * this.#keptSincePortion;
    this.#keptSincePortion = 0;
    const judge: OnHeld = (bytes, source, arrivedAtMs) => {
      shard.replay(bytes, source, arrivedAtMs);
      bytesLeft -= bytes.length;
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

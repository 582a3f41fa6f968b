/**
 * One connection: whose heartbeats it has carried, how long it has been silent, how it ended. Hands messages on in
 * order and keeps the one that finds no room. Knows no socket and no other connection. Main thread.
 */

import { ownerOf } from '../message-fields.ts';
import type { TcpOutlet } from '../tcp-outlet.ts';
import { type SoundedConnection, UNREAD } from './drain-sounding.ts';
import { HeartbeatFramer } from './heartbeat-framer.ts';
import { MessageSender } from './message-sender.ts';
import type { OpenHosts } from './open-hosts.ts';
import type { TcpLimits } from './tcp-limits.ts';

/**
 * What has become of a chunk: `done` handed on; `more` is left for another turn; `blocked` the next message finds no
 * room; `oversized`, `no-heartbeat` (it begins with something else, as HTTP does, or goes on so): the connection is
 * to be ended.
 */
export type HandedOn = 'done' | 'more' | 'blocked' | 'oversized' | 'no-heartbeat';

/** So many messages in a row that are no heartbeats, and their connection is ended. */
const UNSOUND_AT_MOST = 64;

/** Why a connection that stays open is to be ended. */
export type Overdue = 'slow' | 'idle';

export type SoleHost = { readonly idHigh: number; readonly idLow: number };

/** Read anew for every message: one serves all connections. */
const sender = new MessageSender();

export class TcpConnection implements SoundedConnection {
  readonly number: number;
  readonly address: string;
  readBytes = UNREAD.readBytes;
  readBytesThen = UNREAD.readBytesThen;
  sounding = UNREAD.sounding;
  readToEnd = UNREAD.readToEnd;
  drainedIn = UNREAD.drainedIn;
  behindMs = UNREAD.behindMs;
  servedAtMs = UNREAD.servedAtMs;
  servedIn = UNREAD.servedIn;
  heldUntilBytes = UNREAD.heldUntilBytes;
  /** Handed on. */
  messages = 0;
  readonly #outlet: TcpOutlet;
  readonly #hosts: OpenHosts;
  readonly #framer = new HeartbeatFramer();
  readonly #openedAtMs: number;
  /** A message the outlet had no room for. */
  #keeps = false;
  #unsoundInARow = 0;
  #host: SoleHost | 'none' | 'several' = 'none';
  #intervalMs = 0;
  #heartbeatAtMs: number | null = null;
  #unfinishedSinceMs: number | null = null;

  constructor(number: number, address: string, outlet: TcpOutlet, hosts: OpenHosts, nowMs: number) {
    this.number = number;
    this.address = address;
    this.#outlet = outlet;
    this.#hosts = hosts;
    this.#openedAtMs = nowMs;
  }

  /** The one host whose heartbeats it carried; null when there was none, or another too. */
  get soleHost(): SoleHost | null {
    return typeof this.#host === 'object' ? this.#host : null;
  }

  get isUnfinished(): boolean {
    return this.#unfinishedSinceMs !== null;
  }

  /** It is over. Once. */
  leave(): void {
    if (typeof this.#host === 'object') this.#hosts.leave(this.#host.idHigh, this.#host.idLow);
  }

  /** Bytes that were read; the chunk before has been handed on. */
  feed(chunk: Uint8Array): void {
    this.#framer.feed(chunk);
  }

  /** Hands on at most `limit` messages of what was fed. */
  handOn(limit: number, nowMs: number): HandedOn {
    for (let done = 0; done < limit; done++) {
      if (!this.#keeps) {
        const framed = this.#framer.next();
        if (framed === 'more') return this.#wait(nowMs);
        if (framed === 'oversized') {
          this.#unfinishedSinceMs = null;
          return framed;
        }
      }
      const { bytes, at, length } = this.#framer;
      const sound = sender.read(bytes, at, length);
      // What is no heartbeat has no owner: any shard can count it.
      const owner = sound ? ownerOf(sender.idHigh, this.#outlet.shards) : 0;
      this.#keeps = !this.#outlet.heartbeat(owner, bytes, at, length, this.address, this.number);
      if (this.#keeps) return 'blocked';
      this.messages++;
      this.#unfinishedSinceMs = null;
      if (sound) this.#note(nowMs);
      else if (this.messages === 1 || ++this.#unsoundInARow === UNSOUND_AT_MOST) return 'no-heartbeat';
    }
    return 'more';
  }

  /** Is it to be ended, as of an instant up to which everything was read? */
  overdue(atMs: number, limits: TcpLimits, timeoutMsOf: (intervalMs: number) => number): Overdue | null {
    const { messageWithinMs, idleAtLeastMs } = limits;
    if (this.#unfinishedSinceMs !== null && atMs - this.#unfinishedSinceMs > messageWithinMs) return 'slow';
    if (this.#heartbeatAtMs === null) return atMs - this.#openedAtMs > messageWithinMs ? 'slow' : null;
    // An interval more, so that the verdict on the host comes before the end of its connection.
    const idleAfterMs = Math.max(idleAtLeastMs, timeoutMsOf(this.#intervalMs) + this.#intervalMs);
    return atMs - this.#heartbeatAtMs > idleAfterMs ? 'idle' : null;
  }

  #wait(nowMs: number): 'done' {
    if (this.#framer.isUnfinished) this.#unfinishedSinceMs ??= nowMs;
    return 'done';
  }

  #note(nowMs: number): void {
    const { idHigh, idLow, several, intervalMs } = sender;
    this.#heartbeatAtMs = nowMs;
    this.#unsoundInARow = 0;
    const host = this.#host;
    if (typeof host === 'object' && !several && host.idHigh === idHigh && host.idLow === idLow) {
      this.#intervalMs = intervalMs;
      return;
    }
    // Of several hosts the slowest may be the next to be heard.
    this.#intervalMs = Math.max(this.#intervalMs, intervalMs);
    if (host === 'several') return;
    this.leave();
    this.#host = host === 'none' && !several ? { idHigh, idLow } : 'several';
    if (this.#host !== 'several') this.#hosts.enter(idHigh, idLow);
  }
}

/**
 * The order in which connections are served: so many messages a turn of the event loop, whoever has more waits in a
 * queue and is not read meanwhile. And the instant up to which all that arrived has been handed on. Knows no host.
 * Main thread. Cost: one immediate a turn that brought something, one timer while connections are open.
 */
import { type Door, DrainSounding } from './drain-sounding.ts';
import type { HandedOn, TcpConnection } from './tcp-connection.ts';

/** So long a turn may keep the loop, and somewhat more for the messages in hand. */
const TURN_MS = 4;
/** Of one connection, then it is another's turn: 0.1 to 0.4 ms. */
const MESSAGES_AT_ONCE = 128;

const SOUND_EVERY_MS = 10;
/** When the outlet has no room. */
const TRY_AGAIN_MS = 5;
/** Whoever finds none is asked again after the others. */
const BLOCKED_A_TURN = 16;

export type ServedConnection = {
  readonly connection: TcpConnection;
  pause(): void;
  resume(): void;
};

export type RoundsHandlers<C> = {
  /** What was read of `served` is to be ended. */
  onBroken(served: C, why: 'oversized' | 'no-heartbeat'): void;
  /** All that arrived up to `atMs` has been handed on. */
  onDrained(atMs: number): void;
};

export class ReadRounds<C extends ServedConnection> {
  readonly #clock: () => number;
  readonly #handlers: RoundsHandlers<C>;
  readonly #sounding = new DrainSounding();
  readonly #waiting = new Set<C>();
  #turnEndMs = Number.NaN;
  #turn: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;
  #asked = false;
  #closed = false;

  constructor(clock: () => number, handlers: RoundsHandlers<C>) {
    this.#clock = clock;
    this.#handlers = handlers;
  }

  openDoor(): Door {
    return this.#sounding.openDoor();
  }

  /** A connection was taken. */
  accepted(door: Door): void {
    this.#sounding.accepted(door);
    this.#schedule();
  }

  /** Says now and again how far all has been read, until `rest`. */
  watch(): void {
    if (this.#closed) return;
    this.#beat ??= setInterval(() => {
      if (!this.#sounding.isOpen) this.#sounding.begin(this.#clock());
      this.#schedule();
    }, SOUND_EVERY_MS).unref();
  }

  rest(): void {
    clearInterval(this.#beat);
    this.#beat = undefined;
  }

  /** Says as soon as it can that all has been read up to an instant after now. */
  sound(): void {
    this.#asked = true;
    this.#schedule();
  }

  /** Bytes of a connection that is not waiting. */
  read(served: C, chunk: Uint8Array): void {
    this.#sounding.read(served.connection, chunk.length);
    served.connection.feed(chunk);
    this.#schedule();
    const nowMs = this.#clock();
    // The first of its turn begins it.
    if (!(this.#turnEndMs > 0)) this.#turnEndMs = nowMs + TURN_MS;
    if (nowMs < this.#turnEndMs && this.#serve(served, nowMs) === 'done') return;
    served.pause();
    this.#waiting.add(served);
  }

  /** Has bytes of it been read that are not handed on yet? */
  isWaiting(served: C): boolean {
    return this.#waiting.has(served);
  }

  /** Forgets what was read of it. */
  drop(served: C): void {
    this.#waiting.delete(served);
  }

  close(): void {
    this.#closed = true;
    this.rest();
    clearImmediate(this.#turn);
    clearTimeout(this.#retry);
    this.#waiting.clear();
  }

  #schedule(): void {
    if (!this.#closed) this.#turn ??= setImmediate(this.#turned);
  }

  /** After a turn of polling. */
  readonly #turned = (): void => {
    this.#turn = undefined;
    const drainedAtMs = this.#sounding.turned(this.#connectionsWaiting(), this.#clock());
    if (drainedAtMs !== null) this.#handlers.onDrained(drainedAtMs);
    const mayGoOn = this.#serveWaiting();
    this.#turnEndMs = Number.NaN;
    if (this.#asked && !this.#sounding.isOpen) {
      this.#asked = false;
      this.#sounding.begin(this.#clock());
    }
    if (mayGoOn || (this.#sounding.isOpen && this.#waiting.size === 0)) this.#schedule();
    else if (this.#waiting.size > 0) {
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined;
        this.#schedule();
      }, TRY_AGAIN_MS).unref();
    }
  };

  /** One after the other, and again from the first. False when nobody is left who does not wait for room alone. */
  #serveWaiting(): boolean {
    const endMs = this.#clock() + TURN_MS;
    const askedInVain = Math.min(BLOCKED_A_TURN, this.#waiting.size);
    let blocked = 0;
    // Who is put back is met again, after the others.
    for (const served of this.#waiting) {
      if (blocked === askedInVain) return false;
      const nowMs = this.#clock();
      if (nowMs >= endMs) return true;
      this.#waiting.delete(served);
      const handed = this.#serve(served, nowMs);
      if (handed === 'done') served.resume();
      else this.#waiting.add(served);
      blocked = handed === 'blocked' ? blocked + 1 : 0;
    }
    return this.#waiting.size > 0;
  }

  #serve(served: C, nowMs: number): 'done' | 'more' | 'blocked' {
    const { connection } = served;
    const { messages } = connection;
    const handed: HandedOn = connection.handOn(MESSAGES_AT_ONCE, nowMs);
    this.#sounding.served(connection, connection.messages > messages, handed === 'done');
    if (handed === 'oversized' || handed === 'no-heartbeat') {
      this.#handlers.onBroken(served, handed);
      return 'done';
    }
    return handed;
  }

  *#connectionsWaiting(): Iterable<TcpConnection> {
    for (const { connection } of this.#waiting) yield connection;
  }
}

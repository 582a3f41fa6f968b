/**
 * The connections of a listener, from the moment they are taken until nothing of them is left to do: their limits,
 * their turns, how each ended and who is told. Judges no host, answers nothing. Main thread. Cost: about 4 KB each.
 */
import type { Socket } from 'node:net';
import { ownerOf } from '../message-fields.ts';
import type { TcpOutlet } from '../tcp-outlet.ts';
import type { Door } from './drain-sounding.ts';
import { OpenHosts } from './open-hosts.ts';
import { ReadRounds } from './read-rounds.ts';
import { TcpConnection } from './tcp-connection.ts';
import { ConnectionCounts, TCP_LIMITS, type TcpLimits } from './tcp-limits.ts';

export type OpenConnectionsOptions = {
  readonly outlet: TcpOutlet;
  /** ms since the epoch, never stepping. */
  readonly clock: () => number;
  /** How long a host that announces this interval may be silent. */
  timeoutMsOf(intervalMs: number): number;
  readonly limits?: Partial<TcpLimits>;
};

const SWEEP_EVERY_MS = 500;
const LAST_NUMBER = 0xffff_ffff;

class OpenConnection {
  readonly connection: TcpConnection;
  readonly socket: Socket;
  /** How the peer ended it, and when that was seen; null while it has not, and when we did. */
  ended: { readonly how: 'closed' | 'reset'; readonly atMs: number } | null = null;
  isOver = false;

  constructor(connection: TcpConnection, socket: Socket) {
    this.connection = connection;
    this.socket = socket;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.connection.heldUntilBytes = this.connection.readBytes + this.socket.readableLength;
    this.socket.resume();
  }
}

/** All connections of one listener. */
export class OpenConnections {
  readonly #options: OpenConnectionsOptions;
  readonly #limits: TcpLimits;
  readonly #counts: ConnectionCounts;
  readonly #rounds: ReadRounds<OpenConnection>;
  readonly #open = new Set<OpenConnection>();
  readonly hosts = new OpenHosts();
  readonly #usedNumbers = new Set<number>();
  /** Ended by their peers: told when all that arrived before has been handed on. */
  readonly #endings = new Set<OpenConnection>();
  readonly tally = { refused: 0, oversized: 0, slow: 0, idle: 0, unfinished: 0 };
  #lastNumber = 0;
  #watchedUntilMs: number;
  #sweptAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: OpenConnectionsOptions) {
    this.#options = options;
    this.#limits = { ...TCP_LIMITS, ...options.limits };
    this.#counts = new ConnectionCounts(this.#limits);
    this.#watchedUntilMs = options.clock() + this.#limits.lingerMs;
    this.#rounds = new ReadRounds(options.clock, {
      onBroken: (open, why) => {
        if (why === 'oversized') this.tally.oversized++;
        this.#end(open);
      },
      onDrained: (atMs) => this.#drained(atMs),
    });
    this.#rounds.watch();
  }

  get connections(): number {
    return this.#open.size;
  }

  openDoor(): Door {
    return this.#rounds.openDoor();
  }

  accept(socket: Socket, door: Door): void {
    this.#rounds.accepted(door);
    // Without the address its peer has gone already.
    const address = socket.remoteAddress?.replace(/%.*$/, '');
    if (this.#closed || address === undefined || !this.#counts.take(address)) {
      if (address !== undefined) this.tally.refused++;
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const { outlet, clock } = this.#options;
    const open = new OpenConnection(
      new TcpConnection(this.#takeNumber(), address, outlet, this.hosts, clock()),
      socket,
    );
    this.#open.add(open);
    this.#rounds.watch();
    socket.on('data', (chunk: Buffer) => {
      if (!open.isOver) this.#rounds.read(open, chunk);
    });
    socket.on('end', () => this.#peerEnded(open, 'closed'));
    // Anything but a reset, such as a keep-alive without an answer, is silence.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') this.#peerEnded(open, 'reset');
    });
    socket.on('close', () => {
      open.isOver = true;
      this.#settle(open);
    });
  }

  refuseForWantOfHandles(): void {
    this.tally.refused++;
  }

  close(): void {
    this.#closed = true;
    this.#rounds.close();
    this.#endings.clear();
    for (const open of this.#open) this.#end(open);
  }

  /** Ours: says nothing about the host. */
  #end(open: OpenConnection): void {
    open.isOver = true;
    this.#rounds.drop(open);
    this.#countUnfinished(open);
    open.socket.destroy();
  }

  #peerEnded(open: OpenConnection, how: 'closed' | 'reset'): void {
    if (this.#closed || open.isOver || open.ended !== null) return;
    open.ended = { how, atMs: this.#options.clock() };
    this.#endings.add(open);
    this.#rounds.sound();
    open.socket.destroy();
  }

  /** Gives its place back when nothing of it is left to do. */
  #settle(open: OpenConnection): void {
    const { connection } = open;
    if (!open.isOver || this.#endings.has(open) || this.#rounds.isWaiting(open)) return;
    if (!this.#open.delete(open)) return;
    connection.leave();
    this.#counts.release(connection.address);
    this.#usedNumbers.delete(connection.number);
    if (this.#open.size === 0) this.#watchedUntilMs = this.#options.clock() + this.#limits.lingerMs;
  }

  #drained(atMs: number): void {
    for (const open of this.#endings) this.#tellEnding(open, atMs);
    const { outlet } = this.#options;
    if (atMs - this.#sweptAtMs >= SWEEP_EVERY_MS) {
      this.#sweptAtMs = atMs;
      this.#sweep(atMs);
    }
    if (this.#open.size === 0 && atMs >= this.#watchedUntilMs) {
      this.#rounds.rest();
      outlet.drainedUpTo(Number.POSITIVE_INFINITY);
    } else outlet.drainedUpTo(atMs);
  }

  #tellEnding(open: OpenConnection, drainedAtMs: number): void {
    const { ended, connection } = open;
    if (ended === null || ended.atMs > drainedAtMs || this.#rounds.isWaiting(open)) return;
    this.#endings.delete(open);
    this.#countUnfinished(open);
    const host = connection.soleHost;
    if (host !== null) {
      const { outlet } = this.#options;
      const shard = ownerOf(host.idHigh, outlet.shards);
      outlet.ended(shard, host.idHigh, host.idLow, connection.number, ended.how);
    }
    this.#settle(open);
  }

  /** As of an instant up to which everything was read: whatever would save a connection has been seen. */
  #sweep(atMs: number): void {
    for (const open of this.#open) {
      if (open.isOver) this.#settle(open);
      if (open.isOver || open.ended !== null || this.#rounds.isWaiting(open)) continue;
      const overdue = open.connection.overdue(atMs, this.#limits, this.#options.timeoutMsOf);
      if (overdue === null) continue;
      this.tally[overdue]++;
      this.#end(open);
    }
  }

  #countUnfinished(open: OpenConnection): void {
    if (open.connection.isUnfinished) this.tally.unfinished++;
  }

  #takeNumber(): number {
    do {
      this.#lastNumber = this.#lastNumber === LAST_NUMBER ? 1 : this.#lastNumber + 1;
    } while (this.#usedNumbers.has(this.#lastNumber));
    this.#usedNumbers.add(this.#lastNumber);
    return this.#lastNumber;
  }
}

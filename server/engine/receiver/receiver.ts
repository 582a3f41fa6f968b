/** What a shard's worker needs of the network: datagrams, and an instant up to which it has had them all. */
import type { BoundAddress } from '../shard-messages.ts';

export type ReceiverHandlers = {
  /** The datagrams that follow, until the next call, were read just now. Before the first one of every batch. */
  onBatch(): void;
  /**
   * One datagram: `length` bytes from `at` on, the receiver's own memory, other bytes after the call. `source`: the
   * number of its address in the book the receiver was given.
   */
  onDatagram(bytes: Uint8Array, at: number, length: number, source: number): void;
  /** The horizon may have moved on. */
  onHorizon(): void;
  /** A socket failed after it was bound: it does not listen any longer. */
  onFault(error: Error): void;
};

export type MarkerCounts = { readonly lost: number; readonly back: number };

export type Receiver = {
  /** As bound, in the order asked for. */
  readonly addresses: readonly BoundAddress[];
  /** Smallest receive buffer the kernel gave a socket, bytes as it counts them. */
  readonly receiveBufferBytes: number;
  /** Datagrams the kernel dropped before they were read; 0 when that cannot be known. */
  kernelDrops(): number;
  /**
   * Where drops cannot be known: how many of its own markers were lost and how many came back since the start. A
   * marker is dropped as likely as any datagram.
   */
  markers?(): MarkerCounts | undefined;
  /** Puts a marker at the end of what now waits in every socket that needs one; `nowMs` is the instant it stands for. */
  mark(nowMs: number): void;
  /** All that arrived up to this instant has been handed out; -Infinity before the first time. */
  horizonMs(): number;
  close(): Promise<void>;
};

/** One that is read by whoever owns the thread, which then has no event loop of its own. */
export type BlockingReceiver = Receiver & {
  /**
   * Waits for datagrams, at most `waitMs` (0: looks only), and hands out what came, at most one batch a socket.
   * Gives the number of datagrams handed out, markers left out.
   */
  read(waitMs: number): number;
};

/** What a shard's worker needs of the network: datagrams, and an instant up to which it has had them all. */
import type { BoundAddress } from '../shard-messages.ts';

export type ReceiverHandlers = {
  /** One datagram; the bytes are the receiver's and may change after the call. `source` is an address. */
  onDatagram(bytes: Uint8Array, source: string): void;
  /** A marker came back: the horizon may have moved on. */
  onMarker(): void;
  /** A socket failed after it was bound: it does not listen any longer. */
  onFault(error: Error): void;
};

export type Receiver = {
  /** As bound, in the order asked for. */
  readonly addresses: readonly BoundAddress[];
  /** Smallest receive buffer the kernel gave a socket, bytes as it counts them. */
  readonly receiveBufferBytes: number;
  /** Datagrams the kernel dropped before they were read; 0 when that cannot be known. */
  kernelDrops(): number;
  /** Puts a marker at the end of what now waits in every socket; `nowMs` is the instant it stands for. */
  mark(nowMs: number): void;
  /** All that arrived up to this instant has been handed out; -Infinity before the first marker came back. */
  horizonMs(): number;
  close(): Promise<void>;
};

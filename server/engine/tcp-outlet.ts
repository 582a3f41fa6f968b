/**
 * Where main's TCP listener hands what it reads: over one ring a shard, to the owner of the host. Judges nothing.
 * Main thread. Cost: a copy a message; a ring that is full refuses, which is no loss: TCP waits.
 */
import { readAddress } from '../libc/internet-address.ts';
import { RecordKind, RingWriter } from './hand-over.ts';

export type TcpOutlet = {
  readonly shards: number;
  /** One message that came over `connection` (1 and up) from `address`; false when there is no room now. */
  heartbeat(
    shard: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    address: string,
    connection: number,
  ): boolean;
  /** The peer ended a connection that carried one host alone. */
  ended(shard: number, idHigh: number, idLow: number, connection: number, how: 'closed' | 'reset'): void;
  /** All that came up to `atMs` has been handed over; +Infinity while no connection is open. */
  drainedUpTo(atMs: number): void;
};

/** `rings`: one a shard, read by it. */
export function openTcpOutlet(rings: readonly SharedArrayBuffer[]): TcpOutlet {
  const writers = rings.map((memory) => new RingWriter(memory));
  const source = new Uint32Array(4);
  const id = new Uint8Array(8);
  const idWords = new DataView(id.buffer);
  for (const writer of writers) writer.publish(Number.POSITIVE_INFINITY);
  return {
    shards: writers.length,
    heartbeat: (shard, bytes, at, length, address, connection) => {
      const writer = writers[shard]!;
      if (!writer.hasRoom(length)) return false;
      if (!readAddress(address, source)) source.fill(0);
      return writer.put(RecordKind.message, bytes, at, length, source, connection);
    },
    ended: (shard, idHigh, idLow, connection, how) => {
      idWords.setUint32(0, idHigh);
      idWords.setUint32(4, idLow);
      // One that finds no room is found by its silence.
      writers[shard]!.put(RecordKind[how], id, 0, id.length, source.fill(0), connection);
    },
    drainedUpTo: (atMs) => {
      for (const writer of writers) writer.publish(atMs);
    },
  };
}

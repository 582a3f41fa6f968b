/**
 * Chooses how datagrams are read and opens what main has to open for it: the sockets that all shards read, or just
 * the port they agree on; and the TCP listener on the same port. Main thread.
 */
import { randomInt } from 'node:crypto';
import { findSharedPort, WANTED_BUFFER_BYTES } from './receiver/dgram.ts';
import {
  type HeartbeatSockets,
  isRecvmmsgPossible,
  openHeartbeatSockets,
  type Possible,
} from './receiver/heartbeat-sockets.ts';
import type { BoundAddress, ShardSockets } from './shard-messages.ts';
import { openTcpListener, type TcpListener, type TcpListenerOptions } from './tcp/tcp-listener.ts';

export type ReceiverName = 'recvmmsg' | 'dgram';

/** The port that is free for UDP may be taken for TCP: so many others are tried. */
const PORT_TRIES = 8;

/** What an operator is told of receive buffers; null when there is nothing to tell. */
export function bufferNotice(gotBytes: number, wantedBytes: number | null): string | null {
  if (wantedBytes === null || gotBytes >= wantedBytes) return null;
  const limit = wantedBytes / 2;
  return (
    `a heartbeat socket got a receive buffer of ${gotBytes} bytes, as the kernel counts them, instead of ` +
    `${wantedBytes}: bursts may be dropped; let it have more by sysctl -w net.core.rmem_max=${limit}`
  );
}

/** Throws when recvmmsg is asked for by name and cannot be had; auto then takes the other and says so. */
export function chooseReceiver(
  wanted: 'auto' | ReceiverName,
  onNotice: (text: string) => void,
  isPossible: () => Possible = isRecvmmsgPossible,
): ReceiverName {
  if (wanted === 'dgram') return 'dgram';
  const possible = isPossible();
  if (possible.possible) return 'recvmmsg';
  if (wanted === 'recvmmsg') throw new Error(`the receiver recvmmsg cannot be had here: ${possible.why}`);
  onNotice(
    `heartbeats are read through node:dgram, at some six times the CPU: recvmmsg cannot be had here: ${possible.why}`,
  );
  return 'dgram';
}

export type EngineSockets = {
  /** By shard. */
  readonly ofShard: readonly ShardSockets[];
  readonly tcp: TcpListener | null;
  /** What the kernel was asked for, as it counts bytes; null where that cannot be said. */
  readonly wantedBufferBytes: number | null;
  /** After all that read them have ended. */
  close(): Promise<void>;
};

/** `tcp` null: no TCP. Rejects as Node does when an address cannot be bound; then nothing stays open. */
export async function openEngineSockets(
  receiver: ReceiverName,
  addresses: readonly BoundAddress[],
  shards: number,
  tcp: TcpListenerOptions | null,
): Promise<EngineSockets> {
  const anyPort = addresses.some(({ port }) => port === 0);
  for (let tries = anyPort && tcp !== null ? PORT_TRIES : 1; ; tries--) {
    try {
      return receiver === 'recvmmsg'
        ? await openForThreads(openHeartbeatSockets(addresses, shards), tcp)
        : await openForDgram(addresses, shards, tcp);
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (tries <= 1 || !taken) throw error;
    }
  }
}

async function openForThreads(
  sockets: HeartbeatSockets,
  tcp: TcpListenerOptions | null,
): Promise<EngineSockets> {
  try {
    const listener = tcp === null ? null : await openTcpListener(sockets.addresses, tcp);
    return {
      ofShard: sockets.fds.map((fds) => ({ receiver: 'recvmmsg', fds })),
      tcp: listener,
      wantedBufferBytes: sockets.wantedBufferBytes,
      close: async () => sockets.close(),
    };
  } catch (error) {
    sockets.close();
    throw error;
  }
}

async function openForDgram(
  asked: readonly BoundAddress[],
  shards: number,
  tcp: TcpListenerOptions | null,
): Promise<EngineSockets> {
  const agreed = shards > 1 || (tcp !== null && asked.some(({ port }) => port === 0));
  const addresses = agreed ? await findSharedPort(asked) : asked;
  const shared = shards > 1 ? randomInt(2 ** 32) : null;
  const listener = tcp === null ? null : await openTcpListener(addresses, tcp);
  return {
    ofShard: Array.from({ length: shards }, () => ({ receiver: 'dgram', addresses, shared })),
    tcp: listener,
    // Linux counts the double; elsewhere there is no such limit to raise.
    wantedBufferBytes: process.platform === 'linux' ? 2 * WANTED_BUFFER_BYTES : null,
    close: async () => {},
  };
}

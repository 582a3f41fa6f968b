/**
 * The sockets heartbeats come in by, for the recvmmsg receiver: opened by main, which learns ports and errors, read
 * by the shards' workers. They belong to the process, so a worker that ends loses nothing that waits in them.
 * Linux; main thread. Source: PROTOCOL 1 (BE32 at payload offset 4 modulo shards owns a host).
 */
import { ERRNO, errno, systemError, whyNoLibc } from '../../libc/libc.ts';
import { SocketMemory } from '../../libc/socket-memory.ts';
import { steerByWord } from '../../libc/steering.ts';
import {
  bindSocket,
  closeSocket,
  intOption,
  localAddress,
  openUdpSocket,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEPORT,
  SOL_SOCKET,
  SOL_UDP,
  setIntOption,
  trySetIntOption,
  UDP_GRO,
} from '../../libc/udp-socket.ts';
import type { BoundAddress } from '../shard-messages.ts';

/**
 * Asked of the kernel, which doubles it and counts 832 bytes for a beat: 160,000 of them, a sixth of a second at a
 * million a second. What net.core.rmem_max would have to be where the force is not ours.
 */
export const WANTED_RMEM_MAX_BYTES = 64 * 1024 * 1024;

/** Another socket may hold a port that was free for the first: so many other ports are tried. */
const PORT_TRIES = 8;

/** Where a host id begins in a binary beat. */
const HOST_ID_OFFSET = 4;

export type HeartbeatSockets = {
  /** As bound, in the order asked for. */
  readonly addresses: readonly BoundAddress[];
  /** Smallest receive buffer the kernel gave a socket, and what it was asked for, in bytes as it counts them. */
  readonly receiveBufferBytes: number;
  readonly wantedBufferBytes: number;
  /** Does the kernel bring each binary beat to the shard that owns its host? True for one shard. */
  readonly steered: boolean;
  /** Descriptors by shard, then by address; any thread may read them. */
  readonly fds: readonly (readonly number[])[];
  /** Once nobody reads them any longer. */
  close(): void;
};

export type Possible = { readonly possible: true } | { readonly possible: false; readonly why: string };

/** Can sockets be opened and read this way here? Opens one to find out. */
export function isRecvmmsgPossible(): Possible {
  const why = whyNoLibc();
  if (why !== null) return { possible: false, why };
  try {
    const fd = openUdpSocket(4);
    try {
      if (new SocketMemory().read(fd)) return { possible: true };
      return { possible: false, why: systemError(errno(), 'getsockopt SO_MEMINFO').message };
    } finally {
      closeSocket(fd);
    }
  } catch (error) {
    return { possible: false, why: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * One socket an address and shard, all on one port where port 0 is asked for. Throws as Node does (code, syscall,
 * address, port) when one cannot be had; then none stays open.
 */
export function openHeartbeatSockets(addresses: readonly BoundAddress[], shards: number): HeartbeatSockets {
  const anyPort = addresses.some(({ port }) => port === 0);
  for (let tries = anyPort ? PORT_TRIES : 1; ; tries--) {
    try {
      return openAll(addresses, shards);
    } catch (error) {
      const taken = error instanceof Error && 'errno' in error && error.errno === -ERRNO.EADDRINUSE;
      if (tries <= 1 || !taken) throw error;
    }
  }
}

function openAll(addresses: readonly BoundAddress[], shards: number): HeartbeatSockets {
  const opened: number[] = [];
  const close = (): void => {
    for (const fd of opened.splice(0)) closeSocket(fd);
  };
  try {
    const fds = Array.from({ length: shards }, (): number[] => []);
    const bound: BoundAddress[] = [];
    let port: number | undefined;
    let steered = true;
    for (const asked of addresses) {
      const own = { host: asked.host, port: asked.port === 0 ? (port ?? 0) : asked.port };
      const group = openGroup(own, shards, opened);
      for (const [shard, fd] of group.entries()) fds[shard]!.push(fd);
      own.port = localAddress(group[0]!).port;
      if (asked.port === 0) port ??= own.port;
      bound.push(own);
      if (shards > 1 && !steerByWord(group[0]!, HOST_ID_OFFSET, shards)) steered = false;
    }
    const buffers = opened.map((fd) => intOption(fd, SOL_SOCKET, SO_RCVBUF));
    return {
      addresses: bound,
      receiveBufferBytes: Math.min(...buffers),
      wantedBufferBytes: 2 * WANTED_RMEM_MAX_BYTES,
      steered,
      fds,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** One socket a shard at the same address; the kernel numbers them in the order they are bound. */
function openGroup(asked: BoundAddress, shards: number, opened: number[]): number[] {
  const group: number[] = [];
  let to = asked;
  for (let shard = 0; shard < shards; shard++) {
    const fd = openUdpSocket(asked.host.includes(':') ? 6 : 4);
    opened.push(fd);
    growBuffer(fd);
    // What came as one piece costs the kernel as much as one. Of several sockets each is to get its own hosts' beats.
    if (shards === 1) trySetIntOption(fd, SOL_UDP, UDP_GRO, 1);
    // The first binds alone, so that a port another server shares with its own shards counts as taken.
    if (shard > 0) setIntOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    bindSocket(fd, to);
    if (shard === 0) {
      to = { host: asked.host, port: localAddress(fd).port };
      if (shards > 1) setIntOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    group.push(fd);
  }
  return group;
}

/** Without the right to more than the system's limit the kernel gives the limit, and does not say so. */
function growBuffer(fd: number): void {
  if (trySetIntOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, WANTED_RMEM_MAX_BYTES)) return;
  trySetIntOption(fd, SOL_SOCKET, SO_RCVBUF, WANTED_RMEM_MAX_BYTES);
}

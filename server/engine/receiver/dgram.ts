/**
 * Receiver over node:dgram: one socket an address, all on one port, read by the event loop of the shard's worker.
 * libuv reads 32 datagrams and then runs timers, so a timer alone must not judge: each tick a marker datagram is
 * sent to the socket itself, and only what it stands for is judged once it has been read. Cost: about 3 µs a datagram.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { ERRNO, systemError } from '../../libc/libc.ts';
import { isUdpTaken, udpDrops } from '../../libc/udp-drops.ts';
import type { BoundAddress } from '../shard-messages.ts';
import type { SourceBook } from '../source-book.ts';
import { familyMark, Markers } from './dgram-marker.ts';
import type { Receiver, ReceiverHandlers } from './receiver.ts';

export const WANTED_BUFFER_BYTES = 4 * 1024 * 1024;

/** Another socket may hold a port that was free for the first: so many other ports are tried. */
const PORT_TRIES = 8;

/** Reading the system's table may take a millisecond. */
const LOOK_UP_EVERY_MS = 200;

type Bound = { readonly socket: Socket; readonly address: BoundAddress };

function openSocket({ host }: BoundAddress, reusePort: boolean): Socket {
  const ipv6 = host.includes(':');
  return createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6, reusePort });
}

function bind(socket: Socket, address: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject);
  socket.bind({ address, port, exclusive: true }, () => {
    socket.off('error', reject);
    resolve();
  });
  return promise;
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(() => resolve());
    } catch {
      // Node closed it itself after a failed bind.
      resolve();
    }
  });
}

/** One socket an address, all of them on one port where port 0 is asked for; or none, and the error. */
async function bindAll(
  addresses: readonly BoundAddress[],
  prepare: (socket: Socket) => void,
  reusePort: boolean,
): Promise<Bound[]> {
  const bound: Bound[] = [];
  let port: number | undefined;
  try {
    for (const asked of addresses) {
      const socket = openSocket(asked, reusePort);
      bound.push({ socket, address: asked });
      prepare(socket);
      await bind(socket, asked.host, asked.port === 0 ? (port ?? 0) : asked.port);
      if (asked.port === 0) port ??= socket.address().port;
    }
    return bound.map(({ socket, address: { host } }) => ({
      socket,
      address: { host, port: socket.address().port },
    }));
  } catch (error) {
    await Promise.all(bound.map(({ socket }) => close(socket)));
    throw error;
  }
}

async function bindOneOfManyPorts(
  addresses: readonly BoundAddress[],
  prepare: (socket: Socket) => void,
  reusePort: boolean,
): Promise<Bound[]> {
  const anyPort = addresses.some(({ port }) => port === 0);
  for (let tries = anyPort ? PORT_TRIES : 1; ; tries--) {
    try {
      return await bindAll(addresses, prepare, reusePort);
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (tries <= 1 || !taken) throw error;
    }
  }
}

/**
 * The addresses with the port all shards are to share, free at this moment: to be asked for before several receivers
 * open with `shared`, because the kernel would let them share it with another server's, too. Rejects as Node does.
 * A port that hosts may send to already is not opened to find out, where the system tells: what came would be lost.
 */
export async function findSharedPort(addresses: readonly BoundAddress[]): Promise<BoundAddress[]> {
  const taken = addresses.map(({ host, port }) => (port === 0 ? null : isUdpTaken(host, port)));
  const inUse = addresses[taken.indexOf(true)];
  if (inUse !== undefined) throw systemError(ERRNO.EADDRINUSE, 'bind', inUse);
  if (!taken.includes(null)) return [...addresses];
  const bound = await bindOneOfManyPorts(addresses, () => {}, false);
  await Promise.all(bound.map(({ socket }) => close(socket)));
  return bound.map(({ address }) => address);
}

/** Asks for a large buffer and says what the kernel gave: it caps silently, or refuses. */
function growBuffer(socket: Socket): number {
  try {
    socket.setRecvBufferSize(WANTED_BUFFER_BYTES);
  } catch {
    // The default buffer then serves; the number returned says so.
  }
  return socket.getRecvBufferSize();
}

/** node:dgram does not hand out SO_RXQ_OVFL; what the system knows is looked up now and then. */
class DropCount {
  readonly #addresses: readonly BoundAddress[];
  #count = 0;
  #lookedUpMs = Number.NEGATIVE_INFINITY;
  isKnown = true;

  constructor(addresses: readonly BoundAddress[]) {
    this.#addresses = addresses;
  }

  /** Never steps back, though a shard that shares the port and ends takes its share along. */
  count(): number {
    const nowMs = performance.now();
    if (nowMs - this.#lookedUpMs < LOOK_UP_EVERY_MS) return this.#count;
    this.#lookedUpMs = nowMs;
    const drops = udpDrops(this.#addresses);
    this.isKnown = drops !== null;
    this.#count = Math.max(this.#count, Math.round(drops ?? 0));
    return this.#count;
  }
}

/**
 * Rejects as Node does when an address cannot be bound; then no socket stays open. `shared`: a secret number the
 * shards on these addresses have in common, whose ports are then known; null: the port is this receiver's alone.
 */
export async function openDgramReceiver(
  addresses: readonly BoundAddress[],
  sources: SourceBook,
  handlers: ReceiverHandlers,
  shared: number | null = null,
): Promise<Receiver> {
  const family = shared === null ? null : familyMark(shared);
  const markers = new Map<Socket, Markers>();
  const prepare = (socket: Socket): void => {
    const own = new Markers(socket, family);
    markers.set(socket, own);
    socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
      const marked = own.take(bytes);
      if (marked === 'ours') handlers.onHorizon();
      if (marked !== 'no') return;
      // libuv does not say where a batch begins: every datagram is one.
      handlers.onBatch();
      handlers.onDatagram(bytes, 0, bytes.length, sources.ofText(from.address));
    });
  };
  const bound = await bindOneOfManyPorts(addresses, prepare, shared !== null);
  const inUse = bound.map(({ socket }) => markers.get(socket)!);
  const receiveBufferBytes = Math.min(...bound.map(({ socket }) => growBuffer(socket)));
  for (const { socket } of bound) socket.on('error', handlers.onFault);
  const drops = new DropCount(bound.map(({ address }) => address));
  return {
    addresses: bound.map(({ address }) => address),
    receiveBufferBytes,
    kernelDrops: () => drops.count(),
    markers: () =>
      drops.isKnown
        ? undefined
        : {
            lost: inUse.reduce((sum, { lost }) => sum + lost, 0),
            back: inUse.reduce((sum, { back }) => sum + back, 0),
          },
    mark: (nowMs) => {
      for (const own of inUse) own.mark(nowMs);
    },
    horizonMs: () => Math.min(...inUse.map((own) => own.horizonMs)),
    close: async () => {
      for (const own of inUse) own.close();
      await Promise.all(bound.map(({ socket }) => close(socket)));
    },
  };
}

/**
 * Receiver over node:dgram: one socket an address, all on one port, read by the event loop of the shard's worker.
 * libuv reads 32 datagrams and then runs timers, so a timer alone must not judge: each tick a marker datagram is
 * sent to the socket itself, and only what it stands for is judged once it has been read. Cost: about 3 µs a datagram.
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { BoundAddress } from '../shard-messages.ts';
import type { Receiver, ReceiverHandlers } from './receiver.ts';

const WANTED_BUFFER_BYTES = 4 * 1024 * 1024;

/** Another socket may hold a port that was free for the first: so many other ports are tried. */
const PORT_TRIES = 8;

const MARKER = { first: 0x00, secret: 1, secretBytes: 16, instant: 17, bytes: 25 } as const;

/** One socket and the markers it sends itself. */
class MarkedSocket {
  readonly socket: Socket;
  readonly asked: BoundAddress;
  readonly #marker = Buffer.alloc(MARKER.bytes);
  #horizonMs = Number.NEGATIVE_INFINITY;

  constructor(asked: BoundAddress, handlers: ReceiverHandlers) {
    this.asked = asked;
    const ipv6 = asked.host.includes(':');
    this.socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6 });
    randomBytes(MARKER.secretBytes).copy(this.#marker, MARKER.secret);
    this.socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
      if (this.#isMarker(bytes)) handlers.onMarker();
      else handlers.onDatagram(bytes, from.address);
    });
  }

  get horizonMs(): number {
    return this.#horizonMs;
  }

  bind(port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.socket.once('error', reject);
    this.socket.bind({ address: this.asked.host, port, exclusive: true }, () => {
      this.socket.off('error', reject);
      resolve();
    });
    return promise;
  }

  /** Asks for a large buffer and says what the kernel gave: it caps silently, or refuses. */
  growBuffer(): number {
    try {
      this.socket.setRecvBufferSize(WANTED_BUFFER_BYTES);
    } catch {
      // The default buffer then serves; the number returned says so.
    }
    return this.socket.getRecvBufferSize();
  }

  mark(nowMs: number): void {
    const { address, port } = this.socket.address();
    // A socket bound to every address hears itself on loopback.
    const target = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
    // The instant is the counter too: it never repeats and never steps back. A copy, because the send is queued.
    const marker = Buffer.from(this.#marker);
    marker.writeDoubleLE(nowMs, MARKER.instant);
    this.socket.send(marker, port, target, () => {
      // A marker that could not be sent does not come back: the horizon stays, nobody is judged on it.
    });
  }

  /** Only this socket knows the secret; an older marker that comes again changes nothing. */
  #isMarker(bytes: Buffer): boolean {
    if (bytes.length !== MARKER.bytes || bytes[0] !== MARKER.first) return false;
    if (bytes.compare(this.#marker, 0, MARKER.instant, 0, MARKER.instant) !== 0) return false;
    this.#horizonMs = Math.max(this.#horizonMs, bytes.readDoubleLE(MARKER.instant));
    return true;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      try {
        this.socket.close(() => resolve());
      } catch {
        // Node closed it itself after a failed bind.
        resolve();
      }
    });
  }
}

async function bindAll(
  addresses: readonly BoundAddress[],
  handlers: ReceiverHandlers,
): Promise<MarkedSocket[]> {
  const sockets: MarkedSocket[] = [];
  let port: number | undefined;
  try {
    for (const asked of addresses) {
      const marked = new MarkedSocket(asked, handlers);
      sockets.push(marked);
      await marked.bind(asked.port === 0 ? (port ?? 0) : asked.port);
      if (asked.port === 0) port ??= marked.socket.address().port;
    }
    return sockets;
  } catch (error) {
    await Promise.all(sockets.map((marked) => marked.close()));
    throw error;
  }
}

/** Rejects as Node does when an address cannot be bound; then no socket stays open. */
export async function openDgramReceiver(
  addresses: readonly BoundAddress[],
  handlers: ReceiverHandlers,
): Promise<Receiver> {
  const anyPort = addresses.some(({ port }) => port === 0);
  let sockets: MarkedSocket[] | undefined;
  for (let tries = anyPort ? PORT_TRIES : 1; sockets === undefined; tries--) {
    try {
      sockets = await bindAll(addresses, handlers);
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (tries <= 1 || !taken) throw error;
    }
  }
  const bound = sockets;
  const receiveBufferBytes = Math.min(...bound.map((marked) => marked.growBuffer()));
  for (const { socket } of bound) socket.on('error', handlers.onFault);
  return {
    addresses: bound.map(({ socket, asked }) => ({ host: asked.host, port: socket.address().port })),
    receiveBufferBytes,
    // node:dgram does not hand out SO_RXQ_OVFL.
    kernelDrops: () => 0,
    mark: (nowMs) => {
      for (const marked of bound) marked.mark(nowMs);
    },
    horizonMs: () => Math.min(...bound.map((marked) => marked.horizonMs)),
    close: async () => {
      await Promise.all(bound.map((marked) => marked.close()));
    },
  };
}

/**
 * Heartbeats over TCP, as main offers them to the engine: listens on the ports of the UDP sockets, opens and closes
 * in one piece, counts. What becomes of connections is open-connections.ts. Main thread. Source: PROTOCOL 1.4.
 */
import { createServer, type Server } from 'node:net';
import type { TcpHealth } from '../../../lib/protocol/api.ts';
import type { RejectReason } from '../../../lib/protocol/heartbeat.ts';
import type { BoundAddress } from '../shard-messages.ts';
import { BACKLOG } from './drain-sounding.ts';
import { OpenConnections, type OpenConnectionsOptions } from './open-connections.ts';

export type TcpListenerOptions = OpenConnectionsOptions & {
  /** A listening socket failed after it was bound. */
  onFault(error: Error): void;
};

export type TcpListener = {
  /** As bound, in the order asked for. */
  readonly addresses: readonly BoundAddress[];
  health(): TcpHealth;
  /** Has this host an open connection that carries nobody else? Its process then has not ended, as far as we know. */
  carries(idHigh: number, idLow: number): boolean;
  /** Messages that could not be handed to any shard: `read` is the sum of `rejected`. */
  read(): number;
  rejected(): Partial<Record<RejectReason, number>>;
  /** Ends listening and every connection; nobody is down by that. Idempotent. */
  close(): Promise<void>;
};

const KEEP_ALIVE_AFTER_MS = 30_000;
/** Held beside the chunk in hand while a connection waits. */
const STREAM_BUFFER_BYTES = 4 * 1024;

/** No handle is left for another connection: those that are there go on. */
const NO_HANDLES = new Set(['EMFILE', 'ENFILE']);

function bind(server: Server, { host, port }: BoundAddress): Promise<BoundAddress> {
  const { promise, resolve, reject } = Promise.withResolvers<BoundAddress>();
  server.once('error', reject);
  server.listen({ host, port, backlog: BACKLOG, exclusive: true, ipv6Only: host.includes(':') }, () => {
    server.off('error', reject);
    const bound = server.address();
    resolve({ host, port: typeof bound === 'object' && bound !== null ? bound.port : port });
  });
  return promise;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Never bound: that is as closed as it gets.
    server.close(() => resolve());
  });
}

/**
 * Port 0 = any free one, then the same for all. Rejects as Node does when an address cannot be bound (code, syscall,
 * address, port); then nothing listens.
 */
export async function openTcpListener(
  addresses: readonly BoundAddress[],
  options: TcpListenerOptions,
): Promise<TcpListener> {
  const open = new OpenConnections(options);
  const { tally } = open;
  const servers: Server[] = [];
  const bound: BoundAddress[] = [];
  try {
    for (const { host, port } of addresses) {
      const server = createServer({
        // The peer's FIN ends it; ours follows with the destroy.
        allowHalfOpen: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
        highWaterMark: STREAM_BUFFER_BYTES,
      });
      servers.push(server);
      const door = open.openDoor();
      server.on('connection', (socket) => open.accept(socket, door));
      bound.push(await bind(server, { host, port: port === 0 ? (bound[0]?.port ?? 0) : port }));
      server.on('error', (error: NodeJS.ErrnoException) => {
        if (NO_HANDLES.has(error.code ?? '')) open.refuseForWantOfHandles();
        else options.onFault(error);
      });
    }
  } catch (error) {
    open.close();
    await Promise.all(servers.map(closeServer));
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    addresses: bound,
    health: () => {
      const { refused, oversized, slow, idle } = tally;
      return { connections: open.connections, refused, oversized, slow, idle };
    },
    carries: (idHigh, idLow) => open.hosts.size > 0 && open.hosts.has(idHigh, idLow),
    read: () => tally.oversized + tally.unfinished,
    rejected: () => ({ bad_length: tally.oversized, too_short: tally.unfinished }),
    close: () => {
      open.close();
      closing ??= Promise.all(servers.map(closeServer)).then(() => undefined);
      return closing;
    },
  };
}

/**
 * Socket.IO: one WebSocket a viewer, `frame` out and `ack` in. Knows sockets and a viewer's interface, no
 * state. The caller owns the HTTP server and hands over the upgrades of `/socket.io/`. Main thread.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Server, type Socket } from 'socket.io';
import type { ErrorCode } from '#lib/protocol/errors.ts';
import { ACK_EVENT } from '#lib/protocol/frames.ts';
import { type Position, parsePosition } from '#lib/protocol/position.ts';
import { notedIdentity } from '../auth/identity.ts';
import { notedClientAddress } from '../http/client-address.ts';
import { ProblemError } from '../http/problem.ts';
import { endWithProblem } from '../http/raw-problem.ts';
import type { Place } from '../live/viewer-places.ts';
import { NO_PLACE, RETRY_AFTER_MS, type Viewers } from '../live/viewers.ts';
import { LIVE_HEADERS } from './live-response.ts';
import { type LiveSources, NAMES_TAKE, namesIn, viewersOf } from './live-sources.ts';
import type { AnswerMeter } from './meter.ts';
import { type Connection, SocketIoLink, webSocketOf } from './socketio-link.ts';
import { socketIoParser } from './socketio-parser.ts';

export const SOCKET_IO_PATH = '/socket.io/';

const MAX_MESSAGE_BYTES = 16_384;
/** A connection that has not said what it wants by then is closed. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A viewer that does not answer the closing of its WebSocket by then is cut off. */
const CLOSE_GRACE_MS = 500;
/** Connections that may be between their upgrade and their admission. */
const MAX_ARRIVING = 1_024;

const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/;

/** Refuses an upgrade as every live answer is marked. */
function refuseUpgrade(
  socket: Duplex,
  code: ErrorCode,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  endWithProblem(socket, new ProblemError(code, detail, { ...LIVE_HEADERS, ...headers }));
}

async function closed(socket: ReturnType<typeof webSocketOf>): Promise<void> {
  if (socket.readyState !== socket.CLOSED) await once(socket, 'close');
}

/** Closes a connection, whether the other side takes part or not. Nothing more is sent. */
function cut(connection: Connection): void {
  const socket = webSocketOf(connection);
  const timer = setTimeout(() => socket.terminate(), CLOSE_GRACE_MS);
  socket.once('close', () => clearTimeout(timer));
  // Engine.IO's own closing waits for what it has not written yet.
  socket.close();
}

/** A refusal that the client gets as `connect_error` with `data`. */
class ConnectRefusal extends Error {
  readonly data: { readonly status: number; readonly code: string; readonly retryAfterMs?: number };

  constructor(message: string, data: ConnectRefusal['data']) {
    super(message);
    this.data = data;
  }
}

function queryOf(url = ''): URLSearchParams {
  return new URLSearchParams(url.slice(url.indexOf('?') + 1));
}

/** What an upgrade names beside what every one has; undefined: not of its form. */
type Named = { readonly feed: string | null; readonly meter: AnswerMeter | null } | undefined;

const NOTHING_NAMED: Named = { feed: null, meter: null };

/** What is wrong with an upgrade that Engine.IO would refuse with a page of HTML, or after taking it; null: nothing. */
function faultOf({ headers }: IncomingMessage, query: URLSearchParams): string | null {
  if (query.get('transport') !== 'websocket') return 'transport is websocket here';
  if (query.get('EIO') !== '4') return 'EIO is 4 here';
  if (query.has('sid')) return 'there is no sid here: a connection begins as a WebSocket';
  if (headers['sec-websocket-version'] !== '13') return 'Sec-WebSocket-Version is 13 here';
  if (!WEBSOCKET_KEY.test(headers['sec-websocket-key'] ?? ''))
    return 'Sec-WebSocket-Key is 16 bytes in base64';
  return null;
}

/** The position in `auth`: null for none (`{}`), undefined when it is not of its form. */
function positionOf(auth: Readonly<Record<string, unknown>>): Position | null | undefined {
  const { e, s } = auth;
  if (e === undefined && s === undefined) return null;
  return typeof e === 'string' && typeof s === 'number' ? (parsePosition(e, s) ?? undefined) : undefined;
}

export type SocketIoOptions = LiveSources & {
  /** Is the request's Host and Origin accepted? Asked on the upgrade itself: CORS does not cover WebSocket. */
  readonly isAllowed: (request: IncomingMessage) => boolean;
};

export type SocketIoTransport = {
  /** Takes an upgrade whose path starts with `/socket.io/`; anything else gets 404. Never throws. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Connections now open, admitted or not. */
  readonly connections: number;
  /** Ends all connections; resolves within half a second, whatever the other sides do. */
  close(): Promise<void>;
};

export function createSocketIoTransport(options: SocketIoOptions): SocketIoTransport {
  const { meters, isAllowed } = options;
  const open = new Set<Connection>();
  const arriving = new Set<Connection>();
  const places = new WeakMap<Connection, Place>();
  const addresses = new WeakMap<Connection, string>();
  const asked = new WeakMap<Socket, { readonly viewers: Viewers; readonly position: Position | null }>();
  /** Of those that name a feed or a meter, by the socket below the WebSocket: the request is gone by then. */
  const named = new WeakMap<Duplex, Named>();
  const namedBy = (connection: Connection): Named => {
    const socket = webSocketOf(connection)._socket;
    return named.has(socket) ? named.get(socket) : NOTHING_NAMED;
  };
  /** Counts the upgrade from here on, if it names a meter. */
  const account = (query: URLSearchParams, request: IncomingMessage, socket: NetSocket, head: Buffer) => {
    const names = namesIn(query);
    if (names === undefined) return undefined;
    const meter = names.meter === null ? null : meters.use(names.meter, 'socketio');
    return { feed: names.feed, meter: meter?.connection(request, socket, head) ?? null };
  };

  const io = new Server({
    path: SOCKET_IO_PATH,
    transports: ['websocket'],
    parser: socketIoParser,
    perMessageDeflate: false,
    httpCompression: false,
    serveClient: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    connectTimeout: CONNECT_TIMEOUT_MS,
    destroyUpgrade: false,
  });
  // It never listens: Socket.IO wants a server to attach to, and ours keeps its own `upgrade` event.
  const carrier = createServer();
  io.attach(carrier);

  io.engine.on('connection', (connection: Connection) => {
    addresses.set(connection, notedClientAddress(connection.request));
    const identity = notedIdentity(connection.request)!;
    // The guard has read it; an idle viewer should not keep its request's headers in memory.
    connection.request = null as unknown as IncomingMessage;
    open.add(connection);
    arriving.add(connection);
    const stopListening = identity.onEnd(() => cut(connection));
    connection.once('close', () => {
      stopListening();
      open.delete(connection);
      arriving.delete(connection);
      places.get(connection)?.release();
    });
  });

  io.use((socket, next) => {
    const refuse = (refusal: ConnectRefusal): void => {
      next(refusal);
      // After the refusal has been written; a client that does not close would hold the connection.
      setImmediate(() => socket.conn.close());
    };
    const position = positionOf(socket.handshake.auth);
    if (position === undefined || places.has(socket.conn)) {
      const message = 'auth is {} or a position: e is 16 lower-case hex digits, s an integer';
      refuse(new ConnectRefusal(message, { status: 400, code: 'invalid_parameter' }));
      return;
    }
    // Gone meanwhile: the namespace sees that itself and forgets the socket, but only when asked to go on.
    if (socket.conn.readyState !== 'open') {
      next();
      return;
    }
    const names = namedBy(socket.conn);
    if (names === undefined) {
      refuse(new ConnectRefusal(NAMES_TAKE, { status: 400, code: 'invalid_parameter' }));
      return;
    }
    const viewers = viewersOf(options, names.feed);
    if (viewers === null) {
      const message = `there is no feed ${names.feed}: it has been removed, or never was`;
      refuse(new ConnectRefusal(message, { status: 404, code: 'not_found' }));
      return;
    }
    const place = viewers.take(addresses.get(socket.conn)!);
    if (place === null) {
      const data = { status: 503, code: 'too_many_viewers', retryAfterMs: RETRY_AFTER_MS };
      refuse(new ConnectRefusal(NO_PLACE, data));
      return;
    }
    places.set(socket.conn, place);
    asked.set(socket, { viewers, position });
    arriving.delete(socket.conn);
    next();
  });

  io.on('connection', (socket) => {
    const connection = socket.conn;
    const { viewers, position } = asked.get(socket)!;
    asked.delete(socket);
    const link = new SocketIoLink(connection);
    const viewer = viewers.add({
      link: namedBy(connection)?.meter?.link(link) ?? link,
      position,
      acknowledges: true,
      beats: true,
    });
    link.open({
      drained: () => viewer.drained(viewers.clock()),
      acknowledged: (s) => viewer.acknowledge(s, viewers.clock()),
    });
    // Acks that are not packed as the browser packs them.
    socket.on(ACK_EVENT, (s: unknown) => {
      if (typeof s === 'number' && Number.isSafeInteger(s)) viewer.acknowledge(s, viewers.clock());
    });
    socket.once('disconnect', () => {
      link.end();
      viewers.remove(viewer);
      // A client may leave the namespace and keep the connection, which would then be nobody's.
      connection.close();
    });
  });

  return {
    handleUpgrade(request, socket, head) {
      const query = queryOf(request.url);
      const fault = faultOf(request, query);
      if (!request.url?.startsWith(SOCKET_IO_PATH)) {
        refuseUpgrade(socket, 'not_found', `upgrades are taken at ${SOCKET_IO_PATH} alone`);
      } else if (notedIdentity(request) === null) {
        const detail = 'sign in first: a WebSocket needs a session or an API token';
        refuseUpgrade(socket, 'unauthenticated', detail, { 'WWW-Authenticate': 'Bearer' });
      } else if (!isAllowed(request)) {
        refuseUpgrade(socket, 'foreign_origin', 'Host or Origin is not one of this server');
      } else if (fault !== null) {
        refuseUpgrade(socket, 'invalid_parameter', fault);
      } else if (arriving.size >= MAX_ARRIVING) {
        refuseUpgrade(socket, 'too_many_viewers', 'too many viewers are arriving at once: try again', {
          'Retry-After': String(RETRY_AFTER_MS / 1_000),
        });
      } else {
        if (query.has('feed') || query.has('meter')) {
          // An upgrade comes on a socket of node:net; the event is typed for any stream.
          named.set(socket, account(query, request, socket as NetSocket, head));
        }
        carrier.emit('upgrade', request, socket, head);
      }
    },
    get connections() {
      return open.size;
    },
    async close() {
      const closing = [...open].map((connection) => webSocketOf(connection));
      await io.close();
      await Promise.race([
        Promise.allSettled(closing.map(closed)),
        delay(CLOSE_GRACE_MS, undefined, { ref: false }),
      ]);
      for (const socket of closing) socket.terminate();
    },
  };
}

/**
 * Socket.IO: one WebSocket a viewer, `frame` out and `ack` in. Knows sockets and a viewer's interface, no
 * state. The caller owns the HTTP server and hands over the upgrades of `/socket.io/`. Main thread.
 * Read against socket.io 4.8, engine.io 6.6, ws 8: which of their parts say that a socket is idle.
 */
import { type EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Server, type Socket } from 'socket.io';
import type { ErrorCode } from '#lib/protocol/errors.ts';
import { ACK_EVENT } from '#lib/protocol/frames.ts';
import { type Position, parsePosition } from '#lib/protocol/position.ts';
import { ProblemError } from '../http/problem.ts';
import { endWithProblem } from '../http/raw-problem.ts';
import { type Place, RETRY_AFTER_MS, type Viewers } from '../live/viewers.ts';
import { LIVE_HEADERS } from './live-response.ts';
import { socketIoParser } from './socketio-parser.ts';
import { type WireFrame, wireFrameOf } from './wire-frame.ts';

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

type Connection = Socket['conn'];

/** What of Engine.IO's and ws's private parts the idle rule and the closing of a stalled viewer need. */
type ConnectionParts = {
  write(message: Buffer, options: WireFrame['options']): void;
  readonly writeBuffer: readonly unknown[];
  readonly transport: { readonly socket: WebSocketParts };
};

type WebSocketParts = EventEmitter & {
  readonly bufferedAmount: number;
  readonly readyState: number;
  readonly CLOSED: number;
  terminate(): void;
};

function partsOf(connection: Connection): ConnectionParts {
  return connection as unknown as ConnectionParts;
}

/** Writable, nothing in Engine.IO's buffer, nothing in the WebSocket's. `drain` alone means handed over. */
function isIdle(connection: Connection): boolean {
  const parts = partsOf(connection);
  return (
    connection.readyState === 'open' &&
    connection.transport.writable &&
    parts.writeBuffer.length === 0 &&
    parts.transport.socket.bufferedAmount === 0
  );
}

async function closed(socket: WebSocketParts): Promise<void> {
  if (socket.readyState !== socket.CLOSED) await once(socket, 'close');
}

/** A refusal that the client gets as `connect_error` with `data`. */
class ConnectRefusal extends Error {
  readonly data: { readonly status: number; readonly code: string; readonly retryAfterMs?: number };

  constructor(message: string, data: ConnectRefusal['data']) {
    super(message);
    this.data = data;
  }
}

/** What is wrong with an upgrade that Engine.IO would refuse with a page of HTML, or after taking it; null: nothing. */
function faultOf({ url = '', headers }: IncomingMessage): string | null {
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
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

export type SocketIoOptions = {
  readonly viewers: Viewers;
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
  const { viewers, isAllowed } = options;
  const open = new Set<Connection>();
  const arriving = new Set<Connection>();
  const places = new WeakMap<Connection, Place>();
  const positions = new WeakMap<Socket, Position | null>();

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
    // The guard has read it; an idle viewer should not keep its request's headers in memory.
    connection.request = null as unknown as IncomingMessage;
    open.add(connection);
    arriving.add(connection);
    connection.once('close', () => {
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
    const place = viewers.take(socket.conn.remoteAddress);
    if (place === null) {
      const message = 'all viewers this server accepts, in all or from one address, are connected: try again';
      const data = { status: 503, code: 'too_many_viewers', retryAfterMs: RETRY_AFTER_MS };
      refuse(new ConnectRefusal(message, data));
      return;
    }
    places.set(socket.conn, place);
    positions.set(socket, position);
    arriving.delete(socket.conn);
    next();
  });

  io.on('connection', (socket) => {
    const connection = socket.conn;
    const viewer = viewers.add({
      link: {
        ready: () => isIdle(connection),
        send(frames) {
          // Past `socket.emit`, which would pack the frame once more for every viewer.
          for (const frame of frames) {
            const { message, options } = wireFrameOf(frame);
            partsOf(connection).write(message, options);
          }
        },
        close(reason) {
          // A stalled socket never gets through a closing handshake.
          if (reason === 'slow') partsOf(connection).transport.socket.terminate();
          // Without a goodbye of the namespace: after that one the client would not come again by itself.
          else connection.close();
        },
      },
      position: positions.get(socket) ?? null,
      acknowledges: true,
      beats: true,
    });
    // `ready`: what was handed to the kernel is out of our hands. Engine.IO has flushed what it still held.
    const onReady = (): void => viewer.drained(viewers.clock());
    connection.transport.on('ready', onReady);
    socket.on(ACK_EVENT, (s: unknown) => {
      if (typeof s === 'number' && Number.isSafeInteger(s)) viewer.acknowledge(s, viewers.clock());
    });
    socket.once('disconnect', () => {
      connection.transport.off('ready', onReady);
      viewers.remove(viewer);
      // A client may leave the namespace and keep the connection, which would then be nobody's.
      connection.close();
    });
  });

  return {
    handleUpgrade(request, socket, head) {
      const fault = faultOf(request);
      if (!request.url?.startsWith(SOCKET_IO_PATH)) {
        refuseUpgrade(socket, 'not_found', `upgrades are taken at ${SOCKET_IO_PATH} alone`);
      } else if (!isAllowed(request)) {
        refuseUpgrade(socket, 'foreign_origin', 'Host or Origin is not one of this server');
      } else if (fault !== null) {
        refuseUpgrade(socket, 'invalid_parameter', fault);
      } else if (arriving.size >= MAX_ARRIVING) {
        refuseUpgrade(socket, 'too_many_viewers', 'too many viewers are arriving at once: try again', {
          'Retry-After': String(RETRY_AFTER_MS / 1_000),
        });
      } else {
        carrier.emit('upgrade', request, socket, head);
      }
    },
    get connections() {
      return open.size;
    },
    async close() {
      const closing = [...open].map((connection) => partsOf(connection).transport.socket);
      await io.close();
      await Promise.race([
        Promise.allSettled(closing.map(closed)),
        delay(CLOSE_GRACE_MS, undefined, { ref: false }),
      ]);
      for (const socket of closing) socket.terminate();
    },
  };
}

import type { Socket as NetSocket } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import * as parser from 'socket.io-msgpack-parser';
import { ACK_EVENT, FRAME_EVENT, type Frame } from '#lib/protocol/frames.ts';
import { ContractView, Refused, type TransportAdapter, Waiting } from './contract-viewer.ts';

function netSocketOf(socket: Socket): NetSocket {
  const engine = socket.io.engine as unknown as { transport: { ws: { _socket: NetSocket } } };
  return engine.transport.ws._socket;
}

/** The status in the error of a refused upgrade or in the data of a refused connect. */
function refusalOf(error: Error): Refused {
  const { data, description } = error as Error & {
    data?: { status: number; retryAfterMs?: number };
    description?: { message?: string };
  };
  if (data !== undefined) return new Refused(data.status, data.retryAfterMs ?? null);
  const status = /response: (\d+)/.exec(description?.message ?? '')?.[1];
  if (status === undefined) throw error;
  return new Refused(Number(status), null);
}

/** The real client of Socket.IO. Acknowledges every S and D as soon as it is applied. */
export const socketIoAdapter: TransportAdapter = {
  name: 'Socket.IO',
  pushes: true,
  holds: false,
  acknowledges: true,
  connect(server, options = {}) {
    const view = new ContractView(options.position, options.states);
    const waiting = new Waiting(view);
    const extraHeaders: Record<string, string> = {
      origin: options.origin ?? server.origin,
      ...options.headers,
    };
    if (options.host !== undefined) extraHeaders.host = options.host;
    const socket = io(server.origin, {
      path: '/socket.io/',
      transports: ['websocket'],
      parser,
      auth: view.position ?? {},
      reconnection: false,
      forceNew: true,
      extraHeaders,
    });
    socket.on(FRAME_EVENT, (frame: Frame) => {
      try {
        view.apply(frame);
        if (frame.t === 'S' || frame.t === 'D') socket.emit(ACK_EVENT, frame.s);
      } catch (error) {
        waiting.fail(error);
      }
      waiting.look();
    });
    socket.on('disconnect', (reason) => {
      waiting.fail(new Error(`disconnected: ${reason}`));
    });
    return new Promise((resolve, reject) => {
      socket.once('connect_error', (error) => {
        socket.disconnect();
        reject(refusalOf(error));
      });
      socket.once('connect', () =>
        resolve({
          view,
          until: (condition) => waiting.until(condition),
          async stopReading() {
            netSocketOf(socket).pause();
          },
          resumeReading() {
            netSocketOf(socket).resume();
          },
          abort() {
            netSocketOf(socket).destroy();
          },
        }),
      );
    });
  },
};

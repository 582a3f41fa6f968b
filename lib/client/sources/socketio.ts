/**
 * Live frames over Socket.IO: WebSocket only, one msgpack frame each, acks for the server's idle rule. The
 * library is loaded on first use, so that a viewer who polls does not pay for it.
 */

import type { Socket } from 'socket.io-client';
import { ACK_EVENT, FRAME_EVENT } from '#lib/protocol/frames.ts';
import type { Source, SourceOptions } from '../source.ts';

/** Acks go after this many frames, or this long after the first unacknowledged one. */
export const ACK_EVERY_FRAMES = 4;
export const ACK_WITHIN_MS = 250;

async function connect({ origin, position }: SourceOptions): Promise<Socket> {
  const [{ io }, parser] = await Promise.all([
    import('socket.io-client'),
    import('socket.io-msgpack-parser'),
  ]);
  return io(origin === '' ? '/' : origin, {
    path: '/socket.io/',
    transports: ['websocket'],
    // CommonJS: some bundlers and Node give its exports as `default`, some as the namespace itself.
    parser: 'default' in parser ? parser.default : parser,
    auth: (answer) => answer({ ...position() }),
    // connection.ts owns every retry; two backoffs would fight.
    reconnection: false,
    forceNew: true,
    autoConnect: false,
  });
}

export function openSocketIo(options: SourceOptions): Source {
  const { sink } = options;
  let socket: Socket | null = null;
  let ended = false;
  let unacked = 0;
  let newestS = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const end = (): void => {
    ended = true;
    if (timer !== null) clearTimeout(timer);
    timer = null;
    socket?.off();
    socket?.disconnect();
  };
  const close = (kind: 'refused' | 'lost', detail: string, retryAfterMs?: number): void => {
    if (ended) return;
    end();
    sink.closed(retryAfterMs === undefined ? { kind, detail } : { kind, detail, retryAfterMs });
  };
  const sendAck = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    unacked = 0;
    socket?.emit(ACK_EVENT, newestS);
  };

  connect(options).then(
    (made) => {
      if (ended) return;
      socket = made;
      socket.on('connect', () => sink.opened());
      socket.on(FRAME_EVENT, (value: unknown) => sink.frame(value));
      socket.on('connect_error', (error: Error & { data?: { retryAfterMs?: unknown } }) => {
        // A live socket object here means that the server itself refused; otherwise no WebSocket came about.
        const refusal = error.data;
        const retryAfterMs = typeof refusal?.retryAfterMs === 'number' ? refusal.retryAfterMs : undefined;
        close(refusal === undefined ? 'lost' : 'refused', `Socket.IO: ${error.message}`, retryAfterMs);
      });
      socket.on('disconnect', (reason) => close('lost', `Socket.IO: ${reason}`));
      socket.connect();
    },
    (error: unknown) => close('lost', `Socket.IO could not be loaded: ${String(error)}`),
  );

  return {
    ack(s) {
      if (ended || socket === null) return;
      newestS = s;
      unacked++;
      if (unacked >= ACK_EVERY_FRAMES) sendAck();
      else timer ??= setTimeout(sendAck, ACK_WITHIN_MS);
    },
    stop() {
      if (!ended) end();
    },
  };
}

/**
 * Live frames over Socket.IO: WebSocket only, one msgpack frame each, acks for the server's idle rule. Loaded on
 * first use, so that a viewer who polls does not pay for the library.
 */
import { io } from 'socket.io-client';
import * as parser from 'socket.io-msgpack-parser';
import { ACK_EVENT, FRAME_EVENT } from '#lib/protocol/frames.ts';
import { askSession } from '../session-question.ts';
import type { Source, SourceOptions } from '../source.ts';

/** Acks go after this many frames, or this long after the first unacknowledged one. */
export const ACK_EVERY_FRAMES = 4;
export const ACK_WITHIN_MS = 250;

export function openSocketIo({ origin, position, sink, query = {} }: SourceOptions): Source {
  const socket = io(origin === '' ? '/' : origin, {
    path: '/socket.io/',
    query,
    transports: ['websocket'],
    // CommonJS: some bundlers and Node give its exports as `default`, some as the namespace itself.
    parser: 'default' in parser ? parser.default : parser,
    auth: (answer) => answer({ ...position() }),
    // connection.ts owns every retry; two backoffs would fight.
    reconnection: false,
    forceNew: true,
    autoConnect: false,
  });
  const asking = new AbortController();
  let ended = false;
  let unacked = 0;
  let newestS = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const end = (): void => {
    ended = true;
    if (timer !== null) clearTimeout(timer);
    timer = null;
    socket.off();
    socket.disconnect();
  };
  const close = (kind: 'refused' | 'lost', detail: string, retryAfterMs?: number): void => {
    if (ended) return;
    end();
    sink.closed(retryAfterMs === undefined ? { kind, detail } : { kind, detail, retryAfterMs });
  };
  /** The status that refused a WebSocket cannot be read: whether a sign-in is wanted is asked for apart. */
  const lose = async (detail: string): Promise<void> => {
    if (ended) return;
    end();
    const isSignedOut = (await askSession(origin, asking.signal)) === 'signed-out';
    if (!asking.signal.aborted) sink.closed({ kind: isSignedOut ? 'signed-out' : 'lost', detail });
  };
  const sendAck = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    unacked = 0;
    socket.emit(ACK_EVENT, newestS);
  };

  socket.on('connect', () => sink.opened());
  socket.on(FRAME_EVENT, (value: unknown) => sink.frame(value));
  socket.on('connect_error', (error: Error & { data?: { retryAfterMs?: unknown } }) => {
    // Data means that the server itself refused; otherwise no WebSocket came about.
    const refusal = error.data;
    const retryAfterMs = typeof refusal?.retryAfterMs === 'number' ? refusal.retryAfterMs : undefined;
    if (refusal === undefined) void lose(`Socket.IO: ${error.message}`);
    else close('refused', `Socket.IO: ${error.message}`, retryAfterMs);
  });
  socket.on('disconnect', (reason) => void lose(`Socket.IO: ${reason}`));
  socket.connect();
  // Of a WebSocket that ends before Engine.IO's first packet the library itself tells after 20 s only.
  const { engine } = socket.io;
  const early = (reason: string): void => void lose(`Socket.IO: ${reason}`);
  engine.once('close', early);
  socket.io.once('open', () => engine.off('close', early));

  return {
    ack(s) {
      if (ended) return;
      newestS = s;
      unacked++;
      if (unacked >= ACK_EVERY_FRAMES) sendAck();
      else timer ??= setTimeout(sendAck, ACK_WITHIN_MS);
    },
    stop() {
      asking.abort();
      if (!ended) end();
    },
  };
}

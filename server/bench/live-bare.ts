/**
 * The control of the live benchmarks: the same log and the same bytes, sent to everyone after each tick with a bare
 * `ws.send` or a bare `response.write`. It looks at no position, waits for no reader and does nothing with acks.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { LiveLog } from '../live/live-log.ts';
import { sseEventOf } from '../transports/sse-event.ts';
import { wireFrameOf } from '../transports/wire-frame.ts';
import type { LiveServer } from './live-ours.ts';

export const BARE_WS_PATH = '/bare/ws';
export const BARE_SSE_PATH = '/bare/sse';

export async function startBare(log: LiveLog, clock: () => number): Promise<LiveServer> {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const responses = new Set<ServerResponse>();

  log.subscribe(() => {
    const frames = log.framesFrom({ e: log.epoch, s: log.seq - 1 }, clock());
    for (const frame of frames) {
      for (const socket of sockets.clients) {
        if (socket.readyState === socket.OPEN) socket.send(wireFrameOf(frame).message);
      }
      for (const response of responses) response.write(sseEventOf(frame).text);
    }
  });

  const http = createServer((_request, response) => {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
    for (const frame of log.framesFrom(null, clock())) response.write(sseEventOf(frame).text);
    responses.add(response);
    response.on('close', () => responses.delete(response));
  });
  http.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', () => {});
      for (const frame of log.framesFrom(null, clock())) webSocket.send(wireFrameOf(frame).message);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    port: (http.address() as AddressInfo).port,
    get viewers() {
      return sockets.clients.size + responses.size;
    },
  };
}

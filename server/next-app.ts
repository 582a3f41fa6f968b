/**
 * The pages, rendered by Next inside this process. Next gets a private http.Server that never listens: it attaches
 * an `upgrade` listener of its own to whatever server it knows and may end sockets that are not its own.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import next from 'next';

export type Pages = {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Live replacement of modules while developing; null in production. */
  readonly upgrade: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | null;
  close(): Promise<void>;
};

/** `port`: the one browsers reach it by. Rejects when there is no build (and `dev` is off). */
export async function startPages(options: { dev: boolean; hostname: string; port: number }): Promise<Pages> {
  // Set by `node --watch`: processes that Next forks (for a page of one host) would report their imports to it, and a
  // message it does not expect ends the server.
  delete process.env.WATCH_REPORT_DEPENDENCIES;
  const privateServer = createServer();
  const app = next({ ...options, dir: `${import.meta.dirname}/..`, httpServer: privateServer });
  await app.prepare();
  const handle = app.getRequestHandler();
  return {
    handle: (request, response) => handle(request, response),
    upgrade: options.dev
      ? (request, socket, head) => void privateServer.emit('upgrade', request, socket, head)
      : null,
    close: () => app.close(),
  };
}

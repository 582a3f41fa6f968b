/** An HTTP server on loopback that answers as a test says and keeps what it was asked. For clients of bad servers. */
import { createServer, type IncomingMessage } from 'node:http';

export type Asked = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
};
export type GivenAnswer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};

export type AnsweringServer = {
  readonly origin: string;
  readonly asked: readonly Asked[];
  stop(): Promise<void>;
};

export async function startAnswering(answer: (asked: Asked) => GivenAnswer): Promise<AnsweringServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const one: Asked = { method: request.method!, url: request.url!, headers: request.headers };
    asked.push(one);
    request.resume();
    const { status = 200, headers = {}, body } = answer(one);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

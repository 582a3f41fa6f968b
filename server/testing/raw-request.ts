/** HTTP requests to loopback in which a test chooses all: Host, encoding, its own address. Each on a new connection. */
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';

export type RawAnswer = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
};

/** A request under way; not `fetch`, which would not let a test choose Host, encoding and address. */
export function send(port: number, path: string, options: RequestOptions = {}): ClientRequest {
  const outgoing = request({ host: '127.0.0.1', port, path, agent: false, ...options });
  outgoing.end();
  return outgoing;
}

export async function ask(port: number, path: string, options: RequestOptions = {}): Promise<RawAnswer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    send(port, path, options).once('response', resolve).once('error', reject);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) };
}

/**
 * An HTTP proxy as people have them between browser and server: it may refuse or swallow the upgrade to WebSocket,
 * and hold back what it should stream until the answer has ended. Each trouble is switched while it runs.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export type WebProxy = {
  readonly origin: string;
  /** `refuse`: 400, as proxies that know no upgrade; `swallow`: never answered. */
  upgrades: 'pass' | 'refuse' | 'swallow';
  /** Event streams are held back, those under way too. */
  buffersStreams: boolean;
  /** The digest of each diff on an event stream is changed on the way. */
  falsifiesDiffs: boolean;
  /** Requests let through so far, by path. */
  readonly requests: ReadonlyMap<string, number>;
  /** Ends every open connection on the browser's side. */
  cut(): void;
  close(): Promise<void>;
};

/** An event is written in one piece, its digest last. */
function falsified(events: Buffer): Buffer {
  return Buffer.from(events.toString().replaceAll(/("t":"D"[^\n]*"dig":")[0-9a-f]{8}/g, '$1deadbeef'));
}

/** `targetPort` is asked for each request. */
export async function webProxy(targetPort: () => number): Promise<WebProxy> {
  const sockets = new Set<Socket>();
  const requests = new Map<string, number>();
  const listener = createServer({ keepAliveTimeout: 75_000 });
  listener.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  const proxy: WebProxy = {
    origin: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    upgrades: 'pass',
    buffersStreams: false,
    falsifiesDiffs: false,
    requests,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };

  listener.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const path = incoming.url!.split('?')[0]!;
    requests.set(path, (requests.get(path) ?? 0) + 1);
    const { method, headers, url } = incoming;
    const upstream = request({ host: '127.0.0.1', port: targetPort(), method, headers, path: url });
    upstream.on('error', () => outgoing.destroy());
    upstream.on('response', (answer) => {
      const streams = answer.headers['content-type']?.startsWith('text/event-stream') === true;
      answer.on('error', () => outgoing.destroy());
      const begin = (): void => {
        if (!outgoing.headersSent) outgoing.writeHead(answer.statusCode!, answer.headers);
      };
      if (!streams || !proxy.buffersStreams) begin();
      outgoing.once('close', () => upstream.destroy());
      if (!streams) {
        answer.pipe(outgoing);
        return;
      }
      const held: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => {
        held.push(proxy.falsifiesDiffs ? falsified(chunk) : chunk);
        if (proxy.buffersStreams) return;
        begin();
        for (const one of held.splice(0)) outgoing.write(one);
      });
      answer.on('end', () => {
        begin();
        outgoing.end(Buffer.concat(held));
      });
    });
    incoming.pipe(upstream);
  });

  listener.on('upgrade', (incoming: IncomingMessage, near: Socket, head: Buffer) => {
    if (proxy.upgrades === 'swallow') return;
    if (proxy.upgrades === 'refuse') {
      near.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const far = connect(targetPort(), '127.0.0.1');
    far.on('error', () => near.destroy()).once('close', () => near.destroy());
    near.once('close', () => far.destroy());
    const headers: string[] = [];
    for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
      headers.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}\r\n`);
    }
    far.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${headers.join('')}\r\n`);
    far.write(head);
    near.pipe(far).pipe(near);
  });
  return proxy;
}

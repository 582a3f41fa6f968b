/** Foreign hosts and origins are refused everywhere; the default can be reached from this machine alone. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { expect, type Server, test } from './support/pulsewatch.ts';

type Answer = { status: number; body: string };

function ask(
  server: Server,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, body: text }));
    });
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode!, body: '' });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

test('pages, API, polling and the upgrade refuse foreign hosts and origins', async ({ stage }) => {
  const server = await stage.server();
  const own = `http://127.0.0.1:${server.port}`;
  const paths: [string, Record<string, string>, number][] = [
    ['/', {}, 200],
    ['/hosts', {}, 200],
    ['/api/health', {}, 200],
    ['/api/hosts', {}, 200],
    ['/rt/poll', {}, 200],
    ['/rt/clock?c0=1', {}, 200],
    ['/socket.io/?EIO=4&transport=websocket', UPGRADE, 101],
  ];
  for (const [path, headers, accepted] of paths) {
    const host = `127.0.0.1:${server.port}`;
    expect((await ask(server, path, { ...headers, host })).status, path).toBe(accepted);
    expect((await ask(server, path, { ...headers, host, origin: own })).status, path).toBe(accepted);
    expect((await ask(server, path, { ...headers, host: `localhost:${server.port}` })).status).toBe(accepted);
    const refusals: Record<string, string>[] = [
      { host, origin: 'https://evil.example' },
      { host, origin: 'null' },
      { host, origin: `http://127.0.0.1:${server.port + 1}` },
      { host: 'evil.example' },
      { host: `rebound.example:${server.port}` },
    ];
    for (const refused of refusals) {
      const answer = await ask(server, path, { ...headers, ...refused });
      expect(answer.status, `${path} ${JSON.stringify(refused)}`).toBe(403);
    }
  }
});

test('a write that is not JSON is refused', async ({ stage }) => {
  const server = await stage.server();
  const host = `127.0.0.1:${server.port}`;
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', '']) {
    const headers: Record<string, string> = type === '' ? { host } : { host, 'content-type': type };
    const answer = await ask(server, '/api/alerts/ack', headers, 'POST', '{"ids":[]}');
    expect(answer.status, type).toBe(415);
    expect(JSON.parse(answer.body).code).toBe('unsupported_media_type');
  }
});

/** Local addresses on which a port of this machine is open, from the kernel's own tables. */
function listening(port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // 0A: listening; 07: an unconnected UDP socket.
      .filter(([, local, , state]) => local?.endsWith(`:${hex}`) && (state === '0A' || state === '07'))
      .map(([, local]) => `${table} ${local!.split(':')[0]}`),
  );
}

test('the default listens on loopback alone, TCP and UDP, IPv4 and IPv6', async ({ stage }) => {
  const server = await stage.server();
  const V4 = '0100007F';
  const V6 = '00000000000000000000000001000000';
  expect(listening(server.port).sort()).toEqual([`tcp ${V4}`, `tcp6 ${V6}`]);
  const heard = [`tcp ${V4}`, `tcp6 ${V6}`, `udp ${V4}`, `udp6 ${V6}`];
  expect(listening(server.heartbeatPort).sort()).toEqual(heard);
});

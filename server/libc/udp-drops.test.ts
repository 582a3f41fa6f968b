import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { isUdpTaken, udpDrops } from './udp-drops.ts';

const sockets: ReturnType<typeof createSocket>[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

async function bound(host: string, port = 0): Promise<{ host: string; port: number }> {
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', reusePort: true });
  sockets.push(socket);
  socket.bind(port, host);
  await once(socket, 'listening');
  return { host, port: socket.address().port };
}

test.skipIf(process.platform !== 'linux').each(['127.0.0.1', '::1'])(
  'E84: what the kernel drops at a socket of Node’s is counted (%s)',
  async (host) => {
    const address = await bound(host);
    expect(udpDrops([address])).toBe(0);
    const [reader] = sockets;
    const size = 60_000;
    const count = Math.ceil((2 * reader!.getRecvBufferSize()) / size);
    let read = 0;
    reader!.on('message', () => read++);
    const sender = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    sockets.push(sender);
    const sent: Promise<void>[] = [];
    for (let i = 0; i < count; i++) {
      sent.push(new Promise((done) => sender.send(new Uint8Array(size), address.port, host, () => done())));
    }
    await Promise.all(sent);
    await expect.poll(() => read + udpDrops([address])!).toBe(count);
    expect(udpDrops([address])).toBeGreaterThan(0);
  },
);

test.skipIf(process.platform !== 'linux')(
  'E84: sockets that share an address share its drops; an unknown one has none to know',
  async () => {
    const address = await bound('127.0.0.1');
    await bound('127.0.0.1', address.port);
    expect(udpDrops([address])).toBe(0);
    for (const socket of sockets.splice(0)) socket.close();
    await expect.poll(() => udpDrops([address])).toBeNull();
  },
);

test.skipIf(process.platform !== 'linux').each([
  { family: 'IPv4', host: '127.0.0.1', other: '127.0.0.2', any: '0.0.0.0' },
  { family: 'IPv6', host: '::1', other: '::2', any: '::' },
])(
  'E172: whether a port is taken is looked up, for one address and for all of $family',
  async ({ host, other, any }) => {
    const { port } = await bound(host);
    expect(isUdpTaken(host, port)).toBe(true);
    expect(isUdpTaken(any, port)).toBe(true);
    expect(isUdpTaken(other, port)).toBe(false);
    for (const socket of sockets.splice(0)) socket.close();
    await expect.poll(() => isUdpTaken(host, port)).toBe(false);
    const everywhere = await bound(any);
    expect(isUdpTaken(other, everywhere.port)).toBe(true);
  },
);

import { afterEach, describe, expect, test } from 'vitest';
import { freeUdpPort } from '../testing/free-port.ts';
import { UdpListener } from '../testing/udp-listener.ts';
import { UdpLink, type UdpLinkOptions } from './udp-link.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function linked(changed: Partial<UdpLinkOptions>) {
  const said: string[] = [];
  const link = new UdpLink({
    server: { host: '127.0.0.1', port: 9 },
    sockets: 1,
    quietMs: 200,
    say: (line) => said.push(line),
    ...changed,
  });
  open.push(link);
  await link.start();
  return { link, said };
}

/** Sends every 20 ms until the listener has got something. */
async function sendUntilHeard(link: UdpLink, listener: UdpListener): Promise<void> {
  const timer = setInterval(() => {
    if (!link.send(Buffer.from('x'))) link.retry();
  }, 20);
  try {
    await listener.until((arrivals) => arrivals.length > 0);
  } finally {
    clearInterval(timer);
  }
}

describe('udp link', () => {
  test('G13: follows the name to its new address at the next regular look-up, and says so', async () => {
    const port = await freeUdpPort();
    const [before, after] = [
      await UdpListener.bind(port, '127.0.0.1'),
      await UdpListener.bind(port, '127.0.0.2'),
    ];
    open.push(before, after);
    let address = '127.0.0.1';
    const { link, said } = await linked({
      server: { host: 'pulse.test', port },
      resolve: async () => [address],
      resolveEveryMs: 50,
    });
    await sendUntilHeard(link, before);
    address = '127.0.0.2';
    await sendUntilHeard(link, after);
    expect(said).toEqual(['pulse.test is at 127.0.0.2 now, no longer at 127.0.0.1']);
  });

  test('G13: keeps the last good address while the name service fails', async () => {
    const listener = await UdpListener.bind();
    open.push(listener);
    let lookups = 0;
    const { link, said } = await linked({
      server: { host: 'pulse.test', port: listener.port },
      resolve: async () => {
        lookups++;
        if (lookups > 1) throw Object.assign(new Error('no answer'), { code: 'EAI_AGAIN' });
        return ['127.0.0.1'];
      },
      resolveEveryMs: 20,
    });
    const timer = setInterval(() => link.send(Buffer.from('x')), 10);
    await listener.until(() => lookups > 5);
    const heard = listener.arrivals.length;
    await listener.until((arrivals) => arrivals.length > heard + 3);
    clearInterval(timer);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('EAI_AGAIN');
  });

  test('G13: after an error the next address of the name is tried', async () => {
    const listener = await UdpListener.bind();
    open.push(listener);
    const { link, said } = await linked({
      server: { host: 'pulse.test', port: listener.port },
      resolve: async () => ['127.0.0.3', '127.0.0.1'],
    });
    await sendUntilHeard(link, listener);
    expect(said[0]).toContain('ECONNREFUSED');
  });

  test('G11: a name that is not known is said once, and found when it appears', async () => {
    const listener = await UdpListener.bind();
    open.push(listener);
    let known = false;
    const { link, said } = await linked({
      server: { host: 'pulse.test', port: listener.port },
      resolve: async () => {
        if (!known) throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
        return ['127.0.0.1'];
      },
      resolveEveryMs: 20,
    });
    expect(link.ready).toBe(false);
    expect(link.send(Buffer.from('x'))).toBe(false);
    known = true;
    await sendUntilHeard(link, listener);
    expect(said.filter((line) => line.includes('ENOTFOUND'))).toHaveLength(1);
  });

  test('G14: IPv6', async () => {
    const listener = await UdpListener.bind(0, '::1');
    open.push(listener);
    const { link } = await linked({ server: { host: '::1', port: listener.port } });
    await sendUntilHeard(link, listener);
    expect(listener.arrivals[0]!.bytes.toString()).toBe('x');
  });
});

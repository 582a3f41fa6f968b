import { afterEach, describe, expect, test } from 'vitest';
import { freeUdpPort } from '../testing/free-port.ts';
import { UdpListener } from '../testing/udp-listener.ts';
import { DgramCarrier } from './fleet-dgram.ts';
import { FleetLink, type FleetLinkOptions } from './fleet-link.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function linked(changed: Partial<FleetLinkOptions>) {
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  const shape = { beatBytes: 32, beatsPerDatagram: 1, datagramsPerMessage: 1, otherBytes: 64 };
  const carrier = new DgramCarrier({ shape, sockets: 1, say });
  const link = new FleetLink({
    server: { host: '127.0.0.1', port: 9 },
    carrier,
    quietMs: 200,
    isAllowed: () => true,
    say,
    ...changed,
  });
  open.push(link);
  await link.start();
  const send = (): void => {
    carrier.batch.takeBeat(0);
    link.flush(0);
  };
  return { link, carrier, said, send };
}

/** Sends every 20 ms until the condition holds. */
async function sendUntil(send: () => void, reached: Promise<unknown>): Promise<void> {
  const timer = setInterval(send, 20);
  try {
    await reached;
  } finally {
    clearInterval(timer);
  }
}
const heard = (listener: UdpListener) => listener.until((arrivals) => arrivals.length > 0);

describe('the way of a fleet', () => {
  test('G108: follows the name to its new address at the next regular look-up, and says so', async () => {
    const port = await freeUdpPort();
    const [before, after] = [
      await UdpListener.bind(port, '127.0.0.1'),
      await UdpListener.bind(port, '127.0.0.2'),
    ];
    open.push(before, after);
    let address = '127.0.0.1';
    const { send, said } = await linked({
      server: { host: 'pulse.test', port },
      resolve: async () => [address],
      resolveEveryMs: 50,
    });
    await sendUntil(send, heard(before));
    address = '127.0.0.2';
    await sendUntil(send, heard(after));
    expect(said).toEqual(['pulse.test is at 127.0.0.2 now, no longer at 127.0.0.1']);
  });

  test('G108: keeps the last good address while the name service fails, and tries the next one after an error', async () => {
    const port = await freeUdpPort();
    const listener = await UdpListener.bind(port, '127.0.0.2');
    open.push(listener);
    let lookups = 0;
    const { send, said, link } = await linked({
      server: { host: 'pulse.test', port },
      resolve: async () => {
        if (++lookups > 2) throw Object.assign(new Error('no'), { code: 'EAI_AGAIN' });
        return ['127.0.0.1', '127.0.0.2'];
      },
      resolveEveryMs: 3_000,
    });
    // Nothing listens at the first address.
    await sendUntil(send, heard(listener));
    expect(said[0]).toMatch(/^cannot send to pulse\.test:\d+ \(127\.0\.0\.1\): nothing is listening there/);
    const count = listener.arrivals.length;
    await sendUntil(
      send,
      (async () => {
        while (lookups < 3) await new Promise((resolve) => setTimeout(resolve, 20));
      })(),
    );
    await sendUntil(
      send,
      listener.until((arrivals) => arrivals.length > count + 3),
    );
    expect(link.errors).toBeGreaterThan(0);
  });

  test('G101: without an address heartbeats are counted as never sent', async () => {
    const { link, carrier, send, said } = await linked({
      server: { host: 'pulse.test', port: 9 },
      resolve: async () => {
        throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
      },
    });
    for (let i = 0; i < 5; i++) send();
    expect(link.unsent).toBe(5);
    expect(carrier.counts.sent).toBe(0);
    expect(carrier.batch.heartbeats).toBe(0);
    expect(said).toEqual(['cannot send to pulse.test:9: the name is not known (ENOTFOUND); going on trying']);
  });

  test('G103: an address that is not allowed is never sent to, now or after it has changed', async () => {
    const port = await freeUdpPort();
    const [allowed, other] = [
      await UdpListener.bind(port, '127.0.0.1'),
      await UdpListener.bind(port, '127.0.0.2'),
    ];
    open.push(allowed, other);
    let lookups = 0;
    let addresses = ['127.0.0.2', '127.0.0.1'];
    const { send, link, said } = await linked({
      server: { host: 'pulse.test', port },
      isAllowed: (address) => address === '127.0.0.1',
      resolve: async () => {
        lookups++;
        return addresses;
      },
      resolveEveryMs: 20,
    });
    expect(link.refusedAddress).toBeNull();
    await sendUntil(send, heard(allowed));
    addresses = ['127.0.0.2'];
    const looked = lookups;
    await sendUntil(
      send,
      (async () => {
        while (lookups < looked + 3) await new Promise((resolve) => setTimeout(resolve, 20));
      })(),
    );
    const count = allowed.arrivals.length;
    await sendUntil(
      send,
      allowed.until((arrivals) => arrivals.length > count + 3),
    );
    expect(other.arrivals).toEqual([]);
    expect(said).toEqual(['pulse.test is at 127.0.0.2, where this load may not go; not used']);

    const refused = await linked({
      server: { host: '127.0.0.2', port },
      isAllowed: (address) => address === '127.0.0.1',
    });
    expect(refused.link.refusedAddress).toBe('127.0.0.2');
    expect(refused.said).toEqual([]);
    refused.send();
    expect(refused.link.unsent).toBe(1);
  });
});

import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { MAX_TEXT_BYTES } from '../../../lib/protocol/heartbeat.ts';
import { hostIdHex } from '../../host-id.ts';
import { closed, framed, TestListener, until } from '../testing/recording-outlet.ts';
import { beatBytes, helloBytes, joined } from '../testing/shard-probe.ts';
import { openTcpListener } from './tcp-listener.ts';

const open: TestListener[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function listening(options: Parameters<typeof TestListener.open>[0] = {}) {
  const test = await TestListener.open(options);
  open.push(test);
  return { ...test, test, outlet: test.outlet, listener: test.listener };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('what comes over TCP', () => {
  test('E142: goes to its host’s shard, in order, with its address and connection', async () => {
    const { test, outlet } = await listening({ shards: 3 });
    const text = await test.connect();
    const binary = await test.connect();
    const owner = (host: string): number => Number.parseInt(hostIdHex(host).slice(0, 8), 16) % 3;
    const hosts = ['web-01', 'web-02', 'web-03', 'web-04'];
    for (const host of hosts) text.write(`${host} interval=1s\r\n`);
    await until(() => outlet.handed.length === 4);
    for (const host of hosts) binary.write(framed(beatBytes(host)));
    binary.write(framed(helloBytes('web-05', { rack: 'r17' })));
    await until(() => outlet.handed.length === 9);
    expect(outlet.texts()).toEqual([
      ...hosts.map((host) => `${host} interval=1s`),
      ...hosts.map((host) => hex(beatBytes(host))),
      hex(helloBytes('web-05', { rack: 'r17' })),
    ]);
    expect(outlet.handed.map(({ shard }) => shard)).toEqual([...hosts, ...hosts, 'web-05'].map(owner));
    expect(new Set(outlet.handed.map(({ shard }) => shard)).size).toBeGreaterThan(1);
    expect(new Set(outlet.handed.map(({ address }) => address))).toEqual(new Set(['127.0.0.1']));
    const [first, second] = [outlet.handed[0]!.connection, outlet.handed[8]!.connection];
    expect(outlet.handed.map(({ connection }) => connection)).toEqual([
      ...Array(4).fill(first),
      ...Array(5).fill(second),
    ]);
    expect(first).not.toBe(second);
    expect(Math.min(first, second)).toBeGreaterThan(0);
  });

  test('E142: what has not the form of a heartbeat goes to shard 0, to be counted there', async () => {
    const { test, outlet } = await listening({ shards: 3 });
    const text = await test.connect();
    text.write('web-01\nweb-01 =\n\n!\n');
    const binary = await test.connect();
    binary.write(
      Buffer.concat([
        framed(beatBytes('web-01')),
        framed(Buffer.alloc(0)),
        framed(Buffer.from('\xb7\x11', 'latin1')),
      ]),
    );
    await until(() => outlet.handed.length === 7);
    const malformed = outlet.handed.filter(({ text: body }) => ['web-01 =', '', '!', 'b711'].includes(body));
    expect(malformed.map(({ shard }) => shard)).toEqual([0, 0, 0, 0, 0]);
  });

  test('E142: over IPv6 too', async () => {
    const { test, outlet } = await listening({ host: '::1' });
    const socket = await test.connect();
    socket.write('web-01\n');
    await until(() => outlet.handed.length === 1);
    expect(outlet.handed[0]!.address).toBe('::1');
    socket.end();
    await until(() => outlet.endings().length === 1);
    expect(outlet.endings()[0]!.what).toBe('closed');
  });

  test('E142: listens on one port of every address, or on none of them', async () => {
    const both = await openTcpListener(
      [
        { host: '127.0.0.1', port: 0 },
        { host: '::1', port: 0 },
      ],
      { outlet: (await listening()).outlet, clock: () => 1, timeoutMsOf: () => 1, onFault: () => {} },
    );
    const [four, six] = both.addresses;
    await both.close();
    expect(four!.port).toBe(six!.port);

    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const refused = openTcpListener(
      [
        { host: '::1', port },
        { host: '127.0.0.1', port },
      ],
      { outlet: (await listening()).outlet, clock: () => 1, timeoutMsOf: () => 1, onFault: () => {} },
    );
    await expect(refused).rejects.toMatchObject({
      code: 'EADDRINUSE',
      syscall: 'listen',
      address: '127.0.0.1',
      port,
    });
    // Free again at once.
    const again = createServer().listen(port, '::1');
    await new Promise((resolve) => again.once('listening', resolve));
    again.close();
    taken.close();
  });
});

describe('the end of a connection', () => {
  test('E143: of one host, by its peer, is told: closed after FIN, reset after RST', async () => {
    const { test, outlet } = await listening({ shards: 2 });
    for (const [host, how] of [
      ['web-01', 'closed'],
      ['web-02', 'reset'],
      ['web-03', 'half'],
    ] as const) {
      const socket = await test.connect();
      socket.write(framed(beatBytes(host)));
      await until(() => outlet.texts().includes(hex(beatBytes(host))));
      if (how === 'closed') socket.destroy();
      else if (how === 'half') socket.end();
      else socket.resetAndDestroy();
      await until(() => outlet.endings().some(({ text }) => text === hostIdHex(host)));
      const ending = outlet.endings().at(-1)!;
      expect(ending.what).toBe(how === 'reset' ? 'reset' : 'closed');
      expect(ending.shard).toBe(Number.parseInt(hostIdHex(host).slice(0, 8), 16) % 2);
      expect(ending.connection).toBe(outlet.handed.findLast(({ what }) => what === 'heartbeat')!.connection);
    }
    await until(() => test.listener.health().connections === 0);
  });

  test('E143: ended by us, or before any heartbeat, it is told of nobody', async () => {
    const { test, outlet } = await listening({ limits: { idleAtLeastMs: 50 }, timeoutMs: 10 });
    (await test.connect()).destroy();
    const oversized = await test.connect();
    oversized.write(`web-01 interval=10ms\n${'x'.repeat(MAX_TEXT_BYTES + 2)}`);
    const idle = await test.connect();
    idle.write('web-02 interval=10ms\n');
    await Promise.all([closed(oversized), closed(idle)]);
    const stopped = await test.connect();
    stopped.write('web-03 interval=655s\n');
    await until(() => outlet.texts().includes('web-03 interval=655s'));
    await test.listener.close();
    await closed(stopped);
    expect(outlet.endings()).toEqual([]);
    await until(() => test.listener.health().connections === 0);
    expect(test.listener.health()).toEqual({ connections: 0, refused: 0, oversized: 1, slow: 0, idle: 1 });
  });

  test('E143: of several hosts, in one bundle or one after another, it is told of nobody', async () => {
    const { test, outlet } = await listening();
    const bundles = await test.connect();
    bundles.write(framed(joined(beatBytes('web-01'), beatBytes('web-01', { seq: 2 }), beatBytes('web-02'))));
    const lines = await test.connect();
    lines.write('web-03\nweb-04\nweb-03\n');
    // The same host throughout, as a counter-check.
    const sole = await test.connect();
    sole.write(framed(joined(beatBytes('web-05'), beatBytes('web-05', { seq: 2 }))));
    await until(() => outlet.handed.length === 5);
    for (const socket of [bundles, lines, sole]) socket.end();
    await until(() => test.listener.health().connections === 0);
    expect(outlet.endings().map(({ text }) => text)).toEqual([hostIdHex('web-05')]);
  });

  test('E144: is told after all that had arrived by then, on other connections too', async () => {
    const { test, outlet } = await listening();
    const before = await test.connect();
    before.write('web-01 seq=1\n');
    await until(() => outlet.handed.length === 1);
    // A host that moves to a new connection, while we do not come round to reading.
    const after = await test.connect();
    after.write('web-01 seq=2\n');
    before.end();
    const busyUntilMs = performance.now() + 300;
    while (performance.now() < busyUntilMs);
    await until(() => outlet.endings().length === 1);
    expect(outlet.handed.map(({ what, text }) => (what === 'heartbeat' ? text : what))).toEqual([
      'web-01 seq=1',
      'web-01 seq=2',
      'closed',
    ]);
    expect(outlet.handed[2]!.connection).toBe(outlet.handed[0]!.connection);
  });

  test('E144: is told after what many new connections bring, each of which has to be taken first', async () => {
    const { test, outlet } = await listening();
    const hosts = Array.from({ length: 60 }, (_, i) => `web-${i}`);
    const before = await Promise.all(hosts.map(() => test.connect()));
    before.forEach((socket, i) => {
      socket.write(`${hosts[i]} seq=1\n`);
    });
    await until(() => outlet.handed.length === 60);
    const busyUntilMs = performance.now() + 300;
    const after = await Promise.all(hosts.map(() => test.connect()));
    after.forEach((socket, i) => {
      socket.write(`${hosts[i]} seq=2\n`);
    });
    for (const socket of before) socket.end();
    while (performance.now() < busyUntilMs);
    await until(() => outlet.endings().length === 60);
    const firstEnding = outlet.handed.findIndex(({ what }) => what === 'closed');
    expect(outlet.handed.slice(0, firstEnding).filter(({ text }) => text.endsWith('seq=2')).length).toBe(60);
  });

  test('E144: a message that was not whole at the end is dropped and counted', async () => {
    const { test, outlet, listener } = await listening();
    const socket = await test.connect();
    socket.end('web-01\nweb-0');
    await until(() => outlet.endings().length === 1);
    expect(outlet.texts()).toEqual(['web-01']);
    expect([listener.read(), listener.rejected()]).toEqual([1, { bad_length: 0, too_short: 1 }]);
  });
});

describe('whose connection is open', () => {
  const carries = (test: TestListener, host: string): boolean => {
    const id = hostIdHex(host);
    return test.listener.carries(Number.parseInt(id.slice(0, 8), 16), Number.parseInt(id.slice(8), 16));
  };

  test('E159: is known of hosts that have one alone, until it is over', async () => {
    const { test, outlet, listener } = await listening();
    const [one, another, relay] = [await test.connect(), await test.connect(), await test.connect()];
    one.write('web-01\nweb-01\n');
    another.write('web-01\n');
    relay.write('web-02\n');
    await until(() => outlet.handed.length === 4);
    expect(['web-01', 'web-02', 'web-03'].map((host) => carries(test, host))).toEqual([true, true, false]);
    relay.write('web-03\nweb-02\n');
    one.end();
    await until(() => outlet.handed.length === 7 && listener.health().connections === 2);
    expect(['web-01', 'web-02', 'web-03'].map((host) => carries(test, host))).toEqual([true, false, false]);
    another.resetAndDestroy();
    relay.end();
    await until(() => listener.health().connections === 0);
    expect(['web-01', 'web-02', 'web-03'].some((host) => carries(test, host))).toBe(false);
  });
});

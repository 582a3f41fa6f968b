import { afterEach, describe, expect, test } from 'vitest';
import { MAX_TEXT_BYTES } from '../../../lib/protocol/heartbeat.ts';
import { closed, framed, TestListener, until } from '../testing/recording-outlet.ts';
import { beatBytes, joined } from '../testing/shard-probe.ts';
import { ConnectionCounts, TCP_LIMITS } from './tcp-limits.ts';

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

/** All that has arrived by now has been handed on. */
async function drained(test: TestListener): Promise<void> {
  const nowMs = test.outlet.drained.at(-1)?.atMs ?? 0;
  // Two further instants: the first may have been taken before what the caller did.
  await until(() => test.outlet.drained.filter(({ atMs }) => atMs > nowMs).length >= 3, 'a later horizon');
}

describe('limits', () => {
  test('E145: lines and frames that are too long end their connection and are counted', async () => {
    const { test, outlet, listener } = await listening();
    const [line, frame] = [await test.connect(), await test.connect()];
    line.write(`web-01\n${'x'.repeat(MAX_TEXT_BYTES + 1)}\nweb-02\n`);
    frame.write(
      Buffer.concat([framed(beatBytes('web-03')), Buffer.from([0x20, 0x00]), framed(beatBytes('web-04'))]),
    );
    await Promise.all([closed(line), closed(frame)]);
    expect(outlet.texts().sort()).toEqual([hex(beatBytes('web-03')), 'web-01'].sort());
    expect(listener.health().oversized).toBe(2);
    expect([listener.read(), listener.rejected()]).toEqual([2, { bad_length: 2, too_short: 0 }]);
  });

  test('E146: a message that trickles in, and a connection that says nothing, are ended and counted', async () => {
    const { test, outlet, listener } = await listening({ limits: { messageWithinMs: 300 } });
    const [silent, trickling, second, living] = [
      await test.connect(),
      await test.connect(),
      await test.connect(),
      await test.connect(),
    ];
    second.write('web-02\n');
    const timer = setInterval(() => {
      trickling.write('x');
      second.write('y');
      living.write('web-03\n');
    }, 40);
    await Promise.all([closed(silent), closed(trickling), closed(second)]);
    clearInterval(timer);
    expect(listener.health()).toMatchObject({ connections: 1, slow: 3, idle: 0 });
    expect(listener.rejected()).toEqual({ bad_length: 0, too_short: 2 });
    expect(outlet.endings()).toEqual([]);
    expect(living.closed).toBe(false);
  });

  test('E147: a connection is ended when its host has been silent for its timeout and an interval', async () => {
    const { test, outlet, listener } = await listening({ timeoutMs: 400, limits: { idleAtLeastMs: 0 } });
    const socket = await test.connect();
    socket.write('web-01 interval=200ms\n');
    await until(() => outlet.handed.length === 1);
    await closed(socket);
    expect(performance.now() - outlet.handed[0]!.atMs).toBeGreaterThanOrEqual(590);
    expect(listener.health()).toMatchObject({ connections: 0, idle: 1, slow: 0 });
    expect(outlet.endings()).toEqual([]);
  });

  test('E147: the interval that counts is the last one announced', async () => {
    const { test, outlet, listener } = await listening({ timeoutMs: 100, limits: { idleAtLeastMs: 0 } });
    const socket = await test.connect();
    socket.write('web-01 interval=600s\nweb-01 interval=200ms\n');
    await until(() => outlet.handed.length === 2);
    await closed(socket);
    expect(listener.health()).toMatchObject({ connections: 0, idle: 1 });
  });

  test('E147: nobody is ended for what lies unread while we do not come round to it', async () => {
    const { test, outlet, listener } = await listening({
      timeoutMs: 200,
      limits: { idleAtLeastMs: 0, messageWithinMs: 300 },
    });
    const [beating, finishing] = [await test.connect(), await test.connect()];
    beating.write('web-01 interval=10ms\n');
    finishing.write('web-0');
    await drained(test);
    beating.write('web-01 interval=10ms\n');
    finishing.write('2 interval=10ms\n');
    const busyUntilMs = performance.now() + 700;
    while (performance.now() < busyUntilMs);
    await until(() => outlet.handed.length === 3);
    expect(listener.health()).toMatchObject({ connections: 2, idle: 0, slow: 0 });
  });

  test('E148: more connections than the limits allow are ended at once and counted; those open go on', async () => {
    const { test, outlet, listener } = await listening({
      limits: { connections: 5, perLoopback: 3 },
    });
    const three = [await test.connect(), await test.connect(), await test.connect()];
    await closed(await test.connect());
    expect(listener.health()).toMatchObject({ connections: 3, refused: 1 });
    const other = [await test.connect('127.0.0.2'), await test.connect('127.0.0.2')];
    await closed(await test.connect('127.0.0.2'));
    await closed(await test.connect('127.0.0.3'));
    expect(listener.health()).toMatchObject({ connections: 5, refused: 3 });
    [...three, ...other].forEach((socket, i) => {
      socket.write(`web-0${i}\n`);
    });
    await until(() => outlet.texts().length === 5);
    three[0]!.end();
    await until(() => listener.health().connections === 4);
    const next = await test.connect();
    next.write('web-09\n');
    await until(() => outlet.texts().includes('web-09'));
  });

  test('E148: the addresses of one IPv6 /64 count as one, those of IPv4 each', () => {
    const counts = new ConnectionCounts({ ...TCP_LIMITS, perAddress: 2 });
    const take = (...addresses: string[]): boolean[] => addresses.map((address) => counts.take(address));
    expect(take('2001:db8:0:1::1', '2001:db8:0:1:a:b:c:d', '2001:db8:0:1::9', '2001:db8::1:9')).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(take('2001:db8::', '2001:db8:0:0:8::', '::ffff:192.0.2.1', '::ffff:192.0.2.2', '::1')).toEqual([
      true,
      false,
      true,
      true,
      true,
    ]);
    expect(take('192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2')).toEqual([true, true, false, true]);
    counts.release('2001:db8:0:1:a:b:c:d');
    expect(take('2001:db8:0:1:ffff::', '2001:db8:0:1::')).toEqual([true, false]);
  });

  test('E148: a connection that begins with anything but a heartbeat is ended: no web page can post one', async () => {
    const { test, outlet, listener } = await listening();
    const socket = await test.connect();
    socket.write('POST / HTTP/1.1\r\nHost: 127.0.0.1:9990\r\nContent-Length: 13\r\n\r\nweb-01 bye=1\n');
    await closed(socket);
    expect(outlet.texts()).toEqual(['POST / HTTP/1.1']);
    expect(listener.health()).toMatchObject({ connections: 0, oversized: 0, slow: 0, idle: 0 });
  });

  test('E158: 64 messages in a row that are no heartbeats end their connection, fewer do not', async () => {
    const { test, outlet, listener } = await listening();
    const [garbage, relay] = [await test.connect(), await test.connect()];
    relay.write(`web-02\n${`${'!\n'.repeat(63)}web-02\n`.repeat(3)}`);
    await until(() => outlet.handed.length === 1 + 3 * 64);
    garbage.write(`web-01\n${'?\n'.repeat(1_000)}`);
    await closed(garbage);
    expect(outlet.texts().filter((text) => text === '?').length).toBe(64);
    expect(listener.health()).toEqual({ connections: 1, refused: 0, oversized: 0, slow: 0, idle: 0 });
    expect(outlet.endings()).toEqual([]);
  });
});

describe('when the shards do not keep up', () => {
  test('E149: nothing is lost or out of order, and an end waits for what came before it', async () => {
    const { test, outlet, listener } = await listening();
    outlet.room = 0;
    const sockets = [await test.connect(), await test.connect(), await test.connect()];
    const lines = (i: number): string[] => Array.from({ length: 2_000 }, (_, n) => `web-0${i} seq=${n + 1}`);
    sockets.forEach((socket, i) => {
      socket.end(
        lines(i)
          .map((line) => `${line}\n`)
          .join(''),
      );
    });
    await until(() => outlet.refusals > 20);
    const refusedAt = outlet.drained.at(-1)?.atMs ?? 0;
    // No instant after the refusal may be called drained while it waits.
    const refusals = outlet.refusals;
    await until(() => outlet.refusals > refusals + 50);
    expect(outlet.drained.at(-1)?.atMs ?? 0).toBe(refusedAt);
    expect(outlet.endings()).toEqual([]);
    for (let i = 0; i < 40; i++) {
      outlet.room = 100;
      await until(() => outlet.room === 0);
    }
    outlet.room = Number.POSITIVE_INFINITY;
    await until(() => outlet.endings().length === 3);
    const bySocket = (i: number): string[] => outlet.texts().filter((text) => text.startsWith(`web-0${i}`));
    for (const i of [0, 1, 2]) expect(bySocket(i)).toEqual(lines(i));
    const lastOf = (connection: number): string =>
      outlet.handed.findLast((each) => each.connection === connection)!.what;
    for (const { connection } of outlet.endings()) expect(lastOf(connection)).toBe('closed');
    await until(() => listener.health().connections === 0);
  });

  test('E149: a connection that is ended while it waits gives its place back', async () => {
    const { test, outlet, listener } = await listening();
    outlet.room = 0;
    const socket = await test.connect();
    socket.write('web-01\n');
    await until(() => outlet.refusals > 0);
    socket.resetAndDestroy();
    outlet.room = Number.POSITIVE_INFINITY;
    await until(() => listener.health().connections === 0);
    expect(outlet.texts()).toEqual(['web-01']);
    expect(outlet.endings().map(({ what }) => what)).toEqual(['reset']);
  });

  test('E150: whoever sends without end does not keep the others from being heard', async () => {
    const { test, outlet } = await listening();
    const flood = await test.connect();
    outlet.ignored = joined(...Array.from({ length: 46 }, (_, i) => beatBytes('web-01', { seq: i + 1 })));
    const block = Buffer.concat(Array.from({ length: 100 }, () => framed(outlet.ignored!)));
    let flooding = true;
    const pour = (): void => {
      while (flooding && flood.write(block));
      if (flooding) flood.once('drain', pour);
    };
    pour();
    const quiet = await test.connect();
    let longestMs = 0;
    for (let i = 1; i <= 20; i++) {
      const fromMs = performance.now();
      quiet.write(`web-02 seq=${i}\n`);
      await until(() => outlet.handed.length === i);
      longestMs = Math.max(longestMs, performance.now() - fromMs);
    }
    // And the horizon moves on behind what the flood had sent by then.
    const horizonMs = Date.now();
    await until(() => (outlet.drained.at(-1)?.atMs ?? 0) > horizonMs, 'a horizon within the flood');
    flooding = false;
    flood.destroy();
    expect(outlet.ignoredCount).toBeGreaterThan(100);
    expect(longestMs).toBeLessThan(2_000);
  });
});

describe('the horizon', () => {
  test('E151: moves while there are connections, each instant after all that had arrived by then', async () => {
    const { test, outlet } = await listening();
    const sockets = await Promise.all(Array.from({ length: 40 }, () => test.connect()));
    await drained(test);
    const count = outlet.drained.length;
    for (let round = 1; round <= 10; round++) {
      sockets.forEach((socket, i) => {
        socket.write(`web-${i} seq=${round}\n`);
      });
      const writtenMs = Date.now();
      const busyUntilMs = performance.now() + 50;
      while (performance.now() < busyUntilMs);
      await until(() => outlet.drained.at(-1)!.atMs > writtenMs + 60);
      const first = outlet.drained.find(({ atMs }) => atMs > writtenMs + 25)!;
      expect(first.after).toBeGreaterThanOrEqual(40 * round);
    }
    expect(outlet.drained.length).toBeGreaterThan(count + 10);
    const instants = outlet.drained.map(({ atMs }) => atMs);
    expect(instants).toEqual([...instants].sort((a, b) => a - b));
  });

  test('E151: floods do not hold it back, and what others sent is still handed on before it', async () => {
    const { test, outlet } = await listening();
    outlet.ignored = Buffer.from('a');
    const block = 'a\n'.repeat(32 * 1024);
    const floods = await Promise.all(Array.from({ length: 4 }, () => test.connect()));
    let flooding = true;
    for (const flood of floods) {
      const pour = (): void => {
        // Always more than is taken, and this process has other things to do.
        while (flooding && flood.writableLength < 4 * block.length && !flood.destroyed) flood.write(block);
        if (flooding) flood.once('drain', pour);
      };
      pour();
    }
    const quiet = await test.connect();
    const horizonMs = (): number => outlet.drained.at(-1)?.atMs ?? 0;
    const startMs = Date.now();
    await until(() => horizonMs() > startMs, 'a horizon within the flood');
    let mostBehindMs = Date.now() - startMs;
    for (let i = 1; i <= 10; i++) {
      const writtenMs = Date.now();
      quiet.write(`web-02 seq=${i}\n`);
      await until(() => horizonMs() > writtenMs + 50, 'a later horizon');
      mostBehindMs = Math.max(mostBehindMs, Date.now() - horizonMs());
      const { after } = outlet.drained.find(({ atMs }) => atMs > writtenMs + 50)!;
      expect(after).toBeGreaterThanOrEqual(i);
    }
    flooding = false;
    for (const flood of floods) flood.destroy();
    expect(outlet.ignoredCount).toBeGreaterThan(10_000);
    expect(mostBehindMs, 'ms behind').toBeLessThan(3_000);
  });

  test('E151: holds nothing up some time after the last connection, and again when there is one', async () => {
    const { test, outlet } = await listening({ limits: { lingerMs: 100 } });
    expect(outlet.drained.at(-1)?.atMs ?? 0).not.toBe(Number.POSITIVE_INFINITY);
    await until(() => outlet.drained.at(-1)?.atMs === Number.POSITIVE_INFINITY);
    const socket = await test.connect();
    socket.write('web-01\n');
    await until(() => outlet.drained.at(-1)!.atMs < Number.POSITIVE_INFINITY);
    socket.end();
    await until(() => outlet.drained.at(-1)!.atMs === Number.POSITIVE_INFINITY);
    const count = outlet.drained.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    // Nobody is connected: the loop sleeps.
    expect(outlet.drained.length).toBe(count);
  });
});

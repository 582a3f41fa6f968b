import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { closed, TestListener, until } from '../engine/testing/recording-outlet.ts';
import { beatBytes } from '../engine/testing/shard-probe.ts';
import { hostIdHex } from '../host-id.ts';
import { TcpLink, type TcpLinkOptions } from './tcp-link.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function linked(port: number, changed: Partial<TcpLinkOptions> = {}) {
  const said: string[] = [];
  let errors = 0;
  const link = new TcpLink({
    server: { host: '127.0.0.1', port },
    quietMs: 200,
    say: (line) => said.push(line),
    onError: () => errors++,
    ...changed,
  });
  cleanups.push(() => link.close());
  return { link, said, errors: () => errors };
}

async function listening(host?: string): Promise<TestListener> {
  const listener = await TestListener.open({ host });
  cleanups.push(() => listener.close());
  return listener;
}

/** A server that takes connections and reads nothing unless told to. */
async function accepting(
  onConnection: (socket: Socket) => void,
  port = 0,
): Promise<Server & { port: number }> {
  const server = createServer(onConnection);
  server.listen(port, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  cleanups.push(() => server.close());
  return Object.assign(server, { port: (server.address() as { port: number }).port });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const beat = (seq: number): Uint8Array => beatBytes('web-01', { seq });
const seqs = (listener: TestListener): number[] =>
  listener.outlet.texts().map((text) => Buffer.from(text, 'hex').readUInt32LE(20));

/** Sends beats from `first` on every 10 ms until stopped; gives the seq of the next. */
function beating(link: TcpLink, first = 1): { stop(): number } {
  let seq = first;
  const timer = setInterval(() => {
    if (link.send(beat(seq))) seq++;
  }, 10);
  const stop = (): number => {
    clearInterval(timer);
    return seq;
  };
  cleanups.push(stop);
  return { stop };
}

describe('tcp link', () => {
  test('G86: connects with the first heartbeat, which goes at once, each behind its length', async () => {
    const listener = await listening();
    const { link, said } = linked(listener.port);
    await link.start();
    expect(link.ready).toBe(true);
    expect(link.send(beat(1))).toBe(true);
    await until(() => listener.outlet.handed.length === 1);
    for (const seq of [2, 3, 4]) expect(link.send(beat(seq))).toBe(true);
    await until(() => listener.outlet.handed.length === 4);
    expect(listener.outlet.texts()).toEqual([1, 2, 3, 4].map((seq) => hex(beat(seq))));
    expect(listener.listener.health().connections).toBe(1);
    expect(said).toEqual([]);
  });

  test('G86: over IPv6 too', async () => {
    const listener = await listening('::1');
    const { link } = linked(listener.port, { server: { host: '::1', port: listener.port } });
    link.send(beat(1));
    await until(() => listener.outlet.handed.length === 1);
  });

  test('G87: after a failure it waits longer and longer, says it once, and asks for a hello', async () => {
    const taken = await accepting(() => {});
    const { port } = taken;
    await new Promise((resolve) => taken.close(resolve));
    const { link, said, errors } = linked(port, { quietMs: 100 });
    const tries: number[] = [];
    const startMs = performance.now();
    while (errors() < 4) {
      const before = errors();
      expect(link.send(beat(1))).toBe(true);
      await until(() => errors() > before);
      tries.push(performance.now() - startMs);
      expect(link.ready).toBe(false);
      expect(link.send(beat(2))).toBe(false);
      await until(() => link.ready);
    }
    const waits = tries.slice(1).map((at, i) => at - tries[i]!);
    // 125 to 250, 250 to 500, 500 to 1,000 ms and what a busy machine adds.
    expect(waits[0]!).toBeGreaterThanOrEqual(120);
    expect(waits[1]!).toBeGreaterThanOrEqual(240);
    expect(waits[2]!).toBeGreaterThanOrEqual(490);
    expect(said).toEqual([
      `cannot send to 127.0.0.1:${port}: nothing is listening there (ECONNREFUSED); going on trying`,
    ]);
    const received: Buffer[] = [];
    await accepting((socket) => socket.on('data', (chunk) => received.push(chunk)), port);
    const { stop } = beating(link);
    await until(() => said.length === 2);
    stop();
    expect(said[1]).toBe(`sending to 127.0.0.1:${port} works again`);
    expect(received.length).toBeGreaterThan(0);
  });

  test('G87: a server that ends every connection at once is not run at', async () => {
    let connections = 0;
    const server = await accepting((socket) => {
      connections++;
      socket.resume();
      socket.end();
    });
    const { link, said } = linked(server.port, { quietMs: 5_000 });
    beating(link);
    await until(() => connections >= 3);
    const startMs = performance.now();
    const before = connections;
    await until(() => connections >= before + 2);
    // The fourth and fifth try: a second at least between them.
    expect(performance.now() - startMs).toBeGreaterThan(1_000);
    expect(said).toEqual([
      `cannot send to 127.0.0.1:${server.port}: it ended the connection (EOF); going on trying`,
    ]);
  });

  test('G88: of what comes due while there is no connection only the newest is held', async () => {
    const listener = await listening();
    let resolved = (_: readonly string[]): void => {};
    const { link } = linked(listener.port, {
      server: { host: 'pulse.test', port: listener.port },
      resolve: () => new Promise((resolve) => (resolved = resolve)),
    });
    for (const seq of [1, 2, 3, 4]) expect(link.send(beat(seq))).toBe(true);
    resolved(['127.0.0.1']);
    await until(() => listener.outlet.handed.length === 1);
    link.send(beat(5));
    await until(() => listener.outlet.handed.length === 2);
    expect(seqs(listener)).toEqual([4, 5]);
  });

  test('G88: nothing piles up behind a server that does not read', async () => {
    const sockets: Socket[] = [];
    const server = await accepting((socket) => {
      socket.pause();
      sockets.push(socket);
    });
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
    });
    const { link } = linked(server.port);
    link.send(beat(1));
    await until(() => sockets.length === 1);
    const big = new Uint8Array(8_000);
    let refused = 0;
    let sent = 0;
    while (refused < 100) {
      if (link.send(big)) sent++;
      else refused++;
      if (sent % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    // What the kernel takes, and one more.
    expect(sent * big.length).toBeLessThan(64 << 20);
  });

  test('G89: now and again a new connection takes over, and the one before is ended when it has: nobody is down', async () => {
    const listener = await listening();
    const { link, said } = linked(listener.port, { renewAfterMs: 80, overlapMs: 60 });
    const { stop } = beating(link);
    await until(() => listener.outlet.endings().length >= 3);
    const next = stop();
    await until(() => listener.outlet.texts().length === next - 1);
    expect(seqs(listener)).toEqual(Array.from({ length: next - 1 }, (_, i) => i + 1));
    const { handed } = listener.outlet;
    for (const ending of listener.outlet.endings()) {
      // At its end the newest heartbeat of the host had come by another connection.
      const newest = handed.slice(0, handed.indexOf(ending)).findLast(({ what }) => what === 'heartbeat')!;
      expect(newest.connection).not.toBe(ending.connection);
      expect(ending).toMatchObject({ what: 'closed', text: hostIdHex('web-01') });
    }
    expect(said).toEqual([]);
  });

  test('G89: a new connection that cannot be made leaves the one before in use', async () => {
    const listener = await listening();
    const address = '127.0.0.1';
    let lookups = 0;
    const { link, said, errors } = linked(listener.port, {
      server: { host: 'pulse.test', port: listener.port },
      renewAfterMs: 50,
      overlapMs: 10,
      resolve: async () => {
        if (++lookups > 1) throw Object.assign(new Error('no answer'), { code: 'EAI_AGAIN' });
        return [address];
      },
    });
    const { stop } = beating(link);
    await until(() => errors() >= 2);
    const reached = seqs(listener).length;
    await until(() => seqs(listener).length > reached + 5);
    const next = stop();
    await until(() => seqs(listener).length === next - 1);
    expect(seqs(listener)).toEqual(Array.from({ length: next - 1 }, (_, i) => i + 1));
    expect(said[0]).toBe(
      `cannot send to pulse.test:${listener.port} (127.0.0.1): the name service does not answer (EAI_AGAIN); going on trying`,
    );
  });

  test('G89: follows the name to its new address, and says so', async () => {
    const before = await listening('127.0.0.1');
    const received: Socket[] = [];
    const other = createServer((socket) => received.push(socket.resume()));
    other.listen(before.port, '127.0.0.2');
    await new Promise((resolve) => other.once('listening', resolve));
    cleanups.push(() => {
      for (const socket of received) socket.destroy();
      other.close();
    });
    let address = '127.0.0.1';
    const { link, said } = linked(before.port, {
      server: { host: 'pulse.test', port: before.port },
      renewAfterMs: 50,
      resolve: async () => [address],
    });
    beating(link);
    await until(() => before.outlet.handed.length > 2);
    address = '127.0.0.2';
    await until(() => received.length > 0);
    expect(said).toEqual(['pulse.test is at 127.0.0.2 now, no longer at 127.0.0.1']);
  });

  test('G90: the last heartbeat is handed to the kernel before the end', async () => {
    const listener = await listening();
    const { link } = linked(listener.port);
    link.send(beat(1));
    await until(() => listener.outlet.handed.length === 1);
    await link.sendLast(beat(2), 5_000);
    await until(() => listener.outlet.endings().length === 1);
    expect(listener.outlet.handed.map(({ what }) => what)).toEqual(['heartbeat', 'heartbeat', 'closed']);
    expect(link.send(beat(3))).toBe(false);
  });

  test('G90: the last heartbeat of one that never connected ends it within its time', async () => {
    const { link } = linked(1, {
      server: { host: 'pulse.test', port: 1 },
      resolve: () => new Promise(() => {}),
    });
    link.send(beat(1));
    const startMs = performance.now();
    await link.sendLast(beat(2), 100);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  test('G90: closing ends every connection it still has', async () => {
    const sockets: Socket[] = [];
    const server = await accepting((socket) => sockets.push(socket.resume()));
    const { link } = linked(server.port, { renewAfterMs: 30, overlapMs: 60_000 });
    const { stop } = beating(link);
    await until(() => sockets.length >= 3);
    stop();
    link.close();
    await Promise.all(sockets.map(closed));
  });
});

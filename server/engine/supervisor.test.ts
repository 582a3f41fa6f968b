import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { clockFrom, clockOrigin } from '../clock.ts';
import { hostIdHex } from '../host-id.ts';
import { type Engine, type EngineOptions, type ShardBatch, startEngine, TransitionKind } from './index.ts';
import { ENGINE_MODES, RECEIVER_MODES, shardOf } from './testing/engine-modes.ts';
import { type BeatFields, beatBytes, joined } from './testing/shard-probe.ts';

const engines: Engine[] = [];
const batches: ShardBatch[] = [];
const waits = new Set<() => void>();

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  batches.length = 0;
});

async function start(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await startEngine({
    addresses: [
      { host: '127.0.0.1', port: 0 },
      { host: '::1', port: 0 },
    ],
    shards: 1,
    maxHosts: 20_000,
    misses: 5,
    minTimeoutMs: 500,
    maxTimeoutMs: 3_600_000,
    clockOrigin: clockOrigin(),
    receiver: 'auto',
    onBatch: (batch) => {
      batches.push(batch);
      for (const wait of waits) wait();
    },
    onFault: (error) => {
      throw error;
    },
    ...options,
  });
  engines.push(engine);
  return engine;
}

/** Waits until what has come so far satisfies `enough`. */
async function until(enough: () => boolean): Promise<void> {
  while (!enough()) {
    await new Promise<void>((resolve) => {
      const wait = (): void => {
        waits.delete(wait);
        resolve();
      };
      waits.add(wait);
    });
  }
}

async function send(address: { host: string; port: number }, ...datagrams: Uint8Array[]): Promise<void> {
  const socket = createSocket(address.host.includes(':') ? 'udp6' : 'udp4');
  for (const bytes of datagrams) {
    await new Promise<void>((resolve, reject) => {
      socket.send(bytes, address.port, address.host, (error) => (error ? reject(error) : resolve()));
    });
  }
  socket.close();
}

/** A beat from long ago for the real clock these tests run on. */
const beat = (host: string, fields: BeatFields = {}): Uint8Array =>
  beatBytes(host, { incarnation: 1_000, ...fields });
const text = (line: string): Uint8Array => new TextEncoder().encode(line);
const named = (name: string): { shard: number; row: number } => {
  for (const { shard, described: hosts } of batches) {
    for (const host of hosts) if (host.name === name) return { shard, row: host.row };
  }
  throw new Error(`${name} was not described`);
};
const kinds = (): number[] => batches.flatMap(({ transitions }) => [...transitions.kinds]);
const described = (): string[] => batches.flatMap((batch) => batch.described.map(({ name }) => name ?? '?'));

describe.each(ENGINE_MODES)('sockets, $receiver with $shards', (mode) => {
  test('E47: IPv4 and IPv6 on one port, a host up by either, late and down by silence', async () => {
    const engine = await start(mode);
    expect(engine).toMatchObject(mode);
    expect(engine.receiveBufferBytes).toBeGreaterThanOrEqual(200_000);
    const [ipv4, ipv6] = engine.addresses;
    expect(ipv4!.port).toBe(ipv6!.port);
    await send(ipv4!, text('four interval=100ms rack=r1'));
    await send(ipv6!, text('six interval=100ms'));
    await until(() => kinds().filter((kind) => kind === TransitionKind.down).length === 2);
    expect(kinds().sort()).toEqual([2, 2, 3, 3, 4, 4]);
    expect(described().sort()).toEqual(['four', 'six']);
    expect(batches.flatMap(({ sources }) => sources.map(([, address]) => address)).sort()).toEqual([
      '127.0.0.1',
      '::1',
    ]);
    for (const { transitions } of batches) {
      for (let i = 0; i < transitions.length; i++) {
        if (transitions.kinds[i] !== TransitionKind.down) continue;
        const silentMs = transitions.atMs[i]! - transitions.lastSeenAtMs[i]!;
        expect(silentMs).toBeGreaterThanOrEqual(500);
      }
    }
    const { shard, row } = named('four');
    expect(shard).toBe(shardOf('four', mode.shards));
    expect(engine.read(shard, row)).toMatchObject({
      intervalMs: 100,
      timeoutMs: 500,
      heardAgain: false,
      state: 4,
    });
    expect(() => engine.read(0, 1e9)).toThrow(RangeError);
    expect(() => engine.read(mode.shards, 0)).toThrow(RangeError);
  });

  test('E47: a port in use rejects as Node says it and leaves no socket open', async () => {
    const holder = createSocket('udp4');
    holder.bind(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address();
    const addresses = [
      { host: '::1', port },
      { host: '127.0.0.1', port },
    ];
    await expect(start({ ...mode, addresses })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      address: '127.0.0.1',
      port,
    });
    const again = createSocket({ type: 'udp6', ipv6Only: true });
    again.bind(port, '::1');
    await once(again, 'listening');
    again.close();
    holder.close();
    await expect(start({ ...mode, addresses: [{ host: '203.0.113.9', port: 0 }] })).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
    });
  });

  test('E48: nobody else moves the horizon: a forged marker is a bad datagram', async () => {
    const engine = await start(mode);
    const forged = new Uint8Array(25);
    new DataView(forged.buffer).setFloat64(17, 9e15, true);
    await send(engine.addresses[0]!, text('a interval=100ms'), forged, forged);
    await until(() => kinds().includes(TransitionKind.late));
    const stats = engine.ingest();
    // Many markers have been read by now; none of them counts.
    expect(stats).toMatchObject({ read: 3, accepted: 1 });
    expect(stats.rejected.bad_magic).toBe(2);
    await until(() => kinds().includes(TransitionKind.down));
  });

  test('E49: messages of others between the threads are ignored', async () => {
    const engine = await start(mode);
    engine.remove(0, 12_345);
    await send(engine.addresses[0]!, text('a'));
    await until(() => described().includes('a'));
    const { isMarked, MARK } = await import('./shard-messages.ts');
    for (const foreign of [null, 'x', 7, {}, { 'watch:import': ['file:///x.ts'] }, { mark: 'other' }]) {
      expect(isMarked(foreign)).toBe(false);
    }
    expect(isMarked({ mark: MARK, type: 'stop' })).toBe(true);
  });
});

test('E47: what cannot be is refused before anything is opened', async () => {
  await expect(start({ addresses: [] })).rejects.toThrow(/addresses is empty/);
  await expect(start({ maxHosts: 0 })).rejects.toThrow(/maxHosts is 0/);
  await expect(start({ shards: 0 })).rejects.toThrow(/shards is 0/);
  await expect(start({ shards: 65 })).rejects.toThrow(/accepted: 1 to 64/);
  await expect(start({ minTimeoutMs: 9, maxTimeoutMs: 5 })).rejects.toThrow(/minTimeoutMs is 9/);
});

describe.each(RECEIVER_MODES)('batches, $receiver', (mode) => {
  test('E46: the first news comes at once, then by ticks; none is larger than 4,096', async () => {
    const engine = await start(mode);
    const address = engine.addresses[0]!;
    await send(address, text('first'));
    await until(() => batches.length > 0);
    expect(batches[0]!.described).toHaveLength(1);
    const hosts = 6_900;
    const bundles = Array.from({ length: hosts / 46 }, (_, b) =>
      joined(...Array.from({ length: 46 }, (_, i) => beat(`h${b * 46 + i}`, { intervalMs: 100 }))),
    );
    await send(address, ...bundles);
    const downs = (): number => kinds().filter((kind) => kind === TransitionKind.down).length;
    await until(() => downs() === hosts);
    const known = new Set<number>();
    for (const batch of batches) {
      expect(batch.transitions.length).toBeLessThanOrEqual(4_096);
      expect(batch.described.length).toBeLessThanOrEqual(4_096);
      for (const { row } of batch.described) known.add(row);
      for (const row of batch.transitions.rows) expect(known.has(row)).toBe(true);
    }
    // Far fewer batches than datagrams: news in between waits for the tick.
    expect(batches.length).toBeLessThan(100);
    expect(
      new Set(batches.flatMap((batch) => batch.described.map(({ hostId }) => hostId))).has(
        hostIdHex('h6899'),
      ),
    ).toBe(true);
  });

  test('E18: a host removed by main comes back as a new one, in another row', async () => {
    const engine = await start(mode);
    await send(engine.addresses[0]!, text('a'));
    await until(() => described().length === 1);
    const first = batches[0]!.described[0]!.row;
    engine.remove(0, first);
    await expect.poll(() => engine.read(0, first).state).toBe(0);
    await send(engine.addresses[0]!, text('b'), text('a'));
    await until(() => described().length === 3);
    expect(described()).toEqual(['a', 'b', 'a']);
    expect(batches.at(-1)!.described.at(-1)!.row).not.toBe(first);
  });
});

describe.each(ENGINE_MODES)('counters, $receiver with $shards', (mode) => {
  test('E50: a reading is of one moment, and after a stop it is complete', async () => {
    const origin = clockOrigin();
    const clock = clockFrom(origin);
    const engine = await start({ ...mode, clockOrigin: origin });
    const address = engine.addresses[0]!;
    const startedAtMs = clock();
    await send(address, text('a'), text('!'), text('b interval=0s'), beat('c'), beat('c'));
    const socket = createSocket('udp4');
    for (let i = 0; i < 400; i++) {
      socket.send(beat('d', { seq: i + 1 }), address.port, address.host);
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      const { read, accepted, rejected } = engine.ingest();
      expect(accepted + Object.values(rejected).reduce((sum, n) => sum + n, 0)).toBe(read);
    }
    await until(() => described().length === 3);
    // Marks the end of what is in the socket: nothing sent after it is waited for.
    await send(address, text('end'));
    await until(() => described().includes('end'));
    // Of several shards that is the end of one's socket; what it handed to another is under way.
    if (mode.shards > 1) await expect.poll(() => engine.ingest().read).toBe(406);
    socket.close();
    await engine.stop();
    await engine.stop();
    const stats = engine.ingest();
    expect(stats.read).toBe(406);
    expect(stats.rejected).toMatchObject({ bad_magic: 1, bad_interval: 1, replay: 1 });
    expect(stats.accepted).toBe(403);
    // The worker's clock is main's, up to what the scheduler did while the two were compared.
    expect(batches[0]!.transitions.atMs[0]).toBeGreaterThan(startedAtMs - 100);
    expect(batches[0]!.transitions.atMs[0]).toBeLessThan(clock() + 100);
  });
});

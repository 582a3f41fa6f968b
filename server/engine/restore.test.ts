import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { OFFSET } from '../../lib/protocol/heartbeat.ts';
import { clockFrom, clockOrigin } from '../clock.ts';
import { hostIdHex } from '../host-id.ts';
import {
  type Engine,
  type EngineOptions,
  type RestoredHost,
  type ShardBatch,
  startEngine,
  TransitionKind,
  TransitionNote,
} from './index.ts';
import { ENGINE_MODES, type EngineMode, RECEIVER_MODES, shardOf } from './testing/engine-modes.ts';
import { beatBytes, joined, restoredHosts } from './testing/shard-probe.ts';

const BUNDLE = 46;
const PACE_MS = 10;

const engines: Engine[] = [];
const sockets: Socket[] = [];
const timers: NodeJS.Timeout[] = [];
const faults: Error[] = [];
const waits = new Set<() => void>();
type Told = { shard: number; row: number; kind: number; notes: number; atMs: number; lastSeenAtMs: number };
const told: Told[] = [];
/** By shard and row. */
const names = new Map<string, string>();
const at = (shard: number, row: number): string => `${shard}/${row}`;

afterEach(async () => {
  for (const timer of timers.splice(0)) clearInterval(timer);
  for (const socket of sockets.splice(0)) socket.close();
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  told.length = 0;
  faults.length = 0;
  names.clear();
});

function onBatch({ shard, described, transitions }: ShardBatch): void {
  for (const { row, name } of described) names.set(at(shard, row), name ?? '?');
  for (let i = 0; i < transitions.length; i++) {
    told.push({
      shard,
      row: transitions.rows[i]!,
      kind: transitions.kinds[i]!,
      notes: transitions.notes[i]!,
      atMs: transitions.atMs[i]!,
      lastSeenAtMs: transitions.lastSeenAtMs[i]!,
    });
  }
  for (const wait of waits) wait();
}

const origin = clockOrigin();
const clock = clockFrom(origin);

/** Restores and remembers the names of those who have none otherwise. */
function restoreNamed(engine: Engine, hosts: Record<string, Partial<RestoredHost>>): void {
  const order = Object.keys(hosts);
  for (const [i, { shard, row }] of engine.restore(restoredHosts(hosts)).entries()) {
    names.set(at(shard, row), order[i]!);
  }
}

const nameOf = ({ shard, row }: Told): string => names.get(at(shard, row)) ?? '?';

function rowOf(name: string): [shard: number, row: number] {
  for (const [place, known] of names) {
    if (known === name) return place.split('/').map(Number) as [number, number];
  }
  throw new Error(`${name} has no row`);
}

async function start(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await startEngine({
    addresses: [{ host: '127.0.0.1', port: 0 }],
    shards: 1,
    maxHosts: 20_000,
    misses: 5,
    minTimeoutMs: 500,
    maxTimeoutMs: 3_600_000,
    clockOrigin: origin,
    receiver: 'auto',
    hold: true,
    onBatch,
    onFault: (error) => {
      faults.push(error);
      for (const wait of waits) wait();
    },
    ...options,
  });
  engines.push(engine);
  return engine;
}

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

async function connect(engine: Engine): Promise<Socket> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.connect(engine.addresses[0]!.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

const send = (socket: Socket, bytes: Uint8Array | string): Promise<void> =>
  new Promise((resolve, reject) => socket.send(bytes, (error) => (error ? reject(error) : resolve())));

/** What the kernel takes a bundle to cost in a receive buffer, about. */
const BUFFERED_BYTES = 2_304;

/**
 * Beats for hosts by number, round and round at a steady pace, but never so many at once that a buffer of
 * `burstBytes` overflows; gives the count of beats sent so far.
 */
function beatSteadily(
  socket: Socket,
  hosts: number,
  intervalMs: number,
  bundlesPerSecond: number,
  burstBytes: number,
): () => number {
  const bundles = Array.from({ length: Math.ceil(hosts / BUNDLE) }, (_, b) => {
    const size = Math.min(BUNDLE, hosts - b * BUNDLE);
    const beats = Array.from({ length: size }, (__, i) =>
      beatBytes(`host-${b * BUNDLE + i}`, { intervalMs, incarnation: 1_000 }),
    );
    return Buffer.from(joined(...beats));
  });
  const startedAtMs = performance.now();
  let sent = 0;
  let beats = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAtMs) / 1_000) * bundlesPerSecond;
    for (let i = 0; sent < due && i * BUFFERED_BYTES < burstBytes; i++, sent++) {
      const bytes = Buffer.from(bundles[sent % bundles.length]!);
      const seq = Math.floor(sent / bundles.length) + 1;
      for (let at = 0; at < bytes.length; at += 32) bytes.writeUInt32LE(seq, at + OFFSET.seq);
      socket.send(bytes);
      beats += bytes.length / 32;
    }
    for (const wait of waits) wait();
  }, PACE_MS);
  timers.push(timer);
  return () => beats;
}

/** What the kernel says of the engine's sockets: bytes waiting and datagrams dropped. Linux; else none of both. */
function kernelBuffer(engine: Engine): { queued: number; drops: number } {
  const port = engine.addresses[0]!.port.toString(16).toUpperCase().padStart(4, '0');
  const table = existsSync('/proc/net/udp') ? readFileSync('/proc/net/udp', 'utf8').split('\n') : [];
  const sockets = table
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1] === `0100007F:${port}`);
  const sum = (of: (fields: string[]) => number): number =>
    sockets.reduce((all, fields) => all + of(fields), 0);
  return {
    queued: sum((fields) => Number.parseInt(fields[4]!.split(':')[1]!, 16)),
    drops: sum((fields) => Number(fields[12])),
  };
}

const downs = (): Told[] => told.filter(({ kind }) => kind === TransitionKind.down);

/** Each receiver, one shard and two; the others in hold-stop.test.ts. */
const SOME_MODES = [ENGINE_MODES[0]!, ENGINE_MODES.at(-1)!];

describe.each(SOME_MODES)('$receiver with $shards', (mode) => {
  test(
    'E51 E53 E58: a hold: nothing is lost, no living host goes down, a dead one does at once',
    {
      timeout: 30_000,
    },
    () => beatingThroughAHold(mode),
  );
});

async function beatingThroughAHold(mode: EngineMode): Promise<void> {
  const HOSTS = 55 * BUNDLE;
  const HOLD_MS = 1_000;
  const engine = await start(mode);
  const listenedAtMs = clock();
  const socket = await connect(engine);
  // Each host within half a second.
  const sent = beatSteadily(
    socket,
    HOSTS,
    500,
    (4 * HOSTS) / BUNDLE,
    Math.min(1e6, engine.receiveBufferBytes / 4),
  );
  await until(() => clock() > listenedAtMs + HOLD_MS && sent() > 4 * HOSTS);
  // It is the worker that keeps it, not the kernel.
  await expect.poll(() => kernelBuffer(engine).queued, { interval: 1, timeout: 10_000 }).toBe(0);
  expect(engine.ingest()).toMatchObject({ read: 0, accepted: 0, blind: true });
  expect(told).toEqual([]);
  expect(() => engine.read(0, 0)).toThrow(/no rows before restore/);

  const beating = Array.from({ length: HOSTS }, (_, i) => [`host-${i}`, { intervalMs: 500 }] as const);
  restoreNamed(engine, {
    dead: { intervalMs: 500 },
    ...Object.fromEntries(beating),
    gone: { intervalMs: 500, state: 'left' },
    buried: { intervalMs: 500, state: 'down' },
    'heard-once': { intervalMs: 500, confirmed: false },
  });
  const liveAtMs = clock();
  expect(names.size).toBe(HOSTS + 4);
  expect(names.get(at(shardOf('dead', mode.shards), 0))).toBe('dead');
  await until(() => downs().length >= 2 && told.length >= HOSTS + 2);
  // They go on for longer than their timeout: whoever was not heard would be down before this one is, which has
  // the timeout of half a second more from now on.
  engine.expect({ id: hostIdHex('measure'), name: 'measure', labels: {}, intervalMs: 600 });
  await until(() => downs().map(nameOf).includes('measure'));
  const beats = sent();
  for (const timer of timers.splice(0)) clearInterval(timer);
  await expect.poll(() => kernelBuffer(engine).queued, { timeout: 10_000 }).toBe(0);
  const { drops } = kernelBuffer(engine);
  await send(socket, 'end interval=60s');
  await until(() => [...names.values()].includes('end'));

  expect(downs().map(nameOf).sort()).toEqual(['dead', 'heard-once', 'measure']);
  expect(nameOf(downs()[2]!)).toBe('measure');
  const [dead, once] = ['dead', 'heard-once'].map((name) => downs().find((one) => nameOf(one) === name)!);
  expect(dead!.notes).toBe(TransitionNote.unheard);
  expect(once!.notes).toBe(TransitionNote.unheard | TransitionNote.heardOnce);
  expect(Math.abs(dead!.lastSeenAtMs - listenedAtMs)).toBeLessThan(1_000);
  const ups = told.filter((one) => one.kind === TransitionKind.up && nameOf(one).startsWith('host-'));
  expect(new Set(ups.map(nameOf)).size).toBe(HOSTS);
  // As of when their first beat arrived, long before anybody knew them.
  for (const { atMs, lastSeenAtMs } of ups) {
    expect(atMs).toBe(lastSeenAtMs);
    expect(atMs).toBeLessThan(liveAtMs);
  }
  expect(engine.read(...rowOf('gone'))).toMatchObject({ state: 5, heard: false });
  expect(engine.read(...rowOf('buried'))).toMatchObject({ state: 4, heard: false });
  expect(engine.read(...rowOf('host-0'))).toMatchObject({ heard: true, heardAgain: true });
  await engine.stop();
  const { read, accepted, kernelDrops } = engine.ingest();
  expect(accepted).toBe(read);
  expect(kernelDrops).toBeLessThanOrEqual(drops);
  // What the kernel did not drop was judged, all of it; among what it dropped may be markers.
  expect(read).toBeLessThanOrEqual(beats + 1);
  expect(read).toBeGreaterThanOrEqual(beats + 1 - drops * BUNDLE);
  // A busy machine may drop a few; a worker that did not read would leave the kernel to drop half of them.
  expect(drops * BUNDLE).toBeLessThan(beats / 5);
}

describe.each(RECEIVER_MODES)('$receiver', (mode) => {
  test('E53: a pending host goes down its timeout after the listening, not sooner', async () => {
    const engine = await start(mode);
    const listenedAtMs = clock();
    engine.restore(restoredHosts({ dead: { intervalMs: 200 } }));
    await until(() => downs().length === 1);
    const [down] = downs();
    expect(down!.atMs - down!.lastSeenAtMs).toBeGreaterThanOrEqual(1_000);
    expect(down!.lastSeenAtMs).toBeLessThanOrEqual(listenedAtMs + 1);
  });

  test('E57 E65: all are kept; restored once, only after a hold, and never twice the same', async () => {
    const engine = await start({ ...mode, maxHosts: 2 });
    const socket = await connect(engine);
    const five = restoredHosts({ a: {}, b: {}, c: {}, d: { state: 'down' }, e: { state: 'left' } });
    expect(() => engine.restore([...five, { ...five[0]!, id: 'nonsense' }])).toThrow(
      /"nonsense" is no host id/,
    );
    expect(engine.restore(five).map(({ row }) => row)).toEqual([0, 1, 2, 3, 4]);
    expect(() => engine.restore(five)).toThrow(/restored before/);
    await send(socket, 'new');
    await send(socket, 'e');
    await until(() => told.some(({ kind, row }) => kind === TransitionKind.up && row === 4));
    expect(names.size).toBe(0);
    expect(engine.read(0, 4).heard).toBe(true);
    await engine.stop();
    expect(engine.ingest().rejected.host_limit).toBe(1);

    const plain = await start({ ...mode, hold: false });
    expect(() => plain.restore([])).toThrow(/does not hold/);

    const twice = await start(mode);
    twice.restore(restoredHosts({ a: {}, again: { id: hostIdHex('a') } }));
    await until(() => faults.length > 0);
    expect(faults[0]!.message).toMatch(/to be restored twice/);
    expect([engine, plain, twice].map(({ isRestored }) => isRestored())).toEqual([true, true, false]);
  });

  test('E62 E66: named and removed during the hold: done after it, in order', async () => {
    const engine = await start(mode);
    const socket = await connect(engine);
    await send(socket, 'c interval=10s');
    // Read, so that it is kept before the rest is asked for.
    await expect.poll(() => kernelBuffer(engine).queued).toBe(0);
    const expected = (name: string) => ({
      id: hostIdHex(name),
      name,
      labels: { rack: 'r1' },
      intervalMs: 100,
    });
    engine.expect(expected('a'));
    engine.expect(expected('b'));
    engine.expect(expected('c'));
    engine.remove(0, 0);
    expect(() => engine.expect({ ...expected('x'), name: 'no name' })).toThrow(/"no name" is no host name/);
    engine.restore(restoredHosts({ a: { intervalMs: 100 } }));
    await until(() => downs().length === 1);
    // a was known and is removed, c was heard before it was named.
    expect([...names]).toEqual([
      ['0/1', 'c'],
      ['0/2', 'b'],
    ]);
    expect(told.map(({ row, kind }) => [row, kind])).toEqual([
      [1, TransitionKind.up],
      [2, TransitionKind.pending],
      [2, TransitionKind.down],
    ]);
    expect(engine.read(0, 0).state).toBe(0);
    engine.expect(expected('late'));
    await until(() => told.some(({ row, kind }) => row === 3 && kind === TransitionKind.down));
  });

  test('E51: a hold that is stopped ends', async () => {
    const engine = await start(mode);
    const socket = await connect(engine);
    await send(socket, 'a');
    await engine.stop();
    expect(told).toEqual([]);
  });
});

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { OFFSET } from '../../lib/protocol/heartbeat.ts';
import { clockFrom, clockOrigin } from '../clock.ts';
import { hostIdHex } from '../host-id.ts';
import {
  type Engine,
  type EngineOptions,
  type ShardBatch,
  startEngine,
  TransitionKind,
  TransitionNote,
} from './index.ts';
import { beatBytes, joined, restoredHosts } from './testing/shard-probe.ts';

const BUNDLE = 46;
const PACE_MS = 10;

const engines: Engine[] = [];
const sockets: Socket[] = [];
const timers: NodeJS.Timeout[] = [];
const faults: Error[] = [];
const waits = new Set<() => void>();
type Told = { row: number; kind: number; notes: number; atMs: number; lastSeenAtMs: number };
const told: Told[] = [];
const names = new Map<number, string>();

afterEach(async () => {
  for (const timer of timers.splice(0)) clearInterval(timer);
  for (const socket of sockets.splice(0)) socket.close();
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  told.length = 0;
  faults.length = 0;
  names.clear();
});

function onBatch({ described, transitions }: ShardBatch): void {
  for (const { row, name } of described) names.set(row, name ?? '?');
  for (let i = 0; i < transitions.length; i++) {
    told.push({
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

/** What the kernel says of the engine's socket: bytes waiting and datagrams dropped. Linux; else none of both. */
function kernelBuffer(engine: Engine): { queued: number; drops: number } {
  const port = engine.addresses[0]!.port.toString(16).toUpperCase().padStart(4, '0');
  const table = existsSync('/proc/net/udp') ? readFileSync('/proc/net/udp', 'utf8').split('\n') : [];
  const socket = table
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[1] === `0100007F:${port}`);
  if (socket === undefined) return { queued: 0, drops: 0 };
  return { queued: Number.parseInt(socket[4]!.split(':')[1]!, 16), drops: Number(socket[12]) };
}

const downs = (): Told[] => told.filter(({ kind }) => kind === TransitionKind.down);

test('E51 E53 E58: a hold of 3 s: nothing is lost, no living host goes down, a dead one does at once', {
  timeout: 30_000,
}, async () => {
  const HOSTS = 109 * BUNDLE;
  const HOLD_MS = 3_000;
  const engine = await start();
  const listenedAtMs = clock();
  const socket = await connect(engine);
  // More than twice what the kernel keeps: it is the worker that reads. And each host within half a second.
  const atLeast = (2 * engine.receiveBufferBytes) / 1_472 / (HOLD_MS / 1_000);
  const perSecond = Math.max(atLeast, (4 * HOSTS) / BUNDLE);
  const sent = beatSteadily(socket, HOSTS, 500, perSecond, engine.receiveBufferBytes / 4);
  await until(() => clock() > listenedAtMs + HOLD_MS && sent() * 32 > 2 * engine.receiveBufferBytes);
  expect(engine.ingest()).toMatchObject({ read: 0, accepted: 0, blind: true });
  expect(told).toEqual([]);
  expect(() => engine.read(0, 0)).toThrow(/no rows before restore/);

  const beating = Array.from({ length: HOSTS }, (_, i) => [`host-${i}`, { intervalMs: 500 }] as const);
  const places = engine.restore(
    restoredHosts({
      dead: { intervalMs: 500 },
      ...Object.fromEntries(beating),
      gone: { intervalMs: 500, state: 'left' },
      buried: { intervalMs: 500, state: 'down' },
      'heard-once': { intervalMs: 500, confirmed: false },
    }),
  );
  const liveAtMs = clock();
  expect(places.length).toBe(HOSTS + 4);
  expect(places[HOSTS]).toEqual({ shard: 0, row: HOSTS });
  await until(() => downs().length >= 2 && told.length >= HOSTS + 2);
  // They go on for longer than their timeout: whoever was not heard would be down before this one is, which has
  // the timeout of half a second more from now on.
  engine.expect({ id: hostIdHex('measure'), name: 'measure', labels: {}, intervalMs: 600 });
  await until(() => downs().some(({ row }) => row === HOSTS + 4));
  const beats = sent();
  for (const timer of timers.splice(0)) clearInterval(timer);
  await expect.poll(() => kernelBuffer(engine).queued, { timeout: 10_000 }).toBe(0);
  const { drops } = kernelBuffer(engine);
  await send(socket, 'end interval=60s');
  await until(() => names.get(HOSTS + 5) === 'end');

  expect(
    downs()
      .map(({ row }) => row)
      .sort((a, b) => a - b),
  ).toEqual([0, HOSTS + 3, HOSTS + 4]);
  expect(downs()[2]!.row).toBe(HOSTS + 4);
  const [dead, once] = [0, HOSTS + 3].map((row) => downs().find((one) => one.row === row)!);
  expect(dead!.notes).toBe(TransitionNote.unheard);
  expect(once!.notes).toBe(TransitionNote.unheard | TransitionNote.heardOnce);
  expect(Math.abs(dead!.lastSeenAtMs - listenedAtMs)).toBeLessThan(1_000);
  const ups = told.filter(({ kind, row }) => kind === TransitionKind.up && row <= HOSTS);
  expect(new Set(ups.map(({ row }) => row)).size).toBe(HOSTS);
  // As of when their first beat arrived, long before anybody knew them.
  for (const { atMs, lastSeenAtMs } of ups) {
    expect(atMs).toBe(lastSeenAtMs);
    expect(atMs).toBeLessThan(liveAtMs);
  }
  expect(engine.read(0, HOSTS + 1)).toMatchObject({ state: 5, heard: false });
  expect(engine.read(0, HOSTS + 2)).toMatchObject({ state: 4, heard: false });
  expect(engine.read(0, 1)).toMatchObject({ heard: true, heardAgain: true });
  await engine.stop();
  const { read, accepted, kernelDrops } = engine.ingest();
  expect(accepted).toBe(read);
  expect(kernelDrops).toBe(0);
  // What the kernel did not drop was judged, all of it; among what it dropped may be markers.
  expect(read).toBeLessThanOrEqual(beats + 1);
  expect(read).toBeGreaterThanOrEqual(beats + 1 - drops * BUNDLE);
  // A busy machine may drop a few; a worker that did not read would leave the kernel to drop half of them.
  expect(drops * BUNDLE).toBeLessThan(beats / 5);
});

test('E53: a pending host goes down its timeout after the listening, not sooner', async () => {
  const engine = await start();
  const listenedAtMs = clock();
  engine.restore(restoredHosts({ dead: { intervalMs: 200 } }));
  await until(() => downs().length === 1);
  const [down] = downs();
  expect(down!.atMs - down!.lastSeenAtMs).toBeGreaterThanOrEqual(1_000);
  expect(down!.lastSeenAtMs).toBeLessThanOrEqual(listenedAtMs + 1);
});

test('E57 E65: all are kept; restored once, only after a hold, and never twice the same', async () => {
  const engine = await start({ maxHosts: 2 });
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

  const plain = await start({ hold: false });
  expect(() => plain.restore([])).toThrow(/does not hold/);

  const twice = await start();
  twice.restore(restoredHosts({ a: {}, again: { id: hostIdHex('a') } }));
  await until(() => faults.length > 0);
  expect(faults[0]!.message).toMatch(/to be restored twice/);
});

test('E62 E66: named and removed during the hold: done after it, in order', async () => {
  const engine = await start();
  const socket = await connect(engine);
  await send(socket, 'c interval=10s');
  // Read, so that it is kept before the rest is asked for.
  await expect.poll(() => kernelBuffer(engine).queued).toBe(0);
  const expected = (name: string) => ({ id: hostIdHex(name), name, labels: { rack: 'r1' }, intervalMs: 100 });
  engine.expect(expected('a'));
  engine.expect(expected('b'));
  engine.expect(expected('c'));
  engine.remove(0, 0);
  expect(() => engine.expect({ ...expected('x'), name: 'no name' })).toThrow(/"no name" is no host name/);
  engine.restore(restoredHosts({ a: { intervalMs: 100 } }));
  await until(() => downs().length === 1);
  // a was known and is removed, c was heard before it was named.
  expect([...names]).toEqual([
    [1, 'c'],
    [2, 'b'],
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
  const engine = await start();
  const socket = await connect(engine);
  await send(socket, 'a');
  await engine.stop();
  expect(told).toEqual([]);
});

import { createSocket } from 'node:dgram';
import { afterEach, expect, test } from 'vitest';
import { beatBytes, joined } from '../engine/testing/shard-probe.ts';
import { batchOf, pipelineFleet, type Step } from '../testing/pipeline-fleet.ts';
import { startTestServer, type TestServer } from '../testing/running-server.ts';

const servers: TestServer[] = [];

afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));

test('E163: a batch counts as handled when the last slice of it is, and not before those that came earlier', async () => {
  const { pipeline, live } = pipelineFleet();
  const hosts = Array.from({ length: 6_000 }, (_, row) => ({ row, name: `h${row}` }));
  const all = (kind: Step['kind'], atMs: number): Step[] => hosts.map(({ row }) => ({ row, kind, atMs }));
  const order: string[] = [];
  const counts = (): { total: number; up: number; down: number } => {
    live.publish(0);
    return live.counts();
  };
  const long = pipeline.take(batchOf(hosts, all('up', 1))).then(() => {
    order.push('long');
    return counts();
  });
  const short = pipeline.take(batchOf([], [{ row: 5_999, kind: 'down', atMs: 2 }])).then(() => {
    order.push('short');
    return counts();
  });
  await Promise.resolve();
  expect([order, counts().total < 6_000]).toEqual([[], true]);
  expect((await long).total).toBe(6_000);
  expect(await short).toMatchObject({ up: 5_999, down: 1 });
  expect(order).toEqual(['long', 'short']);
  pipeline.stop();
});

const BUNDLE = 46;
const BUNDLES = 20;
const HOSTS = BUNDLE * BUNDLES;
const ROUNDS = 60;

test('E115, E119: a server flooded with forged restarts announces who dies meanwhile, says what it merged, and ends with what is true', async () => {
  const server = await startTestServer();
  servers.push(server);
  const socket = createSocket('udp4');
  const send = (...beats: Uint8Array[]): Promise<void> =>
    new Promise((sent) => socket.send(joined(...beats), server.heartbeatPort, '127.0.0.1', () => sent()));
  const newRun = (host: number, incarnation: number): Uint8Array =>
    beatBytes(`h${host}`, { incarnation, intervalMs: 60_000 });
  const inBundle = Array.from({ length: BUNDLE }, (_, i) => i);
  // Heard twice: a host that was heard once alerts nobody.
  for (const seq of [1, 2]) await server.beat(`victim interval=200ms seq=${seq}`);
  const read = async (): Promise<number> => (await server.get('/api/health')).body.ingest.accepted;
  const before = await read();
  for (let round = 1; round <= ROUNDS; round++) {
    for (let bundle = 0; bundle < BUNDLES; bundle++)
      await send(...inBundle.map((i) => newRun(bundle * BUNDLE + i, 1_000 + round)));
    // What the kernel drops would be no flood.
    await server.until('/api/health', (body) => body.ingest.accepted >= before + (round * HOSTS) / 2);
  }
  // More than may wait of one host.
  await send(...inBundle.map((i) => newRun(0, 2_000 + i)));
  socket.close();
  const { alerts } = await server.until('/api/alerts?status=open', (body) => body.alerts.length > 0);
  expect(alerts.map(({ host }: { host: string }) => host)).toEqual(['victim']);
  await server.until('/api/health', ({ ingest }) => ingest.newsWaiting === 0 && ingest.newsMerged > 0);
  await server.until('/api/health', ({ hosts }) => hosts.up === HOSTS && hosts.down === 1);
  expect(server.faults).toEqual([]);
});

/** Four transports side by side in the browser's half, on a whole server, over real sockets. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { digestOf } from '#lib/protocol/digest.ts';
import { createComparison } from '../../lib/client/comparison/comparison.ts';
import type { Comparison, ComparisonSettings, Lane } from '../../lib/client/comparison/comparison-state.ts';
import { TRANSPORTS, type Transport } from '../../lib/client/ladder.ts';
import { newEpoch } from '../live/epoch.ts';
import { LiveLog } from '../live/live-log.ts';
import { SCRATCH_KEPT_MS, ScratchFeeds } from '../live/scratch-feeds.ts';
import { ViewerPlaces } from '../live/viewer-places.ts';
import { Viewers } from '../live/viewers.ts';
import { startTestServer, type TestServer } from '../testing/running-server.ts';
import { createLiveRoutes } from './live-routes.ts';
import { Meters } from './meters.ts';

const CHANGES_PER_SECOND = 50;
const POLL_MS = 600;
const PATIENCE_MS = 60_000;
const EMPTY = new Uint8Array(0);

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function setUp(settings: Partial<ComparisonSettings>) {
  const server = await startTestServer();
  stops.push(() => server.stop());
  const origin = `http://127.0.0.1:${server.port}`;
  const comparison = createComparison({ origin, settings });
  stops.push(() => comparison.dispose());
  const views = new Map<Transport, Uint8Array>();
  for (const transport of TRANSPORTS) {
    comparison.subscribeLane(transport, (_slots, states) => views.set(transport, states));
  }
  const digests = (): string[] => TRANSPORTS.map((transport) => digestOf(views.get(transport) ?? EMPTY));
  return { server, comparison, digests };
}

const until = (what: string, condition: () => boolean): Promise<unknown> =>
  vi.waitFor(() => expect(condition(), what).toBe(true), { timeout: 20_000, interval: 20 });
const lanes = (comparison: Comparison): readonly Lane[] => comparison.store.getState().lanes;
const laneOf = (comparison: Comparison, transport: Transport): Lane =>
  lanes(comparison).find((lane) => lane.transport === transport)!;

/** How many sets of scratch hosts there are: the server takes eight at once. */
async function scratchFeeds(server: TestServer): Promise<number> {
  const made: string[] = [];
  for (;;) {
    const { status, body } = await server.post('/api/scratch', { hosts: 1, changesPerSecond: 0 });
    if (status !== 201) break;
    made.push(body.feed);
  }
  for (const feed of made) await server.ask(`/api/scratch/${feed}`, { method: 'DELETE' });
  return 8 - made.length;
}

test('C74: four lanes on the same scratch hosts measure alike and end with the same view', {
  timeout: PATIENCE_MS,
}, async () => {
  const { server, comparison, digests } = await setUp({
    changesPerSecond: CHANGES_PER_SECOND,
    pollMs: POLL_MS,
  });
  await server.beat('web-01 interval=60s');
  await server.until('/api/health', ({ hosts }) => hosts.total === 1);
  comparison.start();
  await until('samples in every lane', () => lanes(comparison).every(({ samples }) => samples >= 150));

  const { clock } = comparison.store.getState();
  const leastMs = -clock!.plusMinusMs;
  const exported = JSON.parse(comparison.exportJson());
  for (const { latencySamples } of exported.lanes) {
    for (const { appliedMs } of latencySamples) expect(appliedMs).toBeGreaterThanOrEqual(leastMs - 0.5);
  }
  const polling = laneOf(comparison, 'polling');
  const spread = exported.lanes
    .at(-1)
    .latencySamples.map(({ appliedMs }: { appliedMs: number }) => appliedMs);
  // A change waits for the next question, whenever it comes: as often in each third of the interval.
  for (const third of [0, 1, 2]) {
    const [from, to] = [(POLL_MS * third) / 3, (POLL_MS * (third + 1)) / 3];
    const share = spread.filter((ms: number) => ms >= from && ms < to).length / spread.length;
    expect(share, `of the changes within ${from} to ${to} ms`).toBeGreaterThan(0.12);
  }
  for (const transport of ['socketio', 'sse', 'long-polling'] as const) {
    expect(laneOf(comparison, transport).applied!.p50, transport).toBeLessThan(polling.applied!.p50);
  }
  await until('what the server counted', () => lanes(comparison).every(({ updates }) => updates > 0));
  for (const lane of lanes(comparison)) {
    expect(lane, lane.transport).toMatchObject({ bar: null, gaps: 0, resyncs: 0, reconnects: 0 });
    expect(lane.bytesUp, lane.transport).toBeGreaterThan(0);
    expect(lane.bytesDown, lane.transport).toBeGreaterThan(0);
    expect(lane.wastedShare, lane.transport).toBeGreaterThanOrEqual(0);
    expect(lane.wastedShare, lane.transport).toBeLessThan(1);
    expect(lane.worstFreshnessMs, lane.transport).toBeGreaterThan(0);
  }
  expect(laneOf(comparison, 'socketio').requests).toBe(1);
  expect(laneOf(comparison, 'sse').requests).toBe(1);
  expect(laneOf(comparison, 'long-polling').requests).toBeGreaterThan(polling.requests!);

  // The slowest that is not none: the views meet in the second without a change.
  comparison.configure({ changesPerSecond: 1 });
  await until('the same view in all lanes', () => new Set(digests()).size === 1);
  expect(digests()[0]).not.toBe(digestOf(EMPTY));

  comparison.dispose();
  await vi.waitFor(async () => expect(await scratchFeeds(server)).toBe(0), { timeout: 8_000, interval: 50 });
  const { body } = await server.get('/api/health');
  expect(body.hosts).toMatchObject({ total: 1, up: 1, down: 0 });
  expect(body.transitions.down).toBe(0);
  expect((await server.get('/api/alerts')).body.alerts).toEqual([]);
  expect(server.faults).toEqual([]);
});

test('C74: with simulated trouble every lane is slower by the delay, is cut, and comes back whole', {
  timeout: PATIENCE_MS,
}, async () => {
  const delayMs = 60;
  const { server, comparison, digests } = await setUp({
    changesPerSecond: CHANGES_PER_SECOND,
    pollMs: 250,
    delayMs,
    cutEveryS: 3,
  });
  comparison.start();
  await until('every lane was cut', () => lanes(comparison).every(({ reconnects }) => reconnects > 0));
  await until('samples after it', () => lanes(comparison).every(({ samples }) => samples >= 150));
  const { clock } = comparison.store.getState();
  for (const { latencySamples, transport } of JSON.parse(comparison.exportJson()).lanes) {
    const least = Math.min(...latencySamples.map(({ appliedMs }: { appliedMs: number }) => appliedMs));
    expect(least, transport).toBeGreaterThanOrEqual(delayMs - clock!.plusMinusMs - 1);
  }
  for (const lane of lanes(comparison)) expect(lane, lane.transport).toMatchObject({ gaps: 0, resyncs: 0 });
  comparison.configure({ delayMs: 0, cutEveryS: 0, changesPerSecond: 1 });
  await until('the same view in all lanes', () => new Set(digests()).size === 1);
  expect(digests()[0]).not.toBe(digestOf(EMPTY));
  expect(server.faults).toEqual([]);
});

test('C75: scratch hosts that are measured are kept, however seldom their viewers ask', async () => {
  let nowMs = 1_000;
  const clock = (): number => nowMs;
  const places = new ViewerPlaces({ maxViewers: 10 });
  const log = new LiveLog({
    epoch: newEpoch(),
    capacity: 1,
    rates: () => ({ heartbeatsPerSecond: 0, blind: false }),
  });
  const viewers = new Viewers({ log, clock, places });
  const scratch = new ScratchFeeds({ clock, places, tickMs: 100 });
  const routes = createLiveRoutes({ viewers, scratch, meters: new Meters(clock) });
  const http = createServer((request, response) => {
    routes(request, response, new URL(request.url!, 'http://server'));
  }).listen(0, '127.0.0.1');
  stops.push(() => {
    viewers.stop();
    scratch.stop();
    http.closeAllConnections();
    http.close();
  });
  await once(http, 'listening');
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const feed = scratch.create(10, 0)!.id;
  const ask = async (): Promise<number> => {
    const response = await fetch(`${origin}/rt/changes?feed=${feed}`);
    await response.arrayBuffer();
    return response.status;
  };
  for (let round = 0; round < 3; round++) {
    nowMs += SCRATCH_KEPT_MS - 1;
    expect(await ask()).toBe(200);
  }
  nowMs += SCRATCH_KEPT_MS;
  expect(await ask()).toBe(404);
});

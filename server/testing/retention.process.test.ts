import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Alert } from '#lib/protocol/alert.ts';
import type { HostEvent, HostEventKind } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { openEpisode, seedDatabase, storedHost } from './seeded-database.ts';
import { ServerProcess } from './server-process.ts';

const HOUR_MS = 3_600_000;
/** Trimming goes by portions: more than one of them. */
const OLD = 6_000;
const NEW = 40;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

test('G71: a start with RETENTION_DAYS=1 trims what is older than a day, and that alone', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'pulsewatch-retention-'));
  stops.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const nowMs = Date.now();
  const cutoffMs = nowMs - 24 * HOUR_MS;
  const event = (at: number, kind: HostEventKind): HostEvent => ({
    at,
    hostId: hostIdHex('db-1'),
    host: 'db-1',
    kind,
    reason: null,
    evidence: null,
    by: null,
  });
  const kindOf = (i: number) => (i % 2 === 0 ? 'down' : 'up');
  await seedDatabase(dataDir, {
    hosts: ['db-1', 'open-1', 'closed-1', 'closed-2'].map((name) => storedHost(name, 600_000)),
    episodes: [
      openEpisode('open-1', nowMs - 72 * HOUR_MS),
      openEpisode('closed-1', nowMs - 72 * HOUR_MS, { closedAt: nowMs - 71 * HOUR_MS }),
      openEpisode('closed-2', nowMs - 3 * HOUR_MS, { closedAt: nowMs - 2 * HOUR_MS }),
    ],
    events: [
      ...Array.from({ length: OLD }, (_, i) => event(nowMs - 72 * HOUR_MS + i, kindOf(i))),
      ...Array.from({ length: NEW }, (_, i) => event(nowMs - 2 * HOUR_MS + i, kindOf(i))),
    ],
  });
  const started = async (days: number): Promise<ServerProcess> => {
    const server = await ServerProcess.start(dataDir, { args: ['--retention-days', String(days)] });
    stops.push(() => server.process.end());
    return server;
  };
  const closedOf = async (server: ServerProcess): Promise<string[]> => {
    const { alerts } = await server.get('/api/alerts?status=resolved&limit=500');
    return (alerts as Alert[]).map(({ host }) => host).sort();
  };
  const old = `/api/events?to=${cutoffMs}&limit=1`;

  // All of it is there, and a server that may keep it does.
  const keeping = await started(30);
  expect((await keeping.get(old)).events).toHaveLength(1);
  expect(await closedOf(keeping)).toEqual(['closed-1', 'closed-2']);
  await keeping.kill('SIGTERM');

  const trimming = await started(1);
  await trimming.until(old, ({ events }) => events.length === 0);
  const { events } = await trimming.get('/api/hosts/db-1/events?limit=500');
  expect(events).toHaveLength(NEW);
  await trimming.until('/api/alerts?status=resolved&limit=500', ({ alerts }) => alerts.length === 1);
  expect(await closedOf(trimming)).toEqual(['closed-2']);
  expect((await trimming.get('/api/alerts?status=open')).alerts).toMatchObject([{ host: 'open-1' }]);
  expect((await trimming.get('/api/hosts')).total).toBe(4);
}, 60_000);

/** Naming, losing, removing and coming back, over real datagrams, real HTTP and the real store. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { startTestServer, type TestServer } from '../testing/running-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer('--min-timeout-ms', '200');
});
afterAll(() => server.stop());

const kinds = ({ events }: { events: { kind: string }[] }) => events.map(({ kind }) => kind);
const ask = (path: string, method: string) =>
  server.ask(path, { method, headers: { 'content-type': 'application/json' } });

test('H55, H58: a named host is pending, was never seen, and goes down when it does not come', async () => {
  const named = await server.post('/api/hosts', {
    name: 'new-1',
    labels: { rack: 'r9' },
    intervalMs: 100,
    by: 'ada',
  });
  expect(named).toMatchObject({ status: 201, body: { id: hostIdHex('new-1'), labels: { rack: 'r9' } } });
  expect((await server.post('/api/hosts', { name: 'new-1' })).body.code).toBe('already_exists');
  const { host, availability } = await server.until(
    '/api/hosts/new-1',
    (body) => body.host?.state === 'down',
  );
  expect(host).toMatchObject({
    labels: { rack: 'r9' },
    lastSeenAt: null,
    evidence: { kind: 'timeout', unheard: true, intervalMs: 100, source: null },
    alertId: `${hostIdHex('new-1')}-1`,
  });
  expect(host.reason).toContain('since the server started (or the host was named)');
  expect(Object.keys(availability)).toEqual(['24h', '7d', '30d']);
  // The list is the store's, which has the alert a little after the state is shown.
  await server.until('/api/alerts?status=unhandled', ({ alerts }) =>
    alerts.some(({ host: name }: { host: string }) => name === 'new-1'),
  );
  await server.beat('new-1 interval=600s rack=r9');
  const heard = await server.until('/api/hosts/new-1', (it) => it.host.state === 'up');
  expect(heard.host.lastSeenAt).toBeGreaterThan(0);
  expect(heard.host).toMatchObject({ reason: null, evidence: null, intervalMs: 600_000 });
});

test('H56, H57: what is removed is gone, keeps its history and comes back as returned', async () => {
  for (const name of ['old-1', 'old-2', 'stays-1']) await server.beat(`${name} interval=600s rack=r7`);
  await server.until('/api/hosts?label=rack:r7', ({ total }) => total === 3);
  expect((await server.post('/api/hosts/remove', { filter: {} })).status).toBe(400);
  const removed = await server.post('/api/hosts/remove', {
    filter: { q: 'old-', label: 'rack:r7' },
    by: 'ada',
  });
  expect(removed.body).toEqual({ removed: 2 });
  await server.until('/api/hosts?label=rack:r7', ({ total }) => total === 1);
  expect((await server.get('/api/hosts/old-1')).status).toBe(404);
  const { events } = (await server.get('/api/hosts/old-1/events')).body;
  expect(events[0]).toMatchObject({ kind: 'removed', host: 'old-1', by: 'ada' });
  const { buckets } = (await server.get('/api/hosts/old-1/timeline?buckets=4')).body;
  expect(buckets).toHaveLength(4);
  await server.beat('old-1 interval=600s rack=r7');
  // Shown as soon as it is heard; what happened is stored a little later.
  const back = await server.until('/api/hosts/old-1', ({ events }) => events?.[0]?.kind === 'returned');
  expect(kinds(back)).toEqual(['returned', 'removed', 'registered']);
  expect((await ask(`/api/hosts/${hostIdHex('stays-1')}`, 'DELETE')).body).toEqual({ removed: 1 });
  expect((await ask('/api/hosts/stays-1', 'DELETE')).status).toBe(404);
});

test('H59, H60: up, then down: the share and the stretches say so', async () => {
  await server.beat('db-1 interval=20ms seq=1');
  await server.beat('db-1 interval=20ms seq=2');
  await server.until('/api/hosts/db-1', ({ host }) => host?.state === 'down');
  const { availability } = await server.until('/api/hosts/db-1', (it) => {
    const share = it.availability['24h'];
    return share !== null && share < 1;
  });
  expect(availability['24h']).toBeGreaterThan(0);
  expect(availability['30d']).toBeCloseTo(availability['24h'], 1);
  const { body } = await server.get('/api/hosts/db-1/timeline?buckets=24');
  const [up, down, left, unknown] = body.buckets.reduce(
    (sum: number[], bucket: number[]) => sum.map((ms, i) => ms + bucket[i]!),
    [0, 0, 0, 0],
  );
  expect(up).toBeGreaterThan(0);
  expect(down).toBeGreaterThan(0);
  expect(left).toBe(0);
  // The server was not there for most of the day.
  expect(unknown).toBeGreaterThan(23 * 3_600_000);
  expect(up + down + left + unknown).toBeCloseTo(body.to - body.from, -1);
  expect(body.downs).toBe(1);
});

test('H64: what was done stands in the audit, with who did it', async () => {
  const { entries } = (await server.get('/api/audit')).body;
  const acts = entries.map(({ action, actor }: { action: string; actor: string }) => `${actor} ${action}`);
  expect(acts).toEqual(['anonymous remove-hosts', 'ada remove-hosts', 'ada expect-host']);
  expect(server.faults).toEqual([]);
});

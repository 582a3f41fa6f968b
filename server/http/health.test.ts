/** The numbers of `/api/health` beside what was sent. */
import { afterEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/running-server.ts';

let server: TestServer;
afterEach(() => server.stop());

test('H25: the numbers of /api/health are those of what was sent', async () => {
  server = await startTestServer('--min-timeout-ms', '1000');
  const read = async () => (await server.get('/api/health')).body;
  expect(await read()).toMatchObject({
    status: 'ok',
    seq: 0,
    hosts: { total: 0 },
    ingest: { accepted: 0, rejected: {} },
  });
  for (let host = 0; host < 20; host++) {
    for (let seq = 1; seq <= 3; seq++) await server.beat(`lasting-${host} interval=600s seq=${seq}`);
    await server.beat(`lasting-${host} interval=600s seq=2`);
  }
  for (let host = 0; host < 5; host++) {
    for (let seq = 1; seq <= 2; seq++) await server.beat(`short-${host} interval=20ms seq=${seq}`);
  }
  for (let i = 0; i < 7; i++) await server.beat('!');
  await server.beat('lasting-0 seq=4 bye=1');
  await server.until('/api/health', ({ hosts }) => hosts.down === 5 && hosts.left === 1);
  // The store lists an alert when it has it on disk, which comes after the state.
  const { alerts } = await server.until('/api/alerts?limit=1', ({ alerts: stored }) => stored.length === 1);
  const first = alerts[0].id;
  await server.post('/api/alerts/ack', { ids: [first] });
  const health = await server.until('/api/health', ({ hosts }) => hosts.acknowledged === 1);
  expect(health).toMatchObject({
    epoch: server.epoch,
    hosts: { total: 25, pending: 0, up: 19, late: 0, down: 5, left: 1, acknowledged: 1, maintenance: 0 },
    transitions: { up: 25, down: 5, left: 1 },
    ingest: { accepted: 60 + 10 + 1, rejected: { replay: 20, bad_magic: 7 }, kernelDrops: 0 },
  });
  // Each came again with an older seq, which counts as heard and refreshes nothing.
  expect(Object.values(health.ingest.rejected as Record<string, number>).reduce((a, b) => a + b, 0)).toBe(27);
  const { hosts } = (await server.get('/api/hosts?limit=500')).body;
  const states = hosts.map(({ state }: { state: string }) => state).sort();
  expect(states).toEqual([...Array(5).fill('down'), 'left', ...Array(19).fill('up')]);
  const { frames } = (await server.get('/rt/poll?wait=0')).body;
  expect(frames.find(({ t }: { t: string }) => t === 'A').counts).toEqual(health.hosts);
});

/** Many connections at once to a whole server, and a main thread that stands still. */
import { afterEach, expect, test } from 'vitest';
import { endChildren } from '../engine/testing/watched-process.ts';
import { startTestServer, type TestServer } from './running-server.ts';
import { down, inState, startTcpFleet } from './tcp-fleet.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  await endChildren();
  for (const server of servers.splice(0)) await server.stop();
});

async function startServer(...args: string[]): Promise<TestServer> {
  const server = await startTestServer(...args);
  servers.push(server);
  return server;
}

test('E154: while main stands still for 3 s nobody who beats over TCP goes down, and who died does', async () => {
  // Timeouts of 1 s.
  const server = await startServer('--misses', '5', '--min-timeout-ms', '500');
  const fleet = await startTcpFleet(server.heartbeatPort, 300, 200);
  await server.until('/api/health', ({ hosts }) => hosts.up === 300);
  fleet.stdin!.write('close 7\n');
  await new Promise((resolve) => fleet.stdin!.write('', resolve));
  const busyUntilMs = performance.now() + 3_000;
  while (performance.now() < busyUntilMs);
  expect((await down(server, 'tcp-7', 0)).evidence.kind).toBe('closed');
  await server.until('/api/health', ({ ingest }) => ingest.accepted > 300 * 18);
  const { body: health } = await server.get('/api/health');
  expect(health.hosts).toMatchObject({ up: 299, down: 1 });
  expect(health.transitions.down).toBe(1);
  fleet.stdin!.write('reset 8\n');
  expect((await down(server, 'tcp-8', 0)).evidence.kind).toBe('reset');
});

test('E155: holds 5,000 connections that beat, and knows of each what happens to it', async () => {
  const server = await startServer();
  const fleet = await startTcpFleet(server.heartbeatPort, 5_000, 2_000);
  await server.until('/api/health', ({ hosts }) => hosts.up === 5_000);
  const { body: before } = await server.get('/api/health');
  expect(before.ingest.tcp).toEqual({ connections: 5_000, refused: 0, oversized: 0, slow: 0, idle: 0 });
  await server.until('/api/health', ({ ingest }) => ingest.accepted >= before.ingest.accepted + 5_000);
  const killedAtMs = performance.now();
  fleet.kill('SIGKILL');
  await server.until('/api/health', ({ hosts }) => hosts.down === 5_000);
  // Far from their timeout of 10 s.
  expect(performance.now() - killedAtMs).toBeLessThan(6_000);
  const { body: after } = await server.get('/api/health');
  expect(after.ingest.tcp.connections).toBe(0);
  const { hosts } = await inState(server, 'down');
  expect(new Set(hosts.map(({ reason }) => /closed|reset/.test(reason)))).toEqual(new Set([true]));
});

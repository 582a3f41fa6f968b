/** Heartbeats over TCP to whole servers, from processes that are killed, reset their connections, move and leave. */
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { endChildren } from '../engine/testing/watched-process.ts';
import { startTestServer, type TestServer } from './running-server.ts';
import { SpawnedProcess } from './spawned-process.ts';
import { down, inState, inStateSoon, startTcpFleet } from './tcp-fleet.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  await endChildren();
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function startServer(...args: string[]): Promise<TestServer> {
  const server = await startTestServer(...args);
  cleanups.push(() => server.stop());
  return server;
}

async function connected(server: TestServer, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ host, port: server.heartbeatPort, noDelay: true });
  cleanups.push(() => socket.destroy());
  socket.on('error', () => {});
  socket.resume();
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return socket;
}

const accounted = ({ ingest }: { ingest: { accepted: number; rejected: Record<string, number> } }): number =>
  Object.values(ingest.rejected).reduce((sum, count) => sum + count, ingest.accepted);

describe('over TCP', () => {
  // As docs/protocol.md has it: the sleeping child must not keep the connection open after the shell.
  const shell = (port: number): string =>
    `exec 3<>/dev/tcp/127.0.0.1/${port}; while :; do echo "web-01 interval=1s" >&3; sleep 1 3>&-; done`;

  test('E152: a process that is killed is down at once, and the words say that it ended', async () => {
    const server = await startServer();
    const spans: number[] = [];
    for (let i = 0; i < 3; i++) {
      const child = new SpawnedProcess(['-c', shell(server.heartbeatPort)], {}, 'bash');
      cleanups.push(() => child.end());
      await inStateSoon(server, 'web-01', 'up');
      const killedAtMs = performance.now();
      child.kill('SIGKILL');
      const host = await down(server, 'web-01', killedAtMs);
      spans.push(host.afterMs);
      expect(host.evidence).toMatchObject({ kind: 'closed', source: '127.0.0.1', intervalMs: 1_000 });
      expect(host.reason).toContain('its connection was closed: the process ended');
    }
    // 0.2 s where nothing else runs; its timeout is 5 s.
    expect(Math.min(...spans), spans.join(' ')).toBeLessThan(1_000);
  });

  test('E152: a connection that is reset is told apart; a bye before the end is a planned leave', async () => {
    const server = await startServer();
    const fleet = await startTcpFleet(server.heartbeatPort, 3, 200);
    const resetAtMs = performance.now();
    fleet.stdin!.write('reset 0\n');
    const reset = await down(server, 'tcp-0', resetAtMs);
    expect(reset.evidence.kind).toBe('reset');
    expect(reset.reason).toContain('the process or machine reset its connection');
    const leaving = await connected(server);
    leaving.end('web-01 interval=1s\nweb-01 bye=1\n');
    await inStateSoon(server, 'web-01', 'left');
    const { body: health } = await server.get('/api/health');
    expect(health.hosts).toMatchObject({ up: 2, down: 1, left: 1 });
    expect(health.ingest.tcp).toMatchObject({ connections: 2 });
  });

  test('E152: over IPv6 too', async () => {
    const server = await startServer('--heartbeat-host', '::1');
    const socket = await connected(server, '::1');
    socket.write('web-01 interval=1s\n');
    await inStateSoon(server, 'web-01', 'up');
    socket.end();
    expect((await down(server, 'web-01', 0)).evidence).toMatchObject({ kind: 'closed', source: '::1' });
  });

  test.each(['--shards 1', '--shards 2', '--shards 2 --receiver dgram'])(
    'E153: the end of a relay, or of a connection its host has moved away from, downs nobody: %s',
    async (args) => {
      const server = await startServer(...args.split(' '));
      const relay = await connected(server);
      relay.write('web-01 interval=600s\nweb-02 interval=600s\n');
      // Over UDP since: its connection is not what speaks for it.
      const changed = await connected(server);
      changed.write('web-03 interval=600s\n');
      await server.until('/api/health', ({ hosts }) => hosts.up === 3);
      await server.beat('web-03 interval=600s');
      await server.until('/api/health', ({ ingest }) => ingest.accepted === 4);
      const fleet = await startTcpFleet(server.heartbeatPort, 4, 300);
      relay.end();
      changed.end();
      for (const i of [0, 1, 2]) fleet.stdin!.write(`move ${i}\n`);
      await server.until('/api/health', ({ ingest }) => ingest.tcp.connections === 4);
      // The counter-check: an end that counts has been told by the time it shows.
      fleet.stdin!.write('close 3\n');
      expect((await down(server, 'tcp-3', 0)).evidence.kind).toBe('closed');
      expect((await inState(server, 'down')).hosts.map(({ name }) => name)).toEqual(['tcp-3']);
      expect((await inState(server, 'up')).hosts.length).toBe(6);
    },
  );

  test('E156: what is dropped is counted, and accepted + rejected stay everything read', async () => {
    const server = await startServer();
    const socket = await connected(server);
    socket.write(`web-01 interval=1s\nweb-01 =\n\n${'x'.repeat(2_000)}\n`);
    const cut = await connected(server);
    cut.end('web-02 interval=1s\nweb-0');
    const body = await server.until('/api/health', (health) => accounted(health) === 6);
    expect(body.ingest.accepted).toBe(2);
    expect(body.ingest.rejected).toMatchObject({ bad_label: 1, too_short: 2, bad_length: 1 });
    expect(body.ingest.tcp).toMatchObject({ connections: 0, oversized: 1 });
  });
});

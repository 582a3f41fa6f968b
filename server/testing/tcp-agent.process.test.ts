/** `pulsewatch agent --tcp` against servers that are killed and come back, and killed itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startTestServer } from './running-server.ts';
import { ServerProcess } from './server-process.ts';
import { SpawnedProcess } from './spawned-process.ts';
import { down, inStateSoon } from './tcp-fleet.ts';

const PULSEWATCH = join(import.meta.dirname, '..', 'agent', 'pulsewatch.js');

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'pulsewatch-'));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function startAgent(port: number, intervalMs: number): SpawnedProcess {
  const agent = new SpawnedProcess(
    [
      PULSEWATCH,
      'agent',
      '--tcp',
      '--server',
      `127.0.0.1:${port}`,
      '--name',
      'web-01',
      '--interval',
      `${intervalMs}ms`,
    ],
    { env: { XDG_STATE_HOME: folder() } },
  );
  cleanups.push(() => agent.end());
  return agent;
}

test('G91: an agent that is killed is down as closed; one that is asked to end has left', async () => {
  const server = await startTestServer();
  cleanups.push(() => server.stop());
  const killed = startAgent(server.heartbeatPort, 1_000);
  await inStateSoon(server, 'web-01', 'up');
  killed.kill('SIGKILL');
  expect((await down(server, 'web-01', 0)).evidence.kind).toBe('closed');
  const asked = startAgent(server.heartbeatPort, 1_000);
  await inStateSoon(server, 'web-01', 'up');
  asked.kill('SIGTERM');
  await inStateSoon(server, 'web-01', 'left');
  expect(await asked.exit).toEqual({ code: 0, signal: null });
});

test('G91: an agent comes back to a server that was killed, before its timeout: it is never down', async () => {
  const dataDir = folder();
  const first = await ServerProcess.start(dataDir);
  cleanups.push(() => first.process.end());
  const agent = startAgent(first.heartbeatPort, 1_000);
  await first.until('/api/health', ({ hosts }) => hosts.up === 1);
  await first.kill('SIGKILL');
  const { port, heartbeatPort } = first;
  const second = await ServerProcess.start(dataDir, { ports: { port, heartbeatPort } });
  cleanups.push(() => second.process.end());
  await second.until('/api/health', ({ hosts, ingest }) => hosts.up === 1 && ingest.accepted >= 2);
  const { transitions } = await second.get('/api/health');
  expect(transitions.down).toBe(0);
  expect(agent.stderr[0]).toMatch(/it (ended|reset) the connection|nothing is listening there/);
});

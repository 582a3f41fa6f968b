/** How a host ends, and begins again, as the agent tells it and the pages show it. */
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeHello } from '../lib/protocol/heartbeat.ts';
import { canonicalLabels } from '../lib/protocol/host.ts';
import { hostIdBytes } from '../server/host-id.ts';
import { expect, type Server, type Stage, test } from './support/pulsewatch.ts';

const startAgent = (stage: Stage, server: Server, name: string) =>
  stage.pulsewatch(
    [
      'agent',
      ...['--server', `127.0.0.1:${server.heartbeatPort}`, '--name', name, '--interval', '200ms'],
      ...['--label', 'rack=r17', '--state-file', join(tmpdir(), `pulsewatch-e2e-${process.pid}-${name}`)],
    ],
    /.+/,
  );

test('SIGTERM shows left, SIGKILL down, a new start restarted', async ({ stage, page }) => {
  const server = await stage.server();
  await page.goto(`${server.url}/hosts/db-01`);
  let agent = await startAgent(stage, server, 'db-01');
  const state = page.getByTestId('host-state');
  await expect(state).toHaveAttribute('data-state', 'up');

  await stage.end(agent, 'SIGTERM');
  await expect(state).toHaveAttribute('data-state', 'left');
  expect((await server.health()).transitions.down).toBe(0);

  agent = await startAgent(stage, server, 'db-01');
  await expect(state).toHaveAttribute('data-state', 'up');
  await stage.end(agent, 'SIGKILL');
  await expect(state).toHaveAttribute('data-state', 'down');
  await expect(page.getByTestId('host-reason')).toContainText(/no heartbeat for 1\.\d s/i);

  agent = await startAgent(stage, server, 'db-01');
  await expect(state).toHaveAttribute('data-state', 'up');
  await expect(page.getByText(/restarted/i).first()).toBeVisible();
});

test('a hello whose name is not that of its id changes nothing', async ({ stage }) => {
  const server = await stage.server();
  await startAgent(stage, server, 'db-02');
  await expect.poll(async () => (await server.hosts()).hosts.map(({ name }) => name)).toEqual(['db-02']);
  const before = (await server.hosts()).hosts[0]!;

  const forged = encodeHello(
    {
      type: 2,
      hostId: hostIdBytes('db-02'),
      incarnation: Date.now() + 60_000,
      seq: 1,
      clockMs: 0,
      intervalMs: 10,
      lateMs: 0,
    },
    'db-99',
    canonicalLabels([['rack', 'stolen']]),
  );
  const socket = createSocket('udp4');
  socket.send(forged, server.heartbeatPort, '127.0.0.1');
  await expect.poll(async () => (await server.health()).ingest.rejected.bad_name).toBe(1);
  socket.close();
  const { total, hosts } = await server.hosts();
  expect(total).toBe(1);
  const { name, labels, incarnation, intervalMs, state } = hosts[0]!;
  expect({ name, labels, incarnation, intervalMs, state }).toEqual({
    name: 'db-02',
    labels: { rack: 'r17' },
    incarnation: before.incarnation,
    intervalMs: 200,
    state: 'up',
  });
});

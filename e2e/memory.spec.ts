/** What is kept: a crash, a removal and a return, what hosts and people write, the day on a host's page. */
import { createSocket } from 'node:dgram';
import type { AlertPage, HostDetail } from '../lib/protocol/api.ts';
import { complaintsOf, expect, type Server, test } from './support/pulsewatch.ts';

const TAG = '<img/src=x/onerror=globalThis.tricked=1>';
const LABEL = `=cmd|${TAG}`;
const COMMENT = `=1+1 ${TAG}`;

/** Beats as a shell would, until it is stopped. */
function beating(server: Server, line: string): { stop(): void } {
  const socket = createSocket('udp4');
  const beat = (): void => socket.send(line, server.heartbeatPort, '127.0.0.1');
  beat();
  const timer = setInterval(beat, 200);
  return {
    stop: () => {
      clearInterval(timer);
      socket.close();
    },
  };
}

const send = (server: Server, method: string, path: string, body: object) =>
  fetch(server.url + path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

test('a crash loses no acknowledgement; what people and hosts write stays text; removed hosts return', async ({
  stage,
  page,
}) => {
  test.setTimeout(90_000);
  const server = await stage.server();
  const complaints = complaintsOf(page);
  const hostOf = async () => (await server.hosts('?q=web-01')).hosts[0];
  let agent = beating(server, `web-01 interval=200ms note=${LABEL}`);
  const steady = beating(server, 'web-02 interval=200ms');
  await expect.poll(async () => (await server.health()).ingest.accepted).toBeGreaterThan(8);
  agent.stop();
  await expect.poll(async () => (await hostOf())?.state).toBe('down');
  const { alerts } = (await (await fetch(`${server.url}/api/alerts?status=unhandled`)).json()) as AlertPage;
  const alert = alerts[0]!;
  const acknowledged = await send(server, 'POST', '/api/alerts/ack', {
    ids: [alert.id],
    by: 'Ada',
    comment: COMMENT,
  });
  expect(acknowledged.status).toBe(200);

  await page.goto(`${server.url}/hosts/web-01`);
  await expect(page.getByTestId('host-state')).toContainText(COMMENT);
  await server.restart('SIGKILL');
  // The same alert, still taken, with nobody told anew; who beats all the time was never down.
  await expect(page.getByTestId('connection-pill')).toHaveAttribute('data-status', 'live');
  await expect(page.getByTestId('host-state')).toHaveAttribute('data-state', 'down');
  await expect(page.getByTestId('host-state')).toContainText('Ada');
  await expect(page.getByTestId('host-state')).toContainText(COMMENT);
  await expect.poll(async () => (await server.health()).hosts.up).toBe(1);
  expect((await server.health()).transitions.down).toBe(0);
  const detail = (await (await fetch(`${server.url}/api/hosts/web-01`)).json()) as HostDetail;
  expect(detail.host.alertId).toBe(alert.id);
  expect(detail.events.filter(({ kind }) => kind === 'down')).toHaveLength(1);

  await expect(page.getByTestId('availability')).toContainText('%');
  await expect(page.getByText(`note`).first()).toBeVisible();
  await expect(page.getByText(LABEL).first()).toBeVisible();

  await page.goto(`${server.url}/events`);
  await expect(page.getByText('acknowledged by Ada').first()).toBeVisible();
  await expect(page.getByText(COMMENT).first()).toBeVisible();
  const csv = await (await fetch(`${server.url}/api/events.csv`)).text();
  expect(csv).toContain(`"'${COMMENT}"`);
  for (const path of ['/', '/hosts', '/alerts?status=acknowledged']) {
    await page.goto(server.url + path);
    await expect(page.getByTestId('connection-pill')).toHaveAttribute('data-status', 'live');
    await expect(page.getByText('web-01').first()).toBeVisible();
  }
  expect(await page.evaluate(() => 'tricked' in globalThis)).toBe(false);

  expect((await send(server, 'DELETE', '/api/hosts/web-01', {})).status).toBe(200);
  await page.goto(`${server.url}/hosts`);
  await expect(page.getByRole('link', { name: 'web-02' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'web-01' })).toHaveCount(0);
  agent = beating(server, 'web-01 interval=200ms');
  await expect(page.getByRole('link', { name: 'web-01' })).toBeVisible();
  await page.getByRole('link', { name: 'web-01' }).click();
  await expect(page.getByText(/returned after it had been removed/).first()).toBeVisible();
  agent.stop();
  steady.stop();
  expect(complaints.filter((text) => !/ERR_CONNECTION_REFUSED|WebSocket|Failed to load/.test(text))).toEqual(
    [],
  );
});

/** The README's bash line, as it stands, from the first datagram to the page and back to silence. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostDetail } from '../lib/protocol/api.ts';
import type { HostEventKind } from '../lib/protocol/host.ts';
import { complaintsOf, expect, type Server, test } from './support/pulsewatch.ts';
import { recordTexts, textsOf } from './support/recorder.ts';

const README = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
const LINE = /^while :; do .* done$/m.exec(README)?.[0] ?? '';
const HOST = 'web-01';
const TIMEOUT_MS = 5_000;

async function detailOf(server: Server): Promise<HostDetail> {
  return (await fetch(`${server.url}/api/hosts/${HOST}`)).json() as Promise<HostDetail>;
}

async function instantOf(server: Server, kind: HostEventKind): Promise<number> {
  const { events } = await detailOf(server);
  const event = events.find((one) => one.kind === kind);
  expect(event, `${kind} in the history`).toBeDefined();
  return event!.at;
}

test('a host appears, falls silent with a reason, and is back at once', async ({ stage, page, context }) => {
  test.setTimeout(90_000);
  expect(LINE).toContain('/dev/udp/127.0.0.1/9990');
  // The line names the default port, so this server listens there.
  const server = await stage.server({ heartbeatPort: 9990 });
  const complaints = complaintsOf(page);
  await page.goto(`${server.url}/`);
  await expect(page.getByTestId('connection-pill')).toHaveAttribute('data-status', 'live');
  await expect(page.getByTestId('fleet-sentence')).toContainText('No host has been heard yet');
  await recordTexts(page, 'fleet-sentence');

  const loop = stage.bash(LINE);
  await expect(page.getByTestId('fleet-sentence')).toContainText('The one host is up');
  const heardAt = await instantOf(server, 'registered');
  const shownAt = (await textsOf(page)).find(({ text }) => text.includes('up'))!.atMs;
  expect(shownAt - heardAt, 'first datagram to page').toBeLessThan(500);

  const hostPage = await context.newPage();
  const hostComplaints = complaintsOf(hostPage);
  await hostPage.goto(`${server.url}/hosts/${HOST}`);
  const state = hostPage.getByTestId('host-state');
  await expect(state).toHaveAttribute('data-state', 'up');
  await expect(hostPage.getByText('r17')).toBeVisible();
  await recordTexts(hostPage, 'host-state');

  await stage.end(loop, 'SIGKILL');
  await expect(state).toHaveAttribute('data-state', 'late');
  await expect(state).toHaveAttribute('data-state', 'down');
  await expect(hostPage.getByTestId('host-reason')).toContainText(/no heartbeat for 5\.0 s/i);
  const { host } = await detailOf(server);
  expect(host.reason).toMatch(/^no heartbeat for 5\.0 s, one expected every 1\.0 s; last from 127\.0\.0\.1/);
  const downAt = await instantOf(server, 'down');
  expect(downAt - host.lastSeenAt!, 'silence when it was judged').toBeLessThanOrEqual(TIMEOUT_MS + 200);
  const shownDownAt = (await textsOf(hostPage)).find(({ text }) => /down/i.test(text))!.atMs;
  expect(shownDownAt - host.lastSeenAt!, 'silence when the page said so').toBeLessThan(TIMEOUT_MS + 500);

  stage.bash(LINE);
  await expect(state).toHaveAttribute('data-state', 'up');
  const upAt = await instantOf(server, 'up');
  const shownUpAt = (await textsOf(hostPage)).findLast(({ text }) => /up/i.test(text))!.atMs;
  expect(shownUpAt - upAt).toBeLessThan(500);
  expect([...complaints, ...hostComplaints]).toEqual([]);
});

test('the line shown on /add brings the host it waits for', async ({ stage, page }) => {
  const server = await stage.server();
  const complaints = complaintsOf(page);
  await page.goto(`${server.url}/add`);
  const shown = page.locator('code').filter({ hasText: '/dev/udp/' }).first();
  await expect(shown).toContainText(`/dev/udp/127.0.0.1/${server.heartbeatPort}`);
  await expect(page.getByTestId('first-heartbeat').first()).toContainText('Waiting for the first heartbeat');
  stage.bash((await shown.textContent())!);
  await expect(page.getByTestId('first-heartbeat').first()).toContainText('is here', { timeout: 2_000 });
  expect(complaints).toEqual([]);
});

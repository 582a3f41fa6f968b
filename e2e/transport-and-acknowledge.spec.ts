/** Flipping the transport while hosts change, and an acknowledgement seen by others on either transport. */
import type { Page } from 'playwright/test';
import type { AlertPage } from '../lib/protocol/api.ts';
import { complaintsOf, expect, type Server, type Stage, test } from './support/pulsewatch.ts';
import { digestOfPage, expectEqualViews } from './support/view-digest.ts';

const pill = (page: Page) => page.getByTestId('connection-pill');

async function fleet(stage: Stage, server: Server, ...more: string[]) {
  return stage.pulsewatch(
    ['simulate', '--server', `127.0.0.1:${server.heartbeatPort}`, '--seed', '3', ...more],
    /.+/,
  );
}

/** Each mode, and each pair of transports in one direction or the other. */
const FLIPS = [
  ['SSE', 'sse'],
  ['Long polling', 'long-polling'],
  ['Polling', 'polling'],
  ['Socket.IO', 'socketio'],
  ['Long polling', 'long-polling'],
  ['Automatic', 'socketio'],
  ['Polling', 'polling'],
  ['SSE', 'sse'],
  ['Polling', 'polling'],
] as const;

type ShownPosition = { readonly epoch: string; readonly seq: number; readonly status: string };

declare global {
  interface Window {
    shownPositions?: { epoch: string; seq: number; status: string }[];
  }
}

/** Notes from now on every position the page shows, with the status beside it. */
const recordPositions = (page: Page) =>
  page.evaluate(() => {
    const shown: { epoch: string; seq: number; status: string }[] = [];
    window.shownPositions = shown;
    const look = (): void => {
      const data = document.querySelector<HTMLElement>('[data-testid="position"]')?.dataset;
      const status =
        document.querySelector<HTMLElement>('[data-testid="connection-pill"]')?.dataset.status ?? '';
      shown.push({ epoch: data?.epoch ?? '', seq: Number(data?.seq ?? -1), status });
    };
    look();
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
const positionsOf = (page: Page): Promise<readonly ShownPosition[]> =>
  page.evaluate(() => window.shownPositions ?? []);

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

test('flipping the transport while hosts change loses nothing and needs no reload', async ({
  stage,
  page,
}) => {
  const server = await stage.server();
  const complaints = complaintsOf(page);
  await page.goto(`${server.url}/settings`);
  // A mark that a reload would wipe.
  await page.evaluate(() => document.documentElement.setAttribute('data-same-page', 'yes'));
  await expect(pill(page)).toHaveAttribute('data-transport', 'socketio');
  const simulate = await fleet(
    stage,
    server,
    ...['--hosts', '500', '--interval', '100ms', '--flap', '200', '--kill', '50@8s'],
  );
  await expect.poll(async () => (await server.health()).hosts.up).toBeGreaterThan(250);

  await expect.poll(async () => (await digestOfPage(page)).seq).toBeGreaterThan(0);
  await recordPositions(page);
  const { transitions } = await server.health();
  const startedAt = Date.now();
  for (const [label, transport] of FLIPS) {
    const { seq } = await digestOfPage(page);
    await page.getByRole('radio', { name: new RegExp(`^${label}`) }).check();
    await expect(pill(page)).toHaveAttribute('data-transport', transport);
    await expect(pill(page)).toHaveAttribute('data-status', 'live');
    await expect.poll(async () => (await digestOfPage(page)).seq, 'changes go on').toBeGreaterThan(seq);
  }
  const changes = sum((await server.health()).transitions) - sum(transitions);
  expect(changes / ((Date.now() - startedAt) / 1_000), 'changes a second').toBeGreaterThan(100);
  const shown = await positionsOf(page);
  expect(shown.filter(({ epoch }) => epoch !== shown[0]!.epoch)).toEqual([]);
  const seqs = shown.map(({ seq }) => seq);
  expect(seqs, 'never empty, never back').toEqual(seqs.toSorted((one, other) => one - other));
  expect(seqs[0]).toBeGreaterThan(0);
  expect(shown.filter(({ status }) => status !== 'live' && status !== 'catching-up')).toEqual([]);
  expect(await page.getAttribute('html', 'data-same-page')).toBe('yes');
  await expect(pill(page)).toContainText('Polling');

  await expect.poll(async () => (await server.health()).hosts.down).toBeGreaterThanOrEqual(50);
  await stage.end(simulate);
  await expect.poll(async () => (await server.health()).hosts.down, { message: 'all fall silent' }).toBe(500);
  await expectEqualViews(page, server);
  for (const fact of ['Digest mismatches', 'Resyncs']) {
    await expect(page.getByText(fact, { exact: true }).first().locator('..')).toHaveText(`${fact}0`);
  }

  await page.reload();
  await expect(pill(page)).toHaveAttribute('data-transport', 'polling');
  await expect(page.getByRole('radio', { name: /^Polling/ })).toBeChecked();
  expect(complaints).toEqual([]);
});

const TRANSPORTS = ['socketio', 'sse', 'long-polling', 'polling'] as const;
const DOWN_AGAIN_WITHIN_MS = 60_000;

test('who took an alert is in every tab on every transport within a second, and outlives a recovery', async ({
  stage,
  page,
  context,
}) => {
  test.setTimeout(120_000);
  const server = await stage.server();
  const target = ['--server', `127.0.0.1:${server.heartbeatPort}`];
  const startAgent = () =>
    stage.pulsewatch(['agent', ...target, '--name', 'db-01', '--interval', '200ms'], /.+/);
  let agent = await startAgent();
  await fleet(stage, server, '--hosts', '20', '--interval', '200ms', '--kill', '2@2s');
  const stateOf = async () => (await server.hosts('?q=db-01')).hosts[0]?.state;
  await expect.poll(stateOf).toBe('up');
  // Heard more than once: a host that was heard once in its life goes down without an alert.
  await expect.poll(async () => (await server.health()).ingest.accepted).toBeGreaterThan(40);
  await stage.end(agent, 'SIGKILL');
  await expect.poll(async () => (await server.health()).hosts.down).toBe(3);
  const alertsOf = async (status: string) =>
    ((await (await fetch(`${server.url}/api/alerts?status=${status}`)).json()) as AlertPage).alerts.filter(
      ({ host }) => host === 'db-01',
    );
  const [alert] = await alertsOf('unhandled');

  const complaints = complaintsOf(page);
  await page.goto(`${server.url}/alerts`);
  const others: Page[] = [];
  for (const transport of TRANSPORTS) {
    const other = await context.newPage();
    // A tab behind others draws nothing, but its view is live all the same.
    await other.goto(`${server.url}/hosts/db-01?transport=${transport}`);
    await expect(other.getByTestId('host-state')).toHaveAttribute('data-state', 'down');
    const list = await context.newPage();
    await list.goto(`${server.url}/alerts?status=acknowledged&transport=${transport}`);
    await expect(list.getByText('Nothing is acknowledged')).toBeVisible();
    for (const one of [other, list]) await expect(pill(one)).toHaveAttribute('data-status', 'live');
    others.push(other, list);
  }
  await page.bringToFront();

  await page.getByRole('button', { name: 'Acknowledge db-01', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your name').fill('Ada');
  await dialog.getByLabel('Comment (optional)').fill('swapping its disk');
  await dialog.getByRole('button', { name: 'Acknowledge', exact: true }).click();
  await expect(page.getByText('swapping its disk')).toBeVisible();
  const ackedAt = Date.now();
  await Promise.all(
    others.map((other) => expect(other.getByText(/Ada/).first()).toBeVisible({ timeout: 1_000 })),
  );
  expect(Date.now() - ackedAt).toBeLessThan(1_200);
  for (const other of others.filter((one) => one.url().includes('/hosts/'))) {
    await expect(other.getByTestId('host-state')).toHaveAttribute('data-state', 'down');
    await expect(other.getByTestId('host-state')).toContainText('swapping its disk');
    // When: the instant itself is in the document, for whoever points at the relative one.
    await expect(other.getByTestId('host-state').locator('time').first()).toBeVisible();
  }
  const { hosts } = await server.health();
  expect({ down: hosts.down, acknowledged: hosts.acknowledged }).toEqual({ down: 3, acknowledged: 1 });

  agent = await startAgent();
  const recoveredAt = Date.now();
  await expect.poll(stateOf).toBe('up');
  expect((await alertsOf('resolved')).map(({ id }) => id)).toEqual([alert!.id]);
  await expect(others[0]!.getByTestId('host-state')).toHaveAttribute('data-state', 'up');
  await stage.end(agent, 'SIGKILL');
  await expect.poll(stateOf).toBe('down');
  expect(Date.now() - recoveredAt).toBeLessThan(DOWN_AGAIN_WITHIN_MS);
  const [again] = await alertsOf('acknowledged');
  expect({ id: again?.id, openedAt: again?.openedAt, by: again?.ack?.by }).toEqual({
    id: alert!.id,
    openedAt: alert!.openedAt,
    by: 'Ada',
  });
  for (const other of others) await expect(other.getByText(/Ada/).first()).toBeVisible();
  expect((await server.health()).hosts).toMatchObject({ down: 3, acknowledged: 1 });
  expect(complaints).toEqual([]);
});

test('an acknowledgement is taken back where it was given', async ({ stage, page }) => {
  const server = await stage.server();
  await fleet(stage, server, '--hosts', '20', '--interval', '200ms', '--kill', '3@2s');
  await expect.poll(async () => (await server.health()).hosts.down).toBe(3);
  await page.goto(`${server.url}/alerts`);
  const row = page.locator('tr[data-row]').first();
  await row.getByRole('button', { name: /^Acknowledge [a-z0-9-]+$/ }).click();
  await page.getByRole('dialog').getByLabel('Your name').fill('Ada');
  await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge', exact: true }).click();
  await expect.poll(async () => (await server.health()).hosts.acknowledged).toBe(1);
  await page.getByRole('button', { name: /^Undo the acknowledgement/ }).click();
  await expect.poll(async () => (await server.health()).hosts.acknowledged).toBe(0);
});

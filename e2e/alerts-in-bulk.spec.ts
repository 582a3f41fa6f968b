/** Thousands of alerts on a page that stays quick; some taken by hand, the rest by the server, and given back. */
import type { Page } from 'playwright/test';
import { complaintsOf, expect, test } from './support/pulsewatch.ts';

const HOSTS = 5_000;
/** A page of the server's, with room for what surrounds it. */
const MOST_ROWS = 100;
/** Twice what is asked of it on a quiet machine. */
const OPENS_WITHIN_MS = 2_000;

const pill = (page: Page) => page.getByTestId('connection-pill');

test('five thousand alerts: the page is quick, two are taken by hand, the rest at once, and undone', async ({
  stage,
  page,
}) => {
  test.setTimeout(120_000);
  const server = await stage.server();
  const complaints = complaintsOf(page);
  const simulate = await stage.pulsewatch(
    [
      'simulate',
      ...['--server', `127.0.0.1:${server.heartbeatPort}`, '--seed', '5'],
      ...['--hosts', String(HOSTS), '--interval', '500ms'],
    ],
    /.+/,
  );
  const counts = async () => (await server.health()).hosts;
  await expect.poll(async () => (await counts()).up, { timeout: 20_000 }).toBe(HOSTS);
  await expect
    .poll(async () => (await server.health()).ingest.accepted, { timeout: 20_000 })
    .toBeGreaterThan(3 * HOSTS);
  await stage.end(simulate, 'SIGKILL');
  await expect.poll(async () => (await counts()).down, { timeout: 20_000 }).toBe(HOSTS);

  // Once for the code, which a browser keeps.
  await page.goto(`${server.url}/alerts`);
  const rows = page.locator('tr[data-row]');
  await expect(rows.first()).toBeVisible();
  const openedAt = Date.now();
  await page.reload();
  await expect(rows.first()).toBeVisible();
  expect(Date.now() - openedAt, 'ms until the first row').toBeLessThan(OPENS_WITHIN_MS);
  expect(await rows.count()).toBeLessThanOrEqual(MOST_ROWS);
  await expect(pill(page)).toHaveAttribute('data-status', 'live');
  await expect(page).toHaveTitle(/^\(5,?000/);

  for (const row of [rows.nth(0), rows.nth(1)]) await row.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Acknowledge 2', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your name').fill('Ada');
  await dialog.getByRole('button', { name: /^Acknowledge/ }).click();
  await expect.poll(async () => (await counts()).acknowledged).toBe(2);

  await page.getByRole('button', { name: /^Acknowledge all 4,998 unhandled/ }).click();
  await expect(dialog).toContainText('4,998 unhandled down hosts match now');
  await dialog.getByLabel('For how long').selectOption({ label: '1 hour' });
  await dialog.getByLabel('Comment (optional)').fill('the whole hall is dark');
  await dialog.getByRole('button', { name: 'Acknowledge 4,998', exact: true }).click();
  await expect.poll(async () => (await counts()).acknowledged).toBe(HOSTS);
  expect((await counts()).down).toBe(HOSTS);
  await expect(page).toHaveTitle(/^Alerts/);

  // Undo takes back those of its own batch, and leaves the two.
  await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
  await expect.poll(async () => (await counts()).acknowledged).toBe(2);
  await page.goto(`${server.url}/alerts?status=acknowledged`);
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText('Ada');
  expect(complaints).toEqual([]);
});

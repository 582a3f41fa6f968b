/** The comparison of transports as somebody uses it: set up, started, read, exported, left. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright/test';
import { complaintsOf, expect, type Server, test } from './support/pulsewatch.ts';

const LANES = ['socketio', 'sse', 'long-polling', 'polling'] as const;

const lane = (page: Page, transport: string) => page.locator(`article[data-lane="${transport}"]`);
const phase = (page: Page) => page.locator('[data-phase]');

async function samplesOf(page: Page, transport: string): Promise<number> {
  return Number(await lane(page, transport).getAttribute('data-samples'));
}

/** A lane's strip as it stands: another text as soon as one cell differs. */
async function pictureOf(page: Page, transport: string): Promise<string> {
  return lane(page, transport)
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
}

/** Does the server still keep these scratch hosts? Asks for the rate they have. */
async function isKept(server: Server, feed: string): Promise<boolean> {
  const answer = await fetch(`${server.url}/api/scratch/${feed}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ changesPerSecond: 1 }),
  });
  return answer.status === 200;
}

test('four transports are compared, and nothing of it is left behind', async ({ stage, page }) => {
  test.setTimeout(120_000);
  const server = await stage.server();
  const complaints = complaintsOf(page);
  const feeds: string[] = [];
  page.on('response', async (response) => {
    if (response.url().endsWith('/api/scratch') && response.status() === 201) {
      feeds.push(((await response.json()) as { feed: string }).feed);
    }
  });
  await page.goto(`${server.url}/transports?poll=1000`);
  await expect(page.getByTestId('connection-pill')).toHaveAttribute('data-status', 'live');
  await expect(page.getByTestId('announcer')).toBeAttached();

  // Before the start it says what will happen, and nothing does.
  await expect(phase(page)).toHaveAttribute('data-phase', 'idle');
  await expect(page.getByText('nothing runs by itself')).toBeVisible();
  expect(feeds).toEqual([]);

  // The controls are the address: Back undoes a choice.
  await page.getByText('100', { exact: true }).click();
  await expect(page).toHaveURL(/poll=1000&rate=100$/);
  await page.goBack();
  await expect(page.getByRole('radio', { name: '10', exact: true })).toBeChecked();
  await page.goForward();
  await expect(page.getByRole('radio', { name: '100', exact: true })).toBeChecked();

  // A key starts it, but not from within a control that takes text.
  await page.getByLabel('Polling asks every').press('r');
  await expect(phase(page)).toHaveAttribute('data-phase', 'idle');
  await page.getByRole('heading', { level: 1 }).click();
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press('r');
  await expect(phase(page)).toHaveAttribute('data-phase', 'running');
  for (const transport of LANES) {
    const status = lane(page, transport).locator('[data-lane-status]');
    await expect(status).toHaveAttribute('data-lane-status', 'live');
    await expect.poll(() => samplesOf(page, transport), transport).toBeGreaterThan(100);
    const before = await pictureOf(page, transport);
    await expect.poll(() => pictureOf(page, transport), `${transport} draws its hosts`).not.toBe(before);
  }
  expect(feeds).toHaveLength(1);
  expect((await server.health()).hosts.total, 'no real host was made').toBe(0);
  await expect(page.locator('.recharts-line-curve')).toHaveCount(LANES.length);

  // A lane fewer while it runs: the others go on.
  await page.getByRole('checkbox', { name: 'SSE' }).uncheck();
  await expect(page).toHaveURL(/lanes=socketio,long-polling,polling/);
  await expect(lane(page, 'sse')).toHaveCount(0);
  await page.goBack();
  await expect.poll(() => samplesOf(page, 'sse')).toBeGreaterThan(0);

  const expectFigures = async (): Promise<void> => {
    for (const measure of ['appliedP50', 'paintedP50']) {
      const cells = page.getByTestId('comparison-table').locator(`tr[data-measure="${measure}"] td`);
      await expect(cells).toHaveCount(LANES.length);
      for (const cell of await cells.all()) await expect(cell).toHaveText(/ms/);
    }
  };
  await expectFigures();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(phase(page)).toHaveAttribute('data-phase', 'stopped');
  await expectFigures();
  await expect.poll(() => isKept(server, feeds[0]!), 'the scratch hosts are given back').toBe(false);

  // What is exported is what was measured: asking once a second is slower than being told.
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export the figures as CSV' }).click();
  const [header, ...lines] = readFileSync(await (await download).path(), 'utf8')
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  expect(lines.map(([transport]) => transport)).toEqual(LANES);
  const p50 = lines.map((line) => Number(line[header!.indexOf('applied_p50_ms')]));
  for (const pushed of p50.slice(0, 3)) expect(pushed).toBeLessThan(p50[3]!);

  // Leaving the page ends it.
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect.poll(() => feeds.length).toBe(2);
  expect(await isKept(server, feeds[1]!)).toBe(true);
  await page.getByRole('link', { name: 'Hosts', exact: true }).first().click();
  await expect(page).toHaveURL(/\/hosts$/);
  await expect.poll(() => isKept(server, feeds[1]!)).toBe(false);
  expect(complaints).toEqual([]);
});

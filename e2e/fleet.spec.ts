/** Ten thousand hosts, none of them wronged, and five hundred that really die, on a page in Chromium. */
import { complaintsOf, expect, type Server, test } from './support/pulsewatch.ts';
import { recordTexts, textsOf } from './support/recorder.ts';
import { expectEqualViews } from './support/view-digest.ts';

const HOSTS = 10_000;
const KILLED = 500;
const WATCHED_FOR_S = 30;
const TIMEOUT_MS = 5_000;

async function downs(server: Server): Promise<number> {
  return (await server.health()).hosts.down;
}

test('10,000 hosts stay up; 500 deaths are on the page within their timeout', async ({ stage, page }) => {
  test.setTimeout(150_000);
  const server = await stage.server();
  const complaints = complaintsOf(page);
  await page.goto(`${server.url}/`);
  const killAtS = WATCHED_FOR_S + 5;
  const simulate = await stage.pulsewatch(
    [
      'simulate',
      ...['--server', `127.0.0.1:${server.heartbeatPort}`, '--hosts', String(HOSTS), '--interval', '1s'],
      ...['--kill', `${KILLED}@${killAtS}s`, '--seed', '7'],
    ],
    /.+/,
  );
  await expect.poll(async () => (await server.health()).hosts.up, { timeout: 15_000 }).toBe(HOSTS);
  await expect(page.getByTestId('fleet-sentence')).toContainText('10,000');
  await recordTexts(page, 'fleet-sentence');

  // The whole time until the kill has to pass without one mistake: the counters never go back.
  await expect
    .poll(() => downs(server), { timeout: (killAtS + 15) * 1_000, intervals: [100] })
    .toBeGreaterThan(0);
  const atFirstDeath = await server.health();
  expect(atFirstDeath.uptimeMs).toBeGreaterThan(WATCHED_FOR_S * 1_000);
  expect(atFirstDeath.transitions.up, 'each came up once').toBe(HOSTS);

  await expect(page.getByTestId('fleet-sentence')).toContainText('500 down', { timeout: 5_000 });
  const { events } = (await (await fetch(`${server.url}/api/events?limit=500`)).json()) as {
    events: { kind: string; at: number; evidence: { silentMs: number } | null }[];
  };
  const died = events.filter(({ kind }) => kind === 'down');
  expect(died).toHaveLength(KILLED);
  const lastBeatAt = Math.max(...died.map(({ at, evidence }) => at - evidence!.silentMs));
  const shown = (await textsOf(page)).find(({ text }) => text.includes(`${KILLED} down`))!;
  expect(shown.atMs - lastBeatAt, 'last beat of the last one to page').toBeLessThan(TIMEOUT_MS + 500);
  const end = await server.health();
  expect(end.transitions.down, 'nobody else').toBe(KILLED);
  expect(end.transitions.late, 'late only on the way down').toBe(KILLED);
  expect(end.hosts.up).toBe(HOSTS - KILLED);

  await expectEqualViews(page, server);
  await stage.end(simulate);
  expect(complaints).toEqual([]);
});

/** A server that was stopped for a while doubts itself on the page, wrongs nobody, and stops doubting by itself. */
import { complaintsOf, expect, test } from './support/pulsewatch.ts';

const HOSTS = 500;
/** More than 5 % of a minute, and longer than a host's timeout. */
const STOPPED_FOR_MS = 6_000;
const SHOWN_WITHIN_MS = 5_000;

test('a stall is said on the page within 5 s, hosts are shown stale, none is called down', async ({
  stage,
  page,
}) => {
  test.setTimeout(150_000);
  const server = await stage.server();
  const complaints = complaintsOf(page);
  await stage.pulsewatch(
    ['simulate', '--server', `127.0.0.1:${server.heartbeatPort}`, '--hosts', String(HOSTS), '--seed', '3'],
    /.+/,
  );
  await expect.poll(async () => (await server.health()).hosts.up, { timeout: 15_000 }).toBe(HOSTS);
  await page.goto(`${server.url}/`);
  await expect(page.getByTestId('fleet-sentence')).toContainText('500');
  await expect(page.getByTestId('connection-pill')).toHaveAttribute('data-status', 'live');
  const banner = page.getByTestId('doubt-banner');
  await expect(banner).toHaveCount(0);

  server.child.kill('SIGSTOP');
  await page.waitForTimeout(STOPPED_FOR_MS);
  server.child.kill('SIGCONT');

  await expect(banner).toContainText(/could not listen for \d+(\.\d)? s of the last minute/, {
    timeout: SHOWN_WITHIN_MS,
  });
  await expect(page.getByTestId('freshness')).toContainText('heard last');
  await expect(page.locator('[data-doubt="true"]')).toHaveCount(1);
  await expect(page.locator('link[rel="icon"]')).toHaveAttribute('href', /!/);
  await page.goto(`${server.url}/settings`);
  await expect(page.getByTestId('hearing-facts')).toContainText(/of the last minute/);
  await page.goto(`${server.url}/hosts`);
  await expect(banner).toBeVisible();

  // A minute later nothing of it is left.
  await expect(banner).toHaveCount(0, { timeout: 75_000 });
  await expect(page.locator('[data-doubt="true"]')).toHaveCount(0);
  const { transitions, hosts } = await server.health();
  expect([transitions.down, hosts.up]).toEqual([0, HOSTS]);
  expect(complaints).toEqual([]);
});

/** A viewer whose cable is pulled, whose server restarts, or who stops reading. */
import type { Page } from 'playwright/test';
import type { Frame } from '../lib/protocol/frames.ts';
import { expect, type Server, type Stage, test } from './support/pulsewatch.ts';
import { type TcpProxy, tcpProxy } from './support/tcp-proxy.ts';
import { digestOfPage, expectEqualViews } from './support/view-digest.ts';
import { type FrameRecord, recordFrames } from './support/websocket-frames.ts';

const pill = (page: Page) => page.getByTestId('connection-pill');

/** A server whose pages may be opened through a proxy, which has an origin of its own. */
async function behindProxy(stage: Stage): Promise<{ server: Server; proxy: TcpProxy; origin: string }> {
  const target = { port: 0 };
  const proxy = await tcpProxy(() => target.port);
  const origin = `http://127.0.0.1:${proxy.port}`;
  const server = await stage.server({ flags: ['--allowed-origins', origin] });
  target.port = server.port;
  return { server, proxy, origin };
}

const simulate = (stage: Stage, server: Server, ...more: string[]) =>
  stage.pulsewatch(
    ['simulate', '--server', `127.0.0.1:${server.heartbeatPort}`, '--seed', '5', ...more],
    /.+/,
  );

const tags = (records: readonly FrameRecord[]): string[] => records.map(({ frame }) => frame.t);

test('cut off for 20 s: stale is shown, then one diff brings it back', async ({ stage, page }) => {
  test.setTimeout(120_000);
  const { server, proxy, origin } = await behindProxy(stage);
  const frames = recordFrames(page);
  await simulate(stage, server, '--hosts', '300', '--interval', '500ms', '--kill', '20@12s');
  await page.goto(`${origin}/?transport=socketio`);
  await expect(page.getByTestId('fleet-sentence')).toContainText('300');
  await expect.poll(async () => (await digestOfPage(page)).seq).toBeGreaterThan(0);

  proxy.cut();
  const cutAt = Date.now();
  await expect(page.getByTestId('stale-banner')).toBeVisible({ timeout: 10_000 });
  await expect(pill(page)).toHaveAttribute('data-status', /reconnecting|stale/);
  const before = await digestOfPage(page);
  await expect.poll(() => Date.now() - cutAt, { timeout: 25_000 }).toBeGreaterThan(20_000);
  expect((await server.health()).hosts.down, 'changes happened meanwhile').toBe(20);
  const seenBefore = frames.length;
  proxy.mend();
  await expect(pill(page)).toHaveAttribute('data-status', 'live', { timeout: 20_000 });
  await expect(page.getByTestId('fleet-sentence')).toContainText('20 down');
  await expectEqualViews(page, server);

  const since = frames.slice(seenBefore).filter(({ frame }) => frame.t !== 'B' && frame.t !== 'A');
  expect(tags(since), 'no snapshot, no reset').not.toContain('S');
  expect(tags(since)).not.toContain('R');
  const diff = since[0]!.frame as Extract<Frame, { t: 'D' }>;
  expect({ t: diff.t, f: diff.f }).toEqual({ t: 'D', f: before.seq });
  await proxy.close();
});

test('a server restart: R and S in the same answer, and the new state', async ({ stage, page }) => {
  test.setTimeout(90_000);
  const { server, proxy, origin } = await behindProxy(stage);
  const frames = recordFrames(page);
  await simulate(stage, server, '--hosts', '100', '--interval', '200ms');
  await page.goto(`${origin}/?transport=socketio`);
  await expect(page.getByTestId('fleet-sentence')).toContainText('100');
  const { epoch } = await digestOfPage(page);

  const seenBefore = frames.length;
  await server.restart();
  await expect.poll(async () => (await digestOfPage(page)).epoch, { timeout: 20_000 }).not.toBe(epoch);
  await expect(page.getByTestId('fleet-sentence')).toContainText('100', { timeout: 40_000 });
  await expect(pill(page)).toHaveAttribute('data-status', 'live');
  const since = frames.slice(seenBefore).filter(({ frame }) => frame.e !== epoch);
  expect(
    tags(since)
      .filter((t) => t !== 'A')
      .slice(0, 2),
  ).toEqual(['R', 'S']);
  expect(since[0]!.frame).toMatchObject({ why: 'epoch' });
  await expectEqualViews(page, server);
  await proxy.close();
});

test('a server that is away for 8 s and comes back as another run: Socket.IO is not left for it', async ({
  stage,
  page,
}) => {
  test.setTimeout(90_000);
  const { server, proxy, origin } = await behindProxy(stage);
  await simulate(stage, server, '--hosts', '50', '--interval', '200ms');
  const live = page.locator('[data-testid="connection-pill"][data-transport="socketio"][data-status="live"]');
  await page.goto(origin);
  await expect(live).toBeVisible();
  const { epoch } = await digestOfPage(page);
  const streams: string[] = [];
  page.on('request', (request) => {
    if (/\/rt\/(sse|poll)/.test(request.url())) streams.push(request.url());
  });

  proxy.cut();
  const cutAt = Date.now();
  await server.restart();
  await expect(page.getByTestId('stale-banner')).toContainText('The server does not answer.');
  await expect.poll(() => Date.now() - cutAt, { timeout: 15_000 }).toBeGreaterThan(8_000);
  await expect(page.getByTestId('fallback-banner')).toHaveCount(0);
  proxy.mend();
  await expect(live).toBeVisible({ timeout: 20_000 });
  await expect.poll(async () => (await digestOfPage(page)).epoch).not.toBe(epoch);
  await expect(page.getByTestId('fallback-banner')).toHaveCount(0);
  expect(streams, 'no other transport was tried').toEqual([]);
  await proxy.close();
});

test('a page that nothing reaches for 8 s gets the frames in flight, then one diff', async ({
  stage,
  page,
}) => {
  test.setTimeout(90_000);
  const { server, proxy, origin } = await behindProxy(stage);
  const frames = recordFrames(page);
  await simulate(stage, server, '--hosts', '2000', '--interval', '200ms', '--flap', '1000');
  await page.goto(`${origin}/?transport=socketio`);
  await expect(page.getByTestId('fleet-sentence')).toContainText('2,000', { timeout: 20_000 });

  proxy.stall();
  const stalledAt = Date.now();
  await expect.poll(() => Date.now() - stalledAt, { timeout: 12_000 }).toBeGreaterThan(8_000);
  // What was on its way when the cable stopped is through and acknowledged by now.
  const seenBefore = frames.length;
  proxy.resume();
  await expect.poll(() => frames.length).toBeGreaterThan(seenBefore + 9);
  await expect(pill(page)).toHaveAttribute('data-status', 'live');

  const diffs = frames
    .slice(seenBefore)
    .map(({ frame }) => frame)
    .filter((frame) => frame.t === 'D');
  const spans = diffs.map(({ f, s }) => s - f);
  const merged = spans.findIndex((span) => span > 20);
  expect(merged, `one merged diff among spans ${spans}`).toBeGreaterThanOrEqual(0);
  expect(merged, 'after at most eight in flight').toBeLessThanOrEqual(8);
  expect(spans.filter((span) => span > 20)).toHaveLength(1);
  expect(tags(frames.slice(seenBefore))).not.toContain('R');
  await proxy.close();
});

/**
 * What stands between browser and server decides the transport: upgrades blocked, streams held back, all of the
 * browser's connections taken. Timings are the real ones but for the climb, which REAL_TIMINGS=1 leaves alone too.
 */
import type { BrowserContext, Page } from 'playwright/test';
import { expect, type Server, type Stage, test } from './support/pulsewatch.ts';
import { expectEqualViews } from './support/view-digest.ts';
import { type WebProxy, webProxy } from './support/web-proxy.ts';
import { recordFrames } from './support/websocket-frames.ts';

const REAL_TIMINGS = process.env.REAL_TIMINGS === '1';
/** 60 s ± 50 %, and the time to connect. */
const BACK_WITHIN_MS = 95_000;

const pill = (page: Page) => page.getByTestId('connection-pill');

async function behindProxy(stage: Stage): Promise<{ server: Server; proxy: WebProxy }> {
  const target = { port: 0 };
  const proxy = await webProxy(() => target.port);
  const server = await stage.server({ flags: ['--allowed-origins', proxy.origin] });
  target.port = server.port;
  return { server, proxy };
}

async function climbSoon(context: BrowserContext): Promise<void> {
  if (!REAL_TIMINGS) await context.addInitScript(() => localStorage.setItem('pw.climb-every-ms', '6000'));
}

const simulate = (stage: Stage, server: Server, ...more: string[]) =>
  stage.pulsewatch(
    ['simulate', '--server', `127.0.0.1:${server.heartbeatPort}`, '--seed', '9', ...more],
    /.+/,
  );

for (const block of ['refuse', 'swallow'] as const) {
  test(`upgrades ${block === 'refuse' ? 'refused' : 'swallowed'}: live by SSE within 8 s, and it says so`, async ({
    stage,
    page,
    context,
  }) => {
    const { server, proxy } = await behindProxy(stage);
    await climbSoon(context);
    await simulate(stage, server, '--hosts', '50', '--interval', '200ms');
    proxy.upgrades = block;
    await page.goto(proxy.origin, { waitUntil: 'commit' });
    const live = page.locator('[data-testid="connection-pill"][data-transport="sse"][data-status="live"]');
    await expect(live).toBeVisible({ timeout: 8_000 });
    await expect(live).toContainText('SSE');
    await expect(page.getByTestId('fallback-banner')).toContainText('Socket.IO');
    await page.goto(`${proxy.origin}/settings`);
    await expect(page.getByTestId('transport-now')).toContainText('SSE', { timeout: 8_000 });
    await expect(page.getByText('SSE in place of Socket.IO').first()).toBeVisible();
    await proxy.close();
  });
}

test('blocked step by step, then free again: SSE, long polling, and back without a gap', async ({
  stage,
  page,
  context,
}) => {
  test.setTimeout(REAL_TIMINGS ? 300_000 : 120_000);
  const { server, proxy } = await behindProxy(stage);
  await climbSoon(context);
  const websocketFrames = recordFrames(page);
  const fleet = await simulate(stage, server, '--hosts', '200', '--interval', '200ms', '--flap', '40');
  proxy.upgrades = 'refuse';
  await page.goto(proxy.origin);
  await expect(pill(page)).toHaveAttribute('data-transport', 'sse', { timeout: 8_000 });
  await expect(page.getByTestId('fleet-sentence')).toContainText('200');

  proxy.buffersStreams = true;
  await expect(pill(page)).toHaveAttribute('data-transport', 'long-polling', { timeout: 40_000 });
  await expect(pill(page)).toHaveAttribute('data-status', 'live');
  await expect(pill(page)).toContainText('Long polling');
  await expect(page.getByTestId('stale-banner')).toHaveCount(0);
  expect(websocketFrames, 'nothing came by WebSocket').toHaveLength(0);

  proxy.upgrades = 'pass';
  proxy.buffersStreams = false;
  const freedAt = Date.now();
  await expect(pill(page)).toHaveAttribute('data-transport', 'socketio', { timeout: BACK_WITHIN_MS });
  await expect(pill(page)).toHaveAttribute('data-status', 'live');
  expect(Date.now() - freedAt).toBeLessThan(90_000);
  await expect.poll(() => websocketFrames.length).toBeGreaterThan(0);
  const kinds = websocketFrames.map(({ frame }) => frame.t).join('');
  expect(kinds, 'it goes on from its position: no reset, no snapshot').not.toMatch(/[RS]/);
  await stage.end(fleet);
  await expect.poll(async () => (await server.health()).hosts.down, 'all fall silent').toBe(200);
  await expectEqualViews(page, server);
  await proxy.close();
});

test('streams held back but upgrades open: nothing is noticed', async ({ stage, page }) => {
  const { server, proxy } = await behindProxy(stage);
  proxy.buffersStreams = true;
  await simulate(stage, server, '--hosts', '20', '--interval', '200ms');
  await page.goto(proxy.origin);
  await expect(pill(page)).toHaveAttribute('data-transport', 'socketio');
  await expect(pill(page)).toHaveAttribute('data-status', 'live');
  await proxy.close();
});

test('a forced SSE that is held back stays SSE, and says that nothing arrives', async ({ stage, page }) => {
  const { server, proxy } = await behindProxy(stage);
  await simulate(stage, server, '--hosts', '20', '--interval', '200ms');
  proxy.buffersStreams = true;
  await page.goto(`${proxy.origin}/?transport=sse`);
  await expect.poll(() => proxy.requests.get('/rt/sse') ?? 0, { timeout: 40_000 }).toBeGreaterThan(1);
  await expect(pill(page)).toHaveAttribute('data-transport', 'sse');
  expect(proxy.requests.get('/rt/poll') ?? 0, 'no polling').toBe(0);
  proxy.buffersStreams = false;
  await expect(pill(page)).toHaveAttribute('data-status', 'live', { timeout: 40_000 });
  await proxy.close();
});

test('what something on the way falsifies is repaired, and said the third time', async ({ stage, page }) => {
  const { server, proxy } = await behindProxy(stage);
  const fleet = await simulate(stage, server, '--hosts', '50', '--interval', '100ms', '--flap', '20');
  await page.goto(`${proxy.origin}/?transport=sse`);
  await expect(page.getByTestId('fleet-sentence')).toContainText('50');
  const trouble = page.getByText('This view had to be repaired several times');
  await expect(trouble).toHaveCount(0);
  proxy.falsifiesDiffs = true;
  await expect(trouble).toBeVisible({ timeout: 30_000 });
  proxy.falsifiesDiffs = false;
  await stage.end(fleet);
  await expect.poll(async () => (await server.health()).hosts.down, 'all fall silent').toBe(50);
  await expectEqualViews(page, server);
  await expect(trouble, 'it stays for ten minutes').toBeVisible();
  await proxy.close();
});

test('five tabs on SSE over HTTP/1.1: the fifth polls and says why, and every page still loads', async ({
  stage,
  context,
}) => {
  test.setTimeout(120_000);
  const server = await stage.server();
  await simulate(stage, server, '--hosts', '30', '--interval', '200ms');
  const streaming: Page[] = [];
  for (let i = 0; i < 4; i++) {
    const page = await context.newPage();
    await page.goto(`${server.url}/?transport=sse`);
    await expect(pill(page)).toHaveAttribute('data-status', 'live');
    await expect(pill(page)).toHaveAttribute('data-transport', 'sse');
    streaming.push(page);
  }
  const fifth = await context.newPage();
  await fifth.goto(`${server.url}/settings?transport=sse`);
  await expect(pill(fifth)).toHaveAttribute('data-status', 'live');
  await expect(pill(fifth)).toHaveAttribute('data-transport', 'polling');
  await expect(fifth.getByText(/other tabs/i).first()).toBeVisible();

  for (const path of ['/hosts', '/alerts', '/transports', '/add', '/']) {
    const page = await context.newPage();
    await page.goto(`${server.url}${path}`, { timeout: 10_000 });
    await expect(pill(page)).toHaveAttribute('data-status', 'live');
    await page.close();
  }
  for (const page of streaming) await expect(pill(page)).toHaveAttribute('data-transport', 'sse');

  await streaming[0]!.close();
  await expect(pill(fifth), 'a place came free').toHaveAttribute('data-transport', 'sse', {
    timeout: 20_000,
  });
  await expect(pill(fifth)).toHaveAttribute('data-status', 'live');
});

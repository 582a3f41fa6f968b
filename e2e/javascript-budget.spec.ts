/** Lists the JavaScript Chromium loads before a page is live; size-limit then weighs exactly that. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { BUDGETED_ROUTES, LISTS } from '../.size-limit.ts';
import { expect, test } from './support/pulsewatch.ts';

/** Paths of all scripts whose loading began before the pill said live; told by the page's own clock. */
async function scriptsBeforeLive(page: Page, url: string): Promise<string[]> {
  await page.addInitScript(() => {
    performance.setResourceTimingBufferSize(10_000);
    const observer = new MutationObserver(() => {
      if (!document.querySelector('[data-testid="connection-pill"][data-status="live"]')) return;
      performance.mark('live');
      observer.disconnect();
    });
    observer.observe(document, { subtree: true, childList: true, attributeFilter: ['data-status'] });
  });
  await page.goto(url);
  await expect(page.getByTestId('connection-pill')).toHaveAttribute('data-status', 'live');
  return page.evaluate(() => {
    const liveAtMs = performance.getEntriesByName('live')[0]!.startTime;
    const loaded = performance.getEntriesByType('resource').filter(({ startTime }) => startTime <= liveAtMs);
    const paths = loaded.map(({ name }) => new URL(name).pathname).filter((path) => path.endsWith('.js'));
    return [...new Set(paths)];
  });
}

for (const [name, path] of Object.entries(BUDGETED_ROUTES)) {
  test(`the JavaScript of ${path} before it is live`, async ({ stage, page }) => {
    const server = await stage.server();
    await stage.pulsewatch(
      ['simulate', '--server', `127.0.0.1:${server.heartbeatPort}`, '--hosts', '50', '--kill', '2@1s'],
      /.+/,
    );
    await expect.poll(async () => (await server.health()).hosts.down, { timeout: 15_000 }).toBe(2);
    const beforeLive = await scriptsBeforeLive(page, server.url + path);
    expect(beforeLive.length).toBeGreaterThan(3);
    for (const script of beforeLive) expect(script).toMatch(/^\/_next\/static\/.+\.js$/);
    mkdirSync(LISTS, { recursive: true });
    const files = beforeLive.map((script) => script.replace('/_next/', '.next/'));
    writeFileSync(join(LISTS, `${name}.json`), JSON.stringify(files, null, 2));
  });
}

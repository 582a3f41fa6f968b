/** Lists the JavaScript Chromium loads before a page is live; size-limit then weighs exactly that. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUDGETED_ROUTES, LISTS } from '../.size-limit.ts';
import { expect, test } from './support/pulsewatch.ts';

for (const [name, path] of Object.entries(BUDGETED_ROUTES)) {
  test(`the JavaScript of ${path} before it is live`, async ({ stage, page }) => {
    const server = await stage.server();
    await stage.pulsewatch(
      ['simulate', '--server', `127.0.0.1:${server.heartbeatPort}`, '--hosts', '50', '--kill', '2@1s'],
      /.+/,
    );
    await expect.poll(async () => (await server.health()).hosts.down, { timeout: 15_000 }).toBe(2);
    const scripts: string[] = [];
    page.on('request', (request) => {
      if (request.resourceType() === 'script') scripts.push(new URL(request.url()).pathname);
    });
    await page.goto(server.url + path);
    await expect(page.getByTestId('connection-pill')).toHaveAttribute('data-status', 'live');
    const beforeLive = [...new Set(scripts)];
    expect(beforeLive.length).toBeGreaterThan(3);
    for (const script of beforeLive) expect(script).toMatch(/^\/_next\/static\/.+\.js$/);
    mkdirSync(LISTS, { recursive: true });
    const files = beforeLive.map((script) => script.replace('/_next/', '.next/'));
    writeFileSync(join(LISTS, `${name}.json`), JSON.stringify(files, null, 2));
  });
}

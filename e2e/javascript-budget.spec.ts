/** Lists the JavaScript Chromium loads before a page can be used; size-limit then weighs exactly that. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUDGETED_ROUTES, LISTS } from '../.size-limit.ts';
import { expect, test } from './support/pulsewatch.ts';
import { scriptsBeforeData } from './support/scripts-before-data.ts';

for (const [name, path] of Object.entries(BUDGETED_ROUTES)) {
  test(`the JavaScript of ${path} before it can be used`, async ({ stage, page }) => {
    const server = await stage.server();
    await stage.pulsewatch(
      ['simulate', '--server', `127.0.0.1:${server.heartbeatPort}`, '--hosts', '50', '--kill', '2@1s'],
      /.+/,
    );
    await expect.poll(async () => (await server.health()).hosts.down, { timeout: 15_000 }).toBe(2);
    const before = await scriptsBeforeData(page, server.url + path);
    expect(before.length).toBeGreaterThan(3);
    for (const script of before) expect(script).toMatch(/^\/_next\/static\/.+\.js$/);
    mkdirSync(LISTS, { recursive: true });
    const files = before.map((script) => script.replace('/_next/', '.next/'));
    writeFileSync(join(LISTS, `${name}.json`), JSON.stringify(files, null, 2));
  });
}

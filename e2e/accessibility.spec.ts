/** Every page in every dress: axe finds nothing, nothing scrolls sideways, the console stays silent. */
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright/test';
import { complaintsOf, expect, type Server, test } from './support/pulsewatch.ts';

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const PAGES = [
  '/',
  '/hosts',
  '/hosts/HOST',
  '/alerts',
  '/alerts?status=resolved',
  '/events',
  '/transports',
  '/settings',
  '/add',
  '/nowhere',
];

async function openAs(
  browser: Browser,
  server: Server,
  dress: { theme: 'light' | 'dark'; width: number; locale: 'en' | 'zh-CN' },
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: dress.width, height: dress.width < 500 ? 844 : 900 },
    colorScheme: dress.theme,
    locale: dress.locale,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(`${server.url}/settings`);
  return page;
}

for (const locale of ['en', 'zh-CN'] as const) {
  test(`axe finds nothing on any page, light and dark, wide and narrow, in ${locale}`, async ({
    stage,
    browser,
  }) => {
    test.setTimeout(300_000);
    const server = await stage.server();
    await stage.pulsewatch(
      [
        'simulate',
        ...['--server', `127.0.0.1:${server.heartbeatPort}`, '--hosts', '120', '--interval', '200ms'],
        ...['--kill', '4@2s', '--seed', '11', '--loss', '0.02'],
      ],
      /.+/,
    );
    await expect.poll(async () => (await server.health()).hosts.down).toBe(4);
    const down = (await server.hosts('?state=down')).hosts[0]!;

    for (const theme of ['light', 'dark'] as const) {
      for (const width of [1440, 390]) {
        const page = await openAs(browser, server, { theme, width, locale });
        const complaints = complaintsOf(page);
        for (const path of PAGES) {
          const where = `${path} ${theme} ${width} ${locale}`;
          await page.goto(server.url + path.replace('HOST', down.name));
          await expect(page.getByTestId('connection-pill'), where).toHaveAttribute('data-status', 'live');
          await expect(page.locator('html')).toHaveAttribute('lang', locale);
          await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
          const { violations } = await new AxeBuilder({ page }).withTags(STANDARDS).analyze();
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.target).join(' ')}`);
          expect(found, where).toEqual([]);
          const sideways = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          expect(sideways, `sideways scroll on ${where}`).toBeLessThanOrEqual(0);
        }
        // The browser itself reports the page that is not there.
        expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
        await page.context().close();
      }
    }
  });
}

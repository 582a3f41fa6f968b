/** Which scripts a page loads until it can be used: it is hydrated and its first data is there. By its own clock. */
import { expect, type Page } from 'playwright/test';

/** Opens `url` on a page that has opened nothing yet. Paths of all scripts whose loading began by then. */
export async function scriptsBeforeData(page: Page, url: string): Promise<string[]> {
  await page.addInitScript(() => performance.setResourceTimingBufferSize(10_000));
  await page.goto(url);
  await expect(page.getByTestId('connection-pill')).toHaveAttribute('data-status', 'live');
  return page.evaluate(() => {
    const loaded = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    const path = ({ name }: PerformanceResourceTiming): string => new URL(name).pathname;
    // Asked for by the hydrated page; what comes after it (Socket.IO, charts, dialogs) holds nobody up.
    const dataAtMs = loaded.find((entry) => path(entry) === '/rt/poll')!.responseEnd;
    const before = loaded.filter(({ startTime }) => startTime <= dataAtMs).map(path);
    return [...new Set(before.filter((one) => one.endsWith('.js')))];
  });
}

/** The digest of what a page shows, and of what the server holds, each with its position. */
import { expect, type Page } from 'playwright/test';
import type { JsonFrame } from '../../lib/protocol/frames.ts';
import type { Server } from './pulsewatch.ts';

export type ViewDigest = { readonly epoch: string; readonly seq: number; readonly digest: string };

/** From the connection details, which the pill opens where they are not on the page anyway. */
export async function digestOfPage(page: Page): Promise<ViewDigest> {
  const position = page.getByTestId('position').first();
  if (!(await position.isVisible())) await page.getByTestId('connection-pill').click();
  return position.evaluate((element) => ({
    epoch: element.dataset.epoch ?? '',
    seq: Number(element.dataset.seq),
    digest: element.dataset.digest ?? '',
  }));
}

/** From a snapshot, asked for as a new viewer would. */
export async function digestOfServer(server: Server): Promise<ViewDigest> {
  const response = await fetch(`${server.url}/rt/poll`);
  const { frames } = (await response.json()) as { frames: JsonFrame[] };
  const snapshot = frames.find((frame) => frame.t === 'S');
  if (snapshot?.t !== 'S') throw new Error(`no snapshot in ${JSON.stringify(frames)}`);
  return { epoch: snapshot.e, seq: snapshot.s, digest: snapshot.dig };
}

/** Waits until page and server stand at the same position with the same digest. */
export async function expectEqualViews(page: Page, server: Server): Promise<void> {
  await expect
    .poll(async () => {
      const [shown, held] = await Promise.all([digestOfPage(page), digestOfServer(server)]);
      return JSON.stringify(shown) === JSON.stringify(held) ? 'equal' : { shown, held };
    })
    .toBe('equal');
}

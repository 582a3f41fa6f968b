/** Records, inside the page, every text an element shows and when: what a person would have seen. */
import type { Page } from 'playwright/test';

export type ShownText = { readonly atMs: number; readonly text: string };

declare global {
  interface Window {
    shownTexts?: { atMs: number; text: string }[];
  }
}

/** Starts to record the element with this test id, its present text first. One recorder a page. */
export async function recordTexts(page: Page, testId: string): Promise<void> {
  await page.evaluate((id) => {
    const shown: { atMs: number; text: string }[] = [];
    window.shownTexts = shown;
    const look = (): void => {
      const text = document.querySelector(`[data-testid="${id}"]`)?.textContent ?? '';
      if (shown.at(-1)?.text !== text) shown.push({ atMs: Date.now(), text });
    };
    look();
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
  }, testId);
}

export async function textsOf(page: Page): Promise<readonly ShownText[]> {
  return page.evaluate(() => window.shownTexts ?? []);
}

/**
 * One page of the browser's benchmark, by its own clocks: when the map of the fleet was on the screen, tasks over
 * 50 ms, frames of the screen, memory. Chromium through Playwright; what it adds to the page is a frame callback.
 */
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright';

/** As the browser counts a long task. */
export const LONG_TASK_MS = 50;

type Watch = {
  /** The first frame with hosts on the map was handed to the screen, ms after the navigation began. */
  mapAtMs: number | null;
  tasks: { atMs: number; ms: number }[];
  frames: number;
  longestFrameMs: number;
  draws: number;
};

/** Runs in the page, before any script of its own. */
function watchPage(): void {
  const watch: Watch = { mapAtMs: null, tasks: [], frames: 0, longestFrameMs: 0, draws: 0 };
  (globalThis as unknown as { watch: Watch }).watch = watch;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      watch.tasks.push({ atMs: startTime, ms: duration });
    }
  }).observe({ type: 'longtask', buffered: true });
  let before = Number.NaN;
  const frame = (nowMs: number): void => {
    if (nowMs - before > watch.longestFrameMs) watch.longestFrameMs = nowMs - before;
    before = nowMs;
    watch.frames++;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (
    this: CanvasRenderingContext2D,
    ...args: unknown[]
  ) {
    watch.draws++;
    if (watch.mapAtMs === null) {
      const image = args[0] as ImageData;
      const pixels = new Uint32Array(image.data.buffer);
      // A map without hosts is drawn too, before they have come.
      if (pixels[Math.floor(pixels.length / 3)] !== 0 || pixels[0] !== 0) {
        watch.mapAtMs = Number.NaN;
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => {
            watch.mapAtMs = performance.now();
          };
          port2.postMessage(null);
        });
      }
    }
    return put.apply(this, args as Parameters<typeof put>);
  };
}

export type Stay = {
  readonly seconds: number;
  readonly framesPerSecond: number;
  readonly longestFrameMs: number;
  readonly drawsPerSecond: number;
  /** Over 50 ms. */
  readonly longTasks: number;
  readonly longestTaskMs: number;
};

export type PageMemory = {
  readonly heapMiB: number;
  /** Of the renderer's process: private and shared. */
  readonly rssMiB: number;
  readonly domNodes: number;
};

export class MillionPage {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #session: CDPSession;
  readonly #browser: Browser;

  private constructor(browser: Browser, context: BrowserContext, page: Page, session: CDPSession) {
    this.#browser = browser;
    this.#context = context;
    this.page = page;
    this.#session = session;
  }

  /** Nothing kept from another page: no cache, no choice. */
  static async open(browser: Browser): Promise<MillionPage> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(watchPage);
    const session = await context.newCDPSession(page);
    await session.send('Performance.enable');
    return new MillionPage(browser, context, page, session);
  }

  /** Until hosts are on the map: ms after the navigation began, and the longest task until then (0: none over 50 ms). */
  async showMap(url: string, withinMs: number): Promise<{ mapAtMs: number; longestTaskMs: number }> {
    await this.page.goto(url, { waitUntil: 'commit' });
    const mapAtMs = await this.page
      .waitForFunction(
        () => {
          const { mapAtMs } = (globalThis as unknown as { watch: Watch }).watch;
          return mapAtMs === null || Number.isNaN(mapAtMs) ? null : mapAtMs;
        },
        undefined,
        { timeout: withinMs, polling: 50 },
      )
      .then((handle) => handle.jsonValue());
    return { mapAtMs: mapAtMs!, longestTaskMs: await this.#longestTaskMs() };
  }

  /** What happens in the page for so long. */
  async stay(seconds: number): Promise<Stay> {
    await this.page.evaluate(() => {
      const { watch } = globalThis as unknown as { watch: Watch };
      Object.assign(watch, { tasks: [], frames: 0, longestFrameMs: 0, draws: 0 });
    });
    const beganMs = performance.now();
    await this.page.waitForTimeout(seconds * 1_000);
    const watch = await this.#watch();
    const tookS = (performance.now() - beganMs) / 1_000;
    return {
      seconds,
      framesPerSecond: watch.frames / tookS,
      longestFrameMs: watch.longestFrameMs,
      drawsPerSecond: watch.draws / tookS,
      longTasks: watch.tasks.length,
      longestTaskMs: Math.max(0, ...watch.tasks.map(({ ms }) => ms)),
    };
  }

  /** After a collection of what is no longer used. */
  async memory(): Promise<PageMemory> {
    await this.#session.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.#session.send('Performance.getMetrics');
    const metric = (name: string): number => metrics.find((each) => each.name === name)?.value ?? Number.NaN;
    return {
      heapMiB: metric('JSHeapUsedSize') / 2 ** 20,
      rssMiB: await this.#rendererRssMiB(),
      domNodes: await this.page.evaluate(() => document.querySelectorAll('*').length),
    };
  }

  close(): Promise<void> {
    return this.#context.close();
  }

  #watch(): Promise<Watch> {
    return this.page.evaluate(() => (globalThis as unknown as { watch: Watch }).watch);
  }

  async #longestTaskMs(): Promise<number> {
    return Math.max(0, ...(await this.#watch()).tasks.map(({ ms }) => ms));
  }

  /** The largest of the browser's renderers: the only one with a page in it. Linux. */
  async #rendererRssMiB(): Promise<number> {
    const session = await this.#browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    const rss = processInfo
      .filter(({ type }) => type === 'renderer')
      .map(
        ({ id }) =>
          Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]) / 1_024,
      );
    return Math.max(...rss);
  }
}

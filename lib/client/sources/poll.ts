/**
 * Live frames by short polling: one request every POLL_MS, from wherever the view stands. Browsers slow timers
 * of hidden pages down, so becoming visible asks at once. One failed request ends the source.
 */
import type { Source, SourceOptions } from '../source.ts';
import { openTurns, wait } from './poll-turns.ts';

export const POLL_MS = 2_000;
/** A request without an answer is given up after this, well inside the watchdog. */
export const POLL_TIMEOUT_MS = 10_000;

/** Until the page becomes visible; never where there is no page. */
function becomesVisible(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (typeof document === 'undefined') return;
    const look = (): void => {
      if (document.visibilityState === 'visible') resolve();
    };
    document.addEventListener('visibilitychange', look, { signal });
  });
}

/** A slow network is not asked without a pause: at least this share of the interval. */
const LEAST_PAUSE = 1 / 4;

/** @param pollMs From one request to the next, ms. */
export function openPoll(options: SourceOptions, pollMs: number = POLL_MS): Source {
  return openTurns(options, {
    name: 'polling',
    waitS: () => 0,
    timeoutMs: () => POLL_TIMEOUT_MS,
    async pause(_frames, tookMs, signal) {
      const over = new AbortController();
      const either = AbortSignal.any([signal, over.signal]);
      await Promise.race([
        wait(Math.max(pollMs - tookMs, pollMs * LEAST_PAUSE), either),
        becomesVisible(either),
      ]);
      over.abort();
    },
  });
}

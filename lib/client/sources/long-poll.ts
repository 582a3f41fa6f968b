/**
 * Live frames by long polling: the server holds each request until there is news, and the next one follows at
 * once. The first is not held, so that the view is proven without waiting. Loaded on first use.
 */
import type { Source, SourceOptions } from '../source.ts';
import { openTurns, wait } from './poll-turns.ts';

/** How long the server may hold a request, s; it adds up to 1/16 of it. */
export const LONG_POLL_WAIT_S = 10;
/** For the way there and back, and for a snapshot's transfer. */
const TRANSFER_MS = 10_000;
/** An answer without news that came sooner was not held, by whatever cause: the next request waits so long too. */
const EARLY_MS = 1_000;

/** A packed snapshot takes a moment; who asked meanwhile would be sent another one. Looked at so often … */
const UNPACKING_MS = 5;
/** … and not for ever: it may be one that cannot be unpacked. */
const UNPACKED_WITHIN_MS = 1_000;

const isPacked = (frame: unknown): boolean =>
  typeof frame === 'object' && frame !== null && 'enc' in frame && frame.enc === 'gzip';
const isNews = (frame: unknown): boolean =>
  typeof frame !== 'object' || frame === null || !('t' in frame) || frame.t !== 'B';

/** @param waitS An integer of 1 to 25. */
export function openLongPoll(options: SourceOptions, waitS: number = LONG_POLL_WAIT_S): Source {
  let turns = 0;
  return openTurns(options, {
    name: 'long polling',
    waitS: (turn) => (turn === 0 ? 0 : waitS),
    timeoutMs: (heldS) => (heldS + heldS / 16) * 1_000 + TRANSFER_MS,
    async pause(frames, tookMs, signal) {
      const untilMs = performance.now() + (frames.some(isPacked) ? UNPACKED_WITHIN_MS : 0);
      while (options.position() === null && !signal.aborted && performance.now() < untilMs) {
        await wait(UNPACKING_MS, signal);
      }
      if (turns++ === 0 || tookMs >= EARLY_MS || frames.some(isNews)) return;
      await wait(EARLY_MS, signal);
    },
  });
}

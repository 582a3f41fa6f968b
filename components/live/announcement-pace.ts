/**
 * Owns how often the page speaks up by itself: a storm of transitions becomes one sentence about where it
 * stands, not a thousand. Pure.
 */

/** After the first change wait so long for more of the same, ms. */
export const GATHER_MS = 1_000;
/** Never two announcements closer together, ms. */
export const SPACING_MS = 5_000;

/** When a change at `changedAtMs` is to be announced, the last announcement having been at `lastAtMs`. */
export function announceAtMs(changedAtMs: number, lastAtMs: number | null): number {
  const gatheredAtMs = changedAtMs + GATHER_MS;
  return lastAtMs === null ? gatheredAtMs : Math.max(gatheredAtMs, lastAtMs + SPACING_MS);
}

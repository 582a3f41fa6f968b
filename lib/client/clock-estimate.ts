/**
 * How far the server's clock is from this page's, by the probe with the shortest round trip of the last two
 * minutes. Pure; time passed in. Sources: F. Cristian, "Probabilistic clock synchronization" (1989): the true
 * offset is within half a round trip; RFC 5905 section 8: offset and delay from four instants.
 */
import type { ClockReading } from './comparison/comparison-state.ts';

/** The four instants of one probe, ms: sent and answered on the page's clock, taken in and left on the server's. */
export type ClockProbe = {
  readonly c0: number;
  readonly s1: number;
  readonly s2: number;
  readonly c3: number;
};

/** Older probes are forgotten, so that the drift of the clocks is followed. */
export const CLOCK_WINDOW_MS = 120_000;
/**
 * What the coarse clocks of browsers are forgiven, ms: a round trip this much below 0 counts as 0, and two probes
 * that differ by so much more than both ± agree.
 */
const COARSE_MS = 2;
/** At most so many probes are kept, the newest. */
const MAX_PROBES = 32;

type Kept = ClockReading & { readonly atMs: number };

export class ClockEstimate {
  #kept: readonly Kept[] = [];

  /** False, and nothing is taken, when an instant is missing or a clock ran backwards. */
  add({ c0, s1, s2, c3 }: ClockProbe): boolean {
    const roundTripMs = c3 - c0 - (s2 - s1);
    // NaN fails too. A server that took longer than the whole probe has another idea of a millisecond.
    if (!(c3 >= c0 && s2 >= s1 && roundTripMs >= -COARSE_MS && Number.isFinite(s1))) return false;
    const probe = {
      offsetMs: (s1 - c0 + (s2 - c3)) / 2,
      plusMinusMs: Math.max(0, roundTripMs) / 2,
      atMs: c3,
    };
    // A clock that was stopped for a moment, or drifted: what the newest probe contradicts is over.
    const agreeing = this.#kept.filter(({ offsetMs, plusMinusMs }) => {
      return Math.abs(offsetMs - probe.offsetMs) <= plusMinusMs + probe.plusMinusMs + COARSE_MS;
    });
    this.#kept = [...agreeing, probe].slice(-MAX_PROBES);
    return true;
  }

  /** As of `nowMs` on the page's clock; null without a probe in the window. The newest of equal probes wins. */
  reading(nowMs: number): ClockReading | null {
    this.#kept = this.#kept.filter(({ atMs }) => nowMs - atMs <= CLOCK_WINDOW_MS);
    let best: Kept | null = null;
    for (const probe of this.#kept) if (best === null || probe.plusMinusMs <= best.plusMinusMs) best = probe;
    return best === null ? null : { offsetMs: best.offsetMs, plusMinusMs: best.plusMinusMs };
  }

  /** After a sleep the page's clock may have stood still: nothing known before counts. */
  reset(): void {
    this.#kept = [];
  }
}

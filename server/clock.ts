/**
 * The server's clock: ms since the epoch that never step, the same in every thread (docs/protocol.md: from
 * `performance.timeOrigin + performance.now()`). Threads have origins of their own, so a worker is handed the
 * main thread's reading against the monotonic clock all threads share.
 */
export type ClockOrigin = { readonly epochMinusMonotonicMs: number };

export type Clock = () => number;

function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** Pairs of readings taken to relate two clocks: the first ones run cold, any may be interrupted. */
const PAIRINGS = 64;

/** How far the monotonic clock is ahead of this thread's `performance.now()`; about a microsecond exact. */
function monotonicAheadMs(): number {
  let tightestMs = Number.POSITIVE_INFINITY;
  let aheadMs = 0;
  for (let i = 0; i < PAIRINGS; i++) {
    const beforeMs = performance.now();
    const monotonic = monotonicMs();
    const spanMs = performance.now() - beforeMs;
    if (spanMs >= tightestMs) continue;
    tightestMs = spanMs;
    aheadMs = monotonic - (beforeMs + spanMs / 2);
  }
  return aheadMs;
}

/** Taken once, in the main thread. */
export function clockOrigin(): ClockOrigin {
  return { epochMinusMonotonicMs: performance.timeOrigin - monotonicAheadMs() };
}

/** A clock for this thread. A reading costs one `performance.now()`. */
export function clockFrom(origin: ClockOrigin): Clock {
  const base = origin.epochMinusMonotonicMs + monotonicAheadMs();
  return () => base + performance.now();
}

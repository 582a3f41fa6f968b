/**
 * The server's clock: ms since the epoch that never step, the same in every thread (PROTOCOL.md: from
 * `performance.timeOrigin + performance.now()`). Threads have origins of their own, so a worker is handed the
 * main thread's reading against the monotonic clock all threads share.
 */
export type ClockOrigin = { readonly epochMinusMonotonicMs: number };

export type Clock = () => number;

function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** Taken once, in the main thread. */
export function clockOrigin(): ClockOrigin {
  return { epochMinusMonotonicMs: performance.timeOrigin + performance.now() - monotonicMs() };
}

/** A clock for this thread. A reading costs one `performance.now()`. */
export function clockFrom(origin: ClockOrigin): Clock {
  const base = origin.epochMinusMonotonicMs + monotonicMs() - performance.now();
  return () => base + performance.now();
}

/**
 * Which silence makes a host late or down, as pure functions of its announced interval and one policy, and the
 * classes of hosts that share both spans: one class is one ordered FIFO pair. Rounding up to two significant
 * digits keeps the classes below a thousand. Pure, any thread.
 */
import { INTERVAL_UNIT_MS } from '../../lib/protocol/heartbeat.ts';

export type TimeoutPolicy = {
  /** Down after so many missed intervals. */
  readonly misses: number;
  readonly minTimeoutMs: number;
  readonly maxTimeoutMs: number;
};

/** Silence of so many intervals makes a host late: two missed beats and room for jitter. */
export const LATE_INTERVALS = 2.5;
const MAX_UNITS = 0xffff;

/** The least number with two significant digits that is not below a span of at least 10 ms. */
function roundUp(spanMs: number): number {
  let step = 1;
  while (spanMs / step > 99) step *= 10;
  return Math.ceil(spanMs / step) * step;
}

/** Silence after which a host that announced `intervalMs` is down, ms: clamped first, then rounded up. */
export function timeoutMsOf(intervalMs: number, policy: TimeoutPolicy): number {
  const wanted = policy.misses * intervalMs;
  return roundUp(Math.min(policy.maxTimeoutMs, Math.max(policy.minTimeoutMs, wanted)));
}

/** Silence after which any host is late that is not down by then, ms. */
export function lateSpanMs(intervalMs: number): number {
  return roundUp(LATE_INTERVALS * intervalMs);
}

/** Silence after which it is late, ms; null when it would be down by then. */
export function lateMsOf(intervalMs: number, policy: TimeoutPolicy): number | null {
  const lateMs = lateSpanMs(intervalMs);
  return lateMs < timeoutMsOf(intervalMs, policy) ? lateMs : null;
}

/**
 * A timeout while the bar stands at `misses`, which is 0 when it is not raised: never less than without it, and
 * beyond it only up to the longest timeout that may be.
 */
export function raisedMs(
  timeoutMs: number,
  intervalMs: number,
  misses: number,
  policy: TimeoutPolicy,
): number {
  return Math.max(timeoutMs, Math.min(policy.maxTimeoutMs, misses * intervalMs));
}

export type TimeoutClasses = {
  readonly count: number;
  /** Class of an interval in 10 ms units, 0 to 65535. */
  readonly ofInterval: Uint16Array;
  readonly timeoutMs: Float64Array;
  /** Infinity = no late phase. */
  readonly lateMs: Float64Array;
  /** What the class waits more after a blind span: its longest interval, never more than its timeout. */
  readonly graceMs: Float64Array;
  /** Its longest interval. */
  readonly intervalMs: Float64Array;
};

/** All classes of a policy. Cost: a pass over the 65,535 possible intervals, once. */
export function timeoutClasses(policy: TimeoutPolicy): TimeoutClasses {
  const ofInterval = new Uint16Array(MAX_UNITS + 1);
  const timeouts: number[] = [];
  const lates: number[] = [];
  const graces: number[] = [];
  const intervals: number[] = [];
  for (let units = 1; units <= MAX_UNITS; units++) {
    const intervalMs = units * INTERVAL_UNIT_MS;
    const timeoutMs = timeoutMsOf(intervalMs, policy);
    const lateMs = lateMsOf(intervalMs, policy) ?? Number.POSITIVE_INFINITY;
    // Both spans never shrink as the interval grows, so equal pairs are neighbours.
    let index = timeouts.length - 1;
    if (timeouts[index] !== timeoutMs || lates[index] !== lateMs) {
      index = timeouts.push(timeoutMs) - 1;
      lates.push(lateMs);
      graces.push(0);
      intervals.push(0);
    }
    graces[index] = Math.min(intervalMs, timeoutMs);
    intervals[index] = intervalMs;
    ofInterval[units] = index;
  }
  return {
    count: timeouts.length,
    ofInterval,
    timeoutMs: Float64Array.from(timeouts),
    lateMs: Float64Array.from(lates),
    graceMs: Float64Array.from(graces),
    intervalMs: Float64Array.from(intervals),
  };
}

/**
 * Figures of failure detectors that are known from the literature, as formulas: what our tests are measured by.
 * Pure. Sources: Chen, Toueg, Aguilera, On the Quality of Service of Failure Detectors (2002), for NFD-S; the accrual
 * detector of Hayashibara et al. (2004) with the approximation of the normal distribution that Akka uses.
 */

/** A heartbeat every intervalMs, lost with probability `loss`, else delayed exponentially. */
export type Channel = { readonly intervalMs: number; readonly loss: number; readonly meanDelayMs: number };

export type Quality = {
  /** Mean time between two mistakes, ms. */
  readonly betweenMistakesMs: number;
  /** How long one lasts, ms. */
  readonly mistakeMs: number;
};

const STEPS = 200_000;

/** Quality of NFD-S that finds a death within `boundMs`, which is at least the interval. */
export function nfdS({ intervalMs, loss, meanDelayMs }: Channel, boundMs: number): Quality {
  const shiftMs = boundMs - intervalMs;
  const laterThan = (spanMs: number): number => (spanMs <= 0 ? 1 : Math.exp(-spanMs / meanDelayMs));
  /** The j-th heartbeat after the one looked for is not there `spanMs` after the freshness point. */
  const missing = (j: number, spanMs: number): number =>
    loss + (1 - loss) * laterThan(shiftMs + spanMs - j * intervalMs);
  const last = Math.ceil(shiftMs / intervalMs);
  const suspected = (spanMs: number): number => {
    let all = 1;
    for (let j = 0; j <= last; j++) all *= missing(j, spanMs);
    return all;
  };
  const heardBefore = (1 - loss) * (1 - laterThan(shiftMs + intervalMs));
  const begins = heardBefore * suspected(0);
  let suspectedMs = 0;
  const stepMs = intervalMs / STEPS;
  for (let i = 0; i < STEPS; i++) suspectedMs += suspected((i + 0.5) * stepMs) * stepMs;
  return { betweenMistakesMs: intervalMs / begins, mistakeMs: suspectedMs / begins };
}

/** φ: how improbable a silence is for normally distributed intervals, as a power of ten. */
export function phi(silentMs: number, meanMs: number, deviationMs: number): number {
  const y = (silentMs - meanMs) / deviationMs;
  const e = Math.exp(-y * (1.5976 + 0.070566 * y * y));
  return silentMs > meanMs ? -Math.log10(e / (1 + e)) : -Math.log10(1 - 1 / (1 + e));
}

const DAY_MS = 24 * 3_600_000;

/**
 * No more living hosts than this are found down in a day when losses are independent: misses − 1 in a row after one
 * that came are enough, because jitter may do the rest.
 */
export function falseDownsADay(hosts: number, intervalMs: number, loss: number, misses: number): number {
  return hosts * (DAY_MS / intervalMs) * (1 - loss) * loss ** (misses - 1);
}

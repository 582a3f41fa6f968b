/**
 * How a host's own arrival intervals make its timeout: their mean and mean deviation, both moving averages, packed
 * into the 32 bits of a row that a wheel leaves free. Knows no lists, no policies. Pure, O(1), no allocation.
 * Source: an accrual detector turned into a deadline; the two averages as in RFC 6298 (Jacobson).
 */

/** Of a new interval so much goes into the averages. */
const GAIN = 1 / 16;

/** Numbers are kept in units of 1/16 ms, with 11 bits behind the leading one: to 0.05 %. */
const UNITS_PER_MS = 16;
const MANTISSA_BITS = 11;
const MANTISSA = 1 << MANTISSA_BITS;
const MAX_UNITS = 0x7fff_ffff;
const HALF_BITS = 16;
const HALF_MASK = 0xffff;

/** Nothing learnt yet: the announced interval is the mean, half of it the deviation. */
export const UNLEARNT = 0;

/** A span of 0 ms to 37 hours in 16 bits; order is kept. */
export function encodeSpan(spanMs: number): number {
  const scaled = spanMs * UNITS_PER_MS + 0.5;
  const units = scaled < MAX_UNITS ? scaled | 0 : MAX_UNITS;
  if (units < 2 * MANTISSA) return units;
  const shift = 31 - MANTISSA_BITS - Math.clz32(units);
  // Rounding up to the next power of two carries into the exponent, as it should.
  return (shift << MANTISSA_BITS) + ((units + (1 << (shift - 1))) >>> shift);
}

export function decodeSpan(code: number): number {
  if (code < 2 * MANTISSA) return code / UNITS_PER_MS;
  const shift = (code >>> MANTISSA_BITS) - 1;
  return (((code - (shift << MANTISSA_BITS)) << shift) >>> 0) / UNITS_PER_MS;
}

function pack(meanMs: number, deviationMs: number): number {
  // Never 0, which says that nothing is learnt.
  return ((encodeSpan(deviationMs) << HALF_BITS) | Math.max(1, encodeSpan(meanMs))) >>> 0;
}

/** Mean of the arrival intervals, ms. */
export function meanMsOf(learnt: number, intervalMs: number): number {
  return learnt === UNLEARNT ? intervalMs : decodeSpan(learnt & HALF_MASK);
}

/** Their mean deviation from it, ms. */
export function deviationMsOf(learnt: number, intervalMs: number): number {
  return learnt === UNLEARNT ? intervalMs / 2 : decodeSpan(learnt >>> HALF_BITS);
}

/** What is learnt when, after what was, a beat comes `gapMs` after the one before. */
export function learn(learnt: number, gapMs: number, intervalMs: number): number {
  const meanMs = meanMsOf(learnt, intervalMs);
  const deviationMs = deviationMsOf(learnt, intervalMs);
  const error = gapMs - meanMs;
  return pack(meanMs + error * GAIN, deviationMs + (Math.abs(error) - deviationMs) * GAIN);
}

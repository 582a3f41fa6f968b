/**
 * Owns what a measured value may honestly be said to be, and in what unit. Pure; words are made by use-figure-words.ts.
 */

/** A latency as it may be shown: exactly, or only as below what the clocks can tell apart. */
export type LatencyFigure =
  | { readonly kind: 'none' }
  | { readonly kind: 'below'; readonly limitMs: number }
  | { readonly kind: 'value'; readonly ms: number };

/** `plusMinusMs`: how far off the server's clock may be; null = not known, and then nothing is measured. */
export function latencyFigure(ms: number | null, plusMinusMs: number | null): LatencyFigure {
  if (ms === null) return { kind: 'none' };
  const limitMs = plusMinusMs ?? 0;
  return ms < limitMs ? { kind: 'below', limitMs } : { kind: 'value', ms };
}

export type UnitFigure = { readonly value: number; readonly unit: string; readonly digits: 0 | 1 | 2 };

/** Milliseconds up to ten seconds, so that lanes compare at a glance; a digit after the point below 10. */
export function spanFigure(ms: number): UnitFigure {
  if (Math.abs(ms) >= 9_999.5) return { value: ms / 1000, unit: 'second', digits: 1 };
  return { value: ms, unit: 'millisecond', digits: Math.abs(ms) < 9.95 ? 1 : 0 };
}

const BYTE_UNITS = ['kilobyte', 'megabyte', 'gigabyte'] as const;

/** Bytes in thousands, millions or thousands of millions; three digits that count. */
export function bytesFigure(bytes: number): UnitFigure {
  let value = bytes / 1000;
  let unit = 0;
  // 999.5 would be shown as 1,000.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return {
    value,
    unit: BYTE_UNITS[unit]!,
    digits: value === 0 || value >= 99.95 ? 0 : value < 9.995 ? 2 : 1,
  };
}

/** What the benchmarks make of many measurements, and the machine they were made on. Pure but for `machine()`. */
import { availableParallelism, cpus } from 'node:os';

/** NaN for none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}

/** The smallest of the ascending values that at least `share` (0 to 1) of them do not exceed; NaN for none. */
export function percentile(ascending: Float64Array, share: number): number {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] ?? Number.NaN;
}

export type Machine = { readonly cpu: string; readonly cores: number; readonly node: string };

export function machine(): Machine {
  return { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
}

/**
 * Keeps the fleet's samples of the last minutes in order while answers overlap, repeat or start again.
 * Pure; knows no fetch and no chart.
 */
import type { FleetSample } from '@/lib/protocol/api.ts';

export const SAMPLE_WINDOW_MS = 10 * 60_000;

/**
 * `known` with `fresh` after it, without repeats and without what is older than the window before the newest.
 * Both are oldest first. The same array comes back when nothing was added.
 */
export function mergeSamples(
  known: readonly FleetSample[],
  fresh: readonly FleetSample[],
  windowMs: number = SAMPLE_WINDOW_MS,
): readonly FleetSample[] {
  const lastAt = known.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  const added = fresh.filter((sample) => sample.at > lastAt);
  if (added.length === 0) return known;
  const merged = [...known, ...added];
  const oldestAt = merged.at(-1)!.at - windowMs;
  const from = merged.findIndex((sample) => sample.at >= oldestAt);
  return from > 0 ? merged.slice(from) : merged;
}

export type SampleSummary = {
  readonly latest: FleetSample;
  readonly mostDown: FleetSample;
  readonly mostLate: FleetSample;
  readonly lowestRate: FleetSample;
  readonly highestRate: FleetSample;
  readonly fromAt: number;
};

function extreme(
  samples: readonly FleetSample[],
  isBeyond: (a: FleetSample, b: FleetSample) => boolean,
): FleetSample {
  return samples.reduce((best, sample) => (isBeyond(sample, best) ? sample : best));
}

/** What a chart says in numbers, for those who do not see it; null without samples. O(n). */
export function summariseSamples(samples: readonly FleetSample[]): SampleSummary | null {
  const latest = samples.at(-1);
  if (latest === undefined) return null;
  return {
    latest,
    mostDown: extreme(samples, (a, b) => a.down > b.down),
    mostLate: extreme(samples, (a, b) => a.late > b.late),
    lowestRate: extreme(samples, (a, b) => a.heartbeatsPerSecond < b.heartbeatsPerSecond),
    highestRate: extreme(samples, (a, b) => a.heartbeatsPerSecond > b.heartbeatsPerSecond),
    fromAt: samples[0]!.at,
  };
}

/** Instants on whole minutes inside the samples, at most `most` of them, for an axis. */
export function minuteTicks(fromAtMs: number, toAtMs: number, most: number): number[] {
  const minuteMs = 60_000;
  const minutes = Math.floor(toAtMs / minuteMs) - Math.ceil(fromAtMs / minuteMs) + 1;
  if (minutes <= 0) return [];
  const stepMs = [1, 2, 5].find((step) => minutes / step <= most) ?? 10;
  const ticks: number[] = [];
  const first = Math.ceil(fromAtMs / (stepMs * minuteMs)) * stepMs * minuteMs;
  for (let at = first; at <= toAtMs; at += stepMs * minuteMs) ticks.push(at);
  return ticks;
}

/** The newest sample of each minute, newest first, for a table. O(n). */
export function minuteRows(samples: readonly FleetSample[]): readonly FleetSample[] {
  const byMinute = new Map<number, FleetSample>();
  for (const sample of samples) byMinute.set(Math.floor(sample.at / 60_000), sample);
  return [...byMinute.values()].reverse();
}

/** Even steps of 1, 2 or 5 times a power of ten from 0 to at least `highest`, three or four of them; whole numbers. */
export function valueTicks(highest: number): number[] {
  const wanted = Math.max(3, highest);
  const power = 10 ** Math.floor(Math.log10(wanted / 3));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size * 4 >= wanted)!;
  const ticks: number[] = [];
  for (let value = 0; ticks.length === 0 || ticks.at(-1)! < wanted; value += step) ticks.push(value);
  return ticks;
}

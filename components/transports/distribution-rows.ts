/**
 * Turns the lanes' distributions into the rows of one chart on a logarithmic axis: shares of each lane's own samples,
 * so that lanes with few and with many compare. Pure; knows no chart.
 */
import { DISTRIBUTION_EDGES_MS } from '@/lib/client/comparison/comparison-state.ts';
import type { Transport } from '@/lib/client/ladder.ts';

const FIRST_EDGE_MS = DISTRIBUTION_EDGES_MS[0]!;
const LAST_EDGE_MS = DISTRIBUTION_EDGES_MS.at(-1)!;
/** As wide as the others on a logarithmic axis; the first and the last bucket really have no outer edge. */
const STEP = LAST_EDGE_MS / DISTRIBUTION_EDGES_MS.at(-2)!;

export type LaneDistribution = {
  readonly transport: Transport;
  readonly distribution: readonly number[];
};

export type DistributionRow = {
  /** Edges of the bucket, ms; 0 and Infinity where it is open. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Where the row stands on the axis. */
  readonly middleMs: number;
  /** Of the lane's samples, 0 to 1; a lane without samples is absent. */
  readonly shares: Readonly<Partial<Record<Transport, number>>>;
};

export type Distribution = {
  readonly rows: readonly DistributionRow[];
  /** The axis: whole decades around all that was measured. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly highestShare: number;
};

function totalOf(distribution: readonly number[]): number {
  return distribution.reduce((sum, count) => sum + count, 0);
}

/** null when no lane has a sample. O(buckets × lanes). */
export function distributionOf(lanes: readonly LaneDistribution[]): Distribution | null {
  const counted = lanes
    .map((lane) => ({ ...lane, total: totalOf(lane.distribution) }))
    .filter(({ total }) => total > 0);
  if (counted.length === 0) return null;
  const rows: DistributionRow[] = [];
  for (let bucket = 0; bucket <= DISTRIBUTION_EDGES_MS.length; bucket++) {
    const lower = DISTRIBUTION_EDGES_MS[bucket - 1];
    const upper = DISTRIBUTION_EDGES_MS[bucket];
    rows.push({
      fromMs: lower ?? 0,
      toMs: upper ?? Number.POSITIVE_INFINITY,
      middleMs: Math.sqrt((lower ?? FIRST_EDGE_MS / STEP) * (upper ?? LAST_EDGE_MS * STEP)),
      shares: Object.fromEntries(
        counted.map(({ transport, distribution, total }) => [transport, (distribution[bucket] ?? 0) / total]),
      ),
    });
  }
  const used = rows.filter(({ shares }) => Object.values(shares).some((share) => share > 0));
  const lowest = used[0]!.fromMs;
  const highest = used.at(-1)!.toMs;
  return {
    rows,
    fromMs: lowest < FIRST_EDGE_MS ? FIRST_EDGE_MS / STEP : 10 ** Math.floor(Math.log10(lowest)),
    toMs: Math.min(LAST_EDGE_MS * STEP, 10 ** Math.ceil(Math.log10(Math.min(highest, LAST_EDGE_MS * STEP)))),
    highestShare: Math.max(...used.flatMap(({ shares }) => Object.values(shares))),
  };
}

/** Powers of ten inside the axis. */
export function decadeTicks(fromMs: number, toMs: number): number[] {
  const ticks: number[] = [];
  // A whisker of room, because powers of ten are not exact.
  for (let tick = 10 ** Math.ceil(Math.log10(fromMs) - 1e-9); tick <= toMs * (1 + 1e-9); tick *= 10) {
    ticks.push(tick);
  }
  return ticks;
}

/** Even steps of shares from 0 to at least `highest`, three to five of them. */
export function shareTicks(highest: number): number[] {
  const step = [0.02, 0.05, 0.1, 0.2, 0.25].find((size) => size * 4 >= highest) ?? 0.25;
  const ticks: number[] = [];
  for (let index = 0; ticks.length === 0 || ticks.at(-1)! < highest - 1e-9; index++) {
    ticks.push(Math.round(index * step * 100) / 100);
  }
  return ticks;
}

/** The upper edges of the table that says the same in numbers, ms. */
export const TABLE_EDGES_MS: readonly number[] = [10, 100, 1_000, 10_000];

/** Share of a lane's samples below each of TABLE_EDGES_MS, which are all edges of buckets; null without samples. */
export function sharesBelow(distribution: readonly number[]): readonly number[] | null {
  const total = totalOf(distribution);
  if (total === 0) return null;
  return TABLE_EDGES_MS.map((edgeMs) => {
    const end = DISTRIBUTION_EDGES_MS.indexOf(edgeMs) + 1;
    return totalOf(distribution.slice(0, end)) / total;
  });
}

import { describe, expect, test } from 'vitest';
import { DISTRIBUTION_EDGES_MS } from '@/lib/client/comparison/comparison-state.ts';
import { decadeTicks, distributionOf, sharesBelow, shareTicks, TABLE_EDGES_MS } from './distribution-rows.ts';

const BUCKETS = DISTRIBUTION_EDGES_MS.length + 1;

/** Counts by bucket, named by the bucket's upper edge. */
function counts(byUpperEdgeMs: Readonly<Record<number, number>>, beyond = 0): number[] {
  const made = DISTRIBUTION_EDGES_MS.map((edge) => byUpperEdgeMs[edge] ?? 0);
  return [...made, beyond];
}

describe('the rows of the chart', () => {
  test('nothing measured is no chart', () => {
    expect(distributionOf([])).toBeNull();
    expect(distributionOf([{ transport: 'polling', distribution: counts({}) }])).toBeNull();
  });

  test('are shares of each lane’s own samples; a lane without samples is absent', () => {
    const made = distributionOf([
      { transport: 'socketio', distribution: counts({ 4: 30, 6.3: 10 }) },
      { transport: 'polling', distribution: counts({ 630: 1, 1000: 1 }) },
      { transport: 'sse', distribution: counts({}) },
    ])!;
    expect(made.rows).toHaveLength(BUCKETS);
    const at = (edge: number) => made.rows.find(({ toMs }) => toMs === edge)!;
    expect(at(4).shares).toEqual({ socketio: 0.75, polling: 0 });
    expect(at(6.3).shares).toEqual({ socketio: 0.25, polling: 0 });
    expect(at(1_000).shares).toEqual({ socketio: 0, polling: 0.5 });
    expect(made.highestShare).toBe(0.75);
    expect([made.fromMs, made.toMs]).toEqual([1, 1_000]);
  });

  test('what is below the first edge and beyond the last has its place on the axis', () => {
    const made = distributionOf([{ transport: 'sse', distribution: counts({ 1: 1 }, 1) }])!;
    const [first, last] = [made.rows[0]!, made.rows.at(-1)!];
    expect([first.fromMs, last.toMs]).toEqual([0, Number.POSITIVE_INFINITY]);
    expect(first.middleMs).toBeGreaterThan(made.fromMs);
    expect(first.middleMs).toBeLessThan(first.toMs);
    expect(last.middleMs).toBeGreaterThan(last.fromMs);
    expect(last.middleMs).toBeLessThan(made.toMs);
  });
});

test('ticks of the axis are the powers of ten within it', () => {
  expect(decadeTicks(0.625, 1_000)).toEqual([1, 10, 100, 1_000]);
  expect(decadeTicks(10, 10_000)).toEqual([10, 100, 1_000, 10_000]);
});

test.each([0.01, 0.08, 0.33, 0.5, 0.97, 1])('ticks of shares reach %f in few steps', (highest) => {
  const ticks = shareTicks(highest);
  expect(ticks[0]).toBe(0);
  expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest);
  expect(ticks.length).toBeGreaterThanOrEqual(2);
  expect(ticks.length).toBeLessThanOrEqual(5);
});

test('the table’s edges are edges of buckets, so its shares are exact', () => {
  for (const edge of TABLE_EDGES_MS) expect(DISTRIBUTION_EDGES_MS).toContain(edge);
  expect(sharesBelow(counts({}))).toBeNull();
  expect(sharesBelow(counts({ 10: 1, 16: 1, 1000: 1 }, 1))).toEqual([0.25, 0.5, 0.75, 0.75]);
});

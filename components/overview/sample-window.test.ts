import { describe, expect, test } from 'vitest';
import type { FleetSample } from '@/lib/protocol/api.ts';
import { mergeSamples, minuteRows, minuteTicks, summariseSamples, valueTicks } from './sample-window.ts';

const sample = (at: number, over: Partial<FleetSample> = {}): FleetSample => ({
  at,
  pending: 0,
  up: 10,
  late: 0,
  down: 0,
  left: 0,
  heartbeatsPerSecond: 10,
  changesPerSecond: 0,
  ...over,
});
const at = (samples: readonly FleetSample[]): number[] => samples.map((one) => one.at);

describe('mergeSamples', () => {
  test.each([
    { name: 'first answer', known: [], fresh: [2, 4], merged: [2, 4] },
    { name: 'overlap', known: [2, 4], fresh: [4, 6], merged: [2, 4, 6] },
    { name: 'an answer that came late', known: [2, 4, 6], fresh: [2, 4], merged: [2, 4, 6] },
    { name: 'the window moves on', known: [2, 4, 6], fresh: [15], merged: [6, 15] },
    { name: 'exactly as old as the window', known: [5], fresh: [15], merged: [5, 15] },
  ])('$name', ({ known, fresh, merged }) => {
    expect(
      at(
        mergeSamples(
          known.map((t) => sample(t)),
          fresh.map((t) => sample(t)),
          10,
        ),
      ),
    ).toEqual(merged);
  });

  test('nothing new gives the same array, so that nothing is drawn again', () => {
    const known = [sample(2)];
    expect(mergeSamples(known, [sample(2)])).toBe(known);
  });
});

describe('summariseSamples', () => {
  test('names the extremes and when they were', () => {
    const summary = summariseSamples([
      sample(1, { down: 2, heartbeatsPerSecond: 9 }),
      sample(2, { down: 7, late: 1, heartbeatsPerSecond: 3 }),
      sample(3, { down: 7, late: 4, heartbeatsPerSecond: 12 }),
    ]);
    expect(summary?.mostDown.at).toBe(2);
    expect(summary?.mostLate.at).toBe(3);
    expect(summary?.lowestRate.at).toBe(2);
    expect(summary?.highestRate.at).toBe(3);
    expect(summary?.fromAt).toBe(1);
  });

  test('nothing to say without samples', () => {
    expect(summariseSamples([])).toBeNull();
  });
});

describe('minuteTicks', () => {
  const minute = 60_000;
  test.each([
    [0.5, 3.5, 6, [1, 2, 3]],
    [0, 10, 6, [0, 2, 4, 6, 8, 10]],
    [0.5, 10.5, 4, [5, 10]],
    [0.2, 0.8, 6, []],
    [0, 40, 4, [0, 10, 20, 30, 40]],
  ])('%d to %d min, at most %d', (from, to, most, minutes) => {
    expect(minuteTicks(from * minute, to * minute, most)).toEqual(minutes.map((m) => m * minute));
  });
});

test('minuteRows: the newest of each minute, newest first', () => {
  const rows = minuteRows([1_000, 59_000, 60_000, 61_000, 185_000].map((t) => sample(t)));
  expect(at(rows)).toEqual([185_000, 61_000, 59_000]);
});

describe('valueTicks', () => {
  test.each([
    [0, [0, 1, 2, 3]],
    [3, [0, 1, 2, 3]],
    [4, [0, 1, 2, 3, 4]],
    [5, [0, 2, 4, 6]],
    [46, [0, 20, 40, 60]],
    [2_004, [0, 1_000, 2_000, 3_000]],
    [999_000, [0, 500_000, 1_000_000]],
  ])('up to %d', (highest, ticks) => {
    expect(valueTicks(highest)).toEqual(ticks);
  });

  test('always reaches the highest in at most four whole steps', () => {
    for (let highest = 0; highest < 3_000_000; highest = highest * 1.07 + 1) {
      const ticks = valueTicks(highest);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest);
      expect(ticks.length).toBeLessThanOrEqual(5);
      expect(ticks.every(Number.isInteger)).toBe(true);
    }
  });
});

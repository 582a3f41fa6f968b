import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeInstants } from './merge-instants.ts';

const weight = (entries: readonly (readonly [number, number])[]): number =>
  entries.reduce((sum, [, count]) => sum + count, 0);

test('L52: few different instants stay as they are, ascending, equal ones together', () => {
  expect(mergeInstants([], 64)).toEqual([]);
  expect(mergeInstants([30, 30, 10, 20, 10, 30], 64)).toEqual([
    [10, 2],
    [20, 1],
    [30, 3],
  ]);
});

test('L52: many are merged into entries of about the same weight, each at the mean of what it stands for', () => {
  const instants = Array.from({ length: 1_000 }, (_, i) => 1_760_000_000_000 + ((i * 389) % 1_000) / 10);
  const merged = mergeInstants(instants, 64);
  expect(merged.length).toBeLessThanOrEqual(64);
  expect(merged.length).toBeGreaterThan(60);
  for (const [, count] of merged) expect(count).toBeLessThanOrEqual(17);
  const mean = merged.reduce((sum, [atMs, count]) => sum + (atMs - 1_760_000_000_000) * count, 0) / 1_000;
  expect(mean).toBeCloseTo(49.95, 2);
});

test('L52: an instant most changes share is one entry, and does not take the others with it', () => {
  const instants = [...Array.from({ length: 5_000 }, () => 50), ...Array.from({ length: 100 }, (_, i) => i)];
  const merged = mergeInstants(instants, 64);
  const heavy = merged.find(([, count]) => count >= 5_000)!;
  expect(heavy[1]).toBeLessThan(5_101);
  expect(heavy[0]).toBeCloseTo(50, 0);
  expect(weight(merged)).toBe(5_100);
});

test('L52: whatever comes, entries ascend, are within the instants, and weigh what came', () => {
  const instants = fc.array(
    fc.oneof(fc.integer({ min: 0, max: 300 }), fc.double({ min: 0, max: 1e6, noNaN: true })),
    {
      minLength: 1,
      maxLength: 3_000,
    },
  );
  fc.assert(
    fc.property(instants, fc.integer({ min: 1, max: 64 }), (all, maxEntries) => {
      const merged = mergeInstants(all, maxEntries);
      expect(merged.length).toBeLessThanOrEqual(maxEntries);
      expect(weight(merged)).toBe(all.length);
      const atMs = merged.map(([at]) => at);
      expect(atMs).toEqual(atMs.toSorted((a, b) => a - b));
      expect(atMs[0]).toBeGreaterThanOrEqual(Math.min(...all) - 1e-6);
      expect(atMs.at(-1)).toBeLessThanOrEqual(Math.max(...all) + 1e-6);
    }),
    { numRuns: 300 },
  );
});

import { describe, expect, test } from 'vitest';
import { lateMsOf, timeoutClasses, timeoutMsOf } from './timeout-class.ts';

const policy = { misses: 5, minTimeoutMs: 500, maxTimeoutMs: 3_600_000 };

describe('one interval', () => {
  test.each([
    [1_000, 5_000],
    [10, 500],
    [100, 500],
    [110, 550],
    [1_010, 5_100],
    [1_980, 9_900],
    [1_990, 10_000],
    [2_010, 11_000],
    [655_350, 3_300_000],
  ])('E30: an interval of %i ms has a timeout of %i ms', (intervalMs, timeoutMs) => {
    expect(timeoutMsOf(intervalMs, policy)).toBe(timeoutMs);
  });

  test('E30: the clamp comes before the rounding', () => {
    expect(timeoutMsOf(60_000, { ...policy, maxTimeoutMs: 20_000 })).toBe(20_000);
    expect(timeoutMsOf(60_000, { ...policy, maxTimeoutMs: 12_345 })).toBe(13_000);
    expect(timeoutMsOf(10, { ...policy, minTimeoutMs: 101 })).toBe(110);
  });

  test.each([
    [1_000, 2_500],
    [10, 25],
    [50, 130],
    [1_010, 2_600],
  ])('E31: an interval of %i ms is late after %i ms', (intervalMs, lateMs) => {
    expect(lateMsOf(intervalMs, policy)).toBe(lateMs);
  });

  test('E31: no late phase where it would not come before the timeout', () => {
    expect(lateMsOf(1_000, { ...policy, misses: 2 })).toBeNull();
    expect(lateMsOf(60_000, { ...policy, maxTimeoutMs: 20_000 })).toBeNull();
  });
});

describe('classes', () => {
  test.each([policy, { ...policy, misses: 2 }, { ...policy, misses: 3, maxTimeoutMs: 20_000 }])(
    'E30 E31: every interval is in the class of its own two spans, one class a pair (%o)',
    (given) => {
      const classes = timeoutClasses(given);
      const pairs = new Set<string>();
      for (let i = 0; i < classes.count; i++) pairs.add(`${classes.lateMs[i]} ${classes.timeoutMs[i]}`);
      expect(pairs.size).toBe(classes.count);
      expect(classes.count).toBeLessThan(1_000);
      const longest = new Float64Array(classes.count);
      for (let units = 1; units <= 0xffff; units++) {
        const index = classes.ofInterval[units]!;
        longest[index] = Math.max(longest[index]!, units * 10);
        if (classes.timeoutMs[index] !== timeoutMsOf(units * 10, given)) throw new Error(`interval ${units}`);
        if ((lateMsOf(units * 10, given) ?? Number.POSITIVE_INFINITY) !== classes.lateMs[index]) {
          throw new Error(`interval ${units}`);
        }
      }
      for (let i = 0; i < classes.count; i++) {
        expect(classes.graceMs[i]).toBe(Math.min(longest[i]!, classes.timeoutMs[i]!));
      }
    },
  );
});

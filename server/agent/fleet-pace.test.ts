import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FleetLateness } from './fleet-lateness.ts';
import { FleetPace } from './fleet-pace.ts';

/** Lets all go that may go at each of these instants; gives when each one went. */
function play(pace: FleetPace, instants: readonly number[], endMs = Number.POSITIVE_INFINITY): number[] {
  const went: number[] = [];
  for (const nowMs of instants) {
    const count = Math.min(pace.due(nowMs), pace.countBefore(endMs) - pace.next);
    for (let i = 0; i < count; i++) went.push(nowMs);
    pace.done(count);
  }
  return went;
}

const everyMs = (from: number, to: number, stepMs = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / stepMs) + 1 }, (_, i) => from + i * stepMs);

describe('pace', () => {
  test('G99: an even schedule: nothing early, nothing late by more than the look at the clock, no drift', () => {
    const rates = fc.double({ min: 0.001, max: 500, noNaN: true });
    fc.assert(
      fc.property(
        rates,
        fc.constantFrom(0.25, 1, 4),
        fc.integer({ min: 0, max: 1e9 }),
        (perMs, stepMs, startMs) => {
          const pace = new FleetPace(perMs, startMs);
          const lates = play(pace, everyMs(startMs, startMs + 100, stepMs)).map(
            (atMs, n) => atMs - pace.dueMs(n),
          );
          expect(Math.abs(lates.length - 100 * perMs)).toBeLessThanOrEqual(0.5 + 1e-6);
          expect(lates.filter((lateMs) => lateMs < -1e-6 || lateMs >= stepMs + 1e-6)).toEqual([]);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('G99: after a stall no burst: 20 ms worth at once, then twice the rate until it is made up for', () => {
    const pace = new FleetPace(200, 0);
    const went = play(pace, [...everyMs(0, 100), ...everyMs(600, 1_600, 0.25)]);
    const after = went.filter((atMs) => atMs >= 600);
    expect(after.filter((atMs) => atMs === 600)).toHaveLength(4_000);
    const madeUpAtMs = after[after.findIndex((atMs, i) => atMs - pace.dueMs(20_000 + i) < 1)]!;
    // 500 ms of delay less the 20 at once, at twice the rate.
    expect(madeUpAtMs).toBeGreaterThan(600 + 450);
    expect(madeUpAtMs).toBeLessThan(600 + 500);
    for (let fromMs = 601; fromMs < 1_500; fromMs += 10) {
      const within = after.filter((atMs) => atMs >= fromMs && atMs < fromMs + 10).length;
      expect(within).toBeLessThanOrEqual(4_000 + 2);
    }
    expect(went.length).toBe(200 * 1_600);
  });

  test('G99: nor after many stalls in a row, whenever it is called', () => {
    const gaps = fc.array(fc.double({ min: 0.01, max: 80, noNaN: true }), { minLength: 10, maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.double({ min: 0.01, max: 300, noNaN: true }), (gapsMs, perMs) => {
        const pace = new FleetPace(perMs, 0);
        let nowMs = 0;
        const instants = gapsMs.map((gapMs) => {
          nowMs += gapMs;
          return nowMs;
        });
        const went = play(pace, instants);
        const counts = Map.groupBy(went, (atMs) => atMs);
        const atOnce = Math.max(1, Math.ceil(20 * perMs));
        let sinceMs = 0;
        let inSpan = 0;
        for (const atMs of instants) {
          const count = counts.get(atMs)?.length ?? 0;
          expect(count).toBeLessThanOrEqual(atOnce);
          inSpan += count;
          // One bucket in hand at first, then no more than twice the rate over any length of time.
          expect(inSpan).toBeLessThanOrEqual(atOnce + 2 * perMs * (atMs - sinceMs) + 1);
          if (inSpan === 0) sinceMs = atMs;
        }
      }),
      { numRuns: 200 },
    );
  });

  test('G99: it ends with what was due before the end, and passes over what will never be made', () => {
    const pace = new FleetPace(0.5, 1_000);
    expect(play(pace, everyMs(1_000, 1_200), 1_100)).toHaveLength(50);
    expect(pace.nextDueMs).toBe(1_101);
    pace.passOver(100);
    expect(pace.nextDueMs).toBe(1_301);
    expect(pace.due(1_300)).toBe(0);
    expect(pace.due(1_301)).toBe(1);
  });
});

describe('lateness', () => {
  test('G100: quantiles are within 6 % above the truth, the maximum is exact', () => {
    const latenesses = fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), {
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(latenesses, fc.constantFrom(0.5, 0.9, 0.99, 1), (values, share) => {
        const lateness = new FleetLateness();
        for (const each of values) lateness.add(each, each, 1);
        const sorted = [...values].sort((a, b) => a - b);
        const truth = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
        const found = lateness.quantileMs(share);
        expect(found).toBeGreaterThanOrEqual(Math.min(truth, lateness.maxMs) - 0.001);
        expect(found).toBeLessThanOrEqual(truth * 1.0626 + 0.001);
        expect(lateness.maxMs).toBe(sorted.at(-1));
      }),
    );
  });

  test('G100: a batch counts evenly from its first to its last; early is not late; sums add up', () => {
    const lateness = new FleetLateness();
    expect([lateness.quantileMs(0.5), lateness.maxMs]).toEqual([0, 0]);
    lateness.add(10, 0, 101);
    expect(lateness.quantileMs(0.5)).toBeCloseTo(5, 0);
    expect(lateness.maxMs).toBe(10);
    const other = new FleetLateness();
    other.add(-5, -5, 101);
    other.merge(lateness);
    expect(other.quantileMs(0.5)).toBe(0);
    expect(other.quantileMs(1)).toBe(10);
    other.clear();
    expect([other.quantileMs(1), other.maxMs]).toEqual([0, 0]);
    other.add(1e12, 1e12, 1);
    expect(other.maxMs).toBe(1e12);
  });
});

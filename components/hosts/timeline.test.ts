import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TimelineBucket } from '@/lib/protocol/api.ts';
import {
  bucketParts,
  isDownFromBefore,
  parseTimelineRange,
  statesIn,
  TIMELINE_RANGES,
  type TimelineRange,
  timelineAddress,
  timelinePaths,
  watchedMs,
} from './timeline.ts';

const HEIGHT = 40;
const draw = (...buckets: TimelineBucket[]) => timelinePaths(buckets, 10, HEIGHT);
/** Of each bar in a path: its top and its foot, from above. */
const bars = (path: string) =>
  [...path.matchAll(/M([\d.]+) ([\d.]+)v-([\d.]+)h/g)].map((match) => {
    const [x, foot, tall] = match.slice(1).map(Number) as [number, number, number];
    return { x, top: Math.round(foot - tall), foot: Math.round(foot) };
  });

describe('the span in the address', () => {
  test('survives it, and 24 hours need none', () => {
    for (const range of Object.keys(TIMELINE_RANGES) as TimelineRange[]) {
      const address = timelineAddress('/hosts/web-1', range);
      expect(parseTimelineRange(new URL(address, 'http://x').searchParams)).toBe(range);
    }
    expect(timelineAddress('/hosts/web-1', '24h')).toBe('/hosts/web-1');
  });

  test('falls back when it is not understood', () => {
    for (const range of ['', '1y', '__proto__', 'toString']) {
      expect(parseTimelineRange(new URLSearchParams({ range }))).toBe('24h');
    }
  });
});

describe('the strip', () => {
  test('a bucket that was up is low; one that was down reaches the top', () => {
    expect(bars(draw([10, 0, 0, 0]).up)).toEqual([{ x: 0, top: 16, foot: 40 }]);
    expect(bars(draw([0, 10, 0, 0]).down)).toEqual([{ x: 0, top: 0, foot: 40 }]);
  });

  test('a second of down in a day can be seen, above what was up', () => {
    const { up, down } = draw([86_399_000, 1_000, 0, 0]);
    expect(bars(down)).toEqual([{ x: 0, top: 0, foot: 8 }]);
    expect(bars(up)).toEqual([{ x: 0, top: 8, foot: 40 }]);
  });

  test('an hour of down grows with its share', () => {
    expect(bars(draw([5, 5, 0, 0]).down)[0]?.foot).toBe(20);
  });

  test('what was not watched is drawn as that, never as up', () => {
    const { up, unknown } = draw([0, 0, 0, 10], [5, 0, 0, 5]);
    expect(bars(unknown)).toEqual([
      { x: 0, top: 16, foot: 40 },
      { x: 10, top: 28, foot: 40 },
    ]);
    expect(bars(up)).toEqual([{ x: 10, top: 16, foot: 28 }]);
  });

  test('for any buckets: every bar inside the box, nothing of states that were not', () => {
    const bucket = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9), fc.nat(9)) as fc.Arbitrary<TimelineBucket>;
    fc.assert(
      fc.property(fc.array(bucket, { maxLength: 20 }), (buckets) => {
        const paths = draw(...buckets);
        const seen = statesIn(buckets);
        for (const [state, path] of Object.entries(paths)) {
          expect(path !== '').toBe(seen.has(state as 'up'));
          expect(path).not.toMatch(/NaN|Infinity|v-0h/);
          for (const { x, top, foot } of bars(path)) {
            expect(x).toBeLessThan(10 * buckets.length);
            expect(top).toBeGreaterThanOrEqual(0);
            expect(foot).toBeLessThanOrEqual(HEIGHT);
          }
        }
      }),
    );
  });
});

test('what a bucket holds is told longest first, without what it does not hold', () => {
  expect(bucketParts([100, 300, 0, 200])).toEqual([
    { state: 'down', ms: 300 },
    { state: 'unknown', ms: 200 },
    { state: 'up', ms: 100 },
  ]);
  expect(bucketParts([0, 0, 0, 0])).toEqual([]);
});

test('an outage that began before the span is told from none', () => {
  expect(isDownFromBefore(0, [[0, 10, 0, 0]])).toBe(true);
  expect(isDownFromBefore(1, [[0, 10, 0, 0]])).toBe(false);
  expect(
    isDownFromBefore(0, [
      [10, 0, 0, 0],
      [0, 0, 5, 5],
    ]),
  ).toBe(false);
});

test('watched is all but what nobody saw', () => {
  expect(
    watchedMs([
      [100, 300, 50, 200],
      [0, 0, 0, 650],
      [1, 0, 0, 649],
    ]),
  ).toBe(451);
  expect(watchedMs([])).toBe(0);
});

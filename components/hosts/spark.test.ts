import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_OWED_BEATS, owedBeats, SPARK_BEATS, sparkBeats, sparkPaths } from './spark.ts';

const ALL = 'ffffffffffffffff';

describe('the beats behind the bits', () => {
  test('all 64 arrived', () => {
    expect(sparkBeats(ALL, 0)).toEqual({ marks: 'a'.repeat(64), arrived: 64, expected: 64 });
  });

  test('the newest beat is the lowest bit and stands last', () => {
    expect(sparkBeats('fffffffffffffffd', 1 / 64)?.marks).toBe(`${'a'.repeat(62)}la`);
  });

  test('a young host has not lost what it never had to send', () => {
    expect(sparkBeats('000000000000001f', 0)).toEqual({ marks: 'aaaaa', arrived: 5, expected: 5 });
    expect(sparkBeats('0000000000000017', 1 / 5)?.marks).toBe('alaaa');
  });

  test('lost beats older than the first that arrived count too', () => {
    expect(sparkBeats('0000000000000001', 0.75)).toEqual({ marks: 'llla', arrived: 1, expected: 4 });
  });

  test('owed beats follow the newest and push the oldest out', () => {
    const spark = sparkBeats(ALL, 0, 3);
    expect(spark?.marks).toBe(`${'a'.repeat(61)}ooo`);
    expect(spark?.arrived).toBe(64);
    expect(sparkBeats(ALL, 0, 1e9)?.marks).toBe(
      `${'a'.repeat(64 - MAX_OWED_BEATS)}${'o'.repeat(MAX_OWED_BEATS)}`,
    );
  });

  test('what is missing or malformed has no spark', () => {
    expect(sparkBeats(null, 0)).toBeNull();
    expect(sparkBeats(ALL, null)).toBeNull();
    expect(sparkBeats('ff', 0)).toBeNull();
    expect(sparkBeats('FFFFFFFFFFFFFFFF', 0)).toBeNull();
    expect(sparkBeats('0000000000000000', 1)).toBeNull();
  });

  test('marks agree with the bits for any window', () => {
    const window = fc
      .array(fc.boolean(), { minLength: 1, maxLength: SPARK_BEATS })
      .filter((w) => w.includes(true));
    fc.assert(
      fc.property(window, (beats) => {
        const bits = beats.reduce((value, beat) => (value << 1n) | (beat ? 1n : 0n), 0n);
        const lost = beats.filter((beat) => !beat).length;
        const spark = sparkBeats(bits.toString(16).padStart(16, '0'), lost / beats.length);
        expect(spark?.marks).toBe(beats.map((beat) => (beat ? 'a' : 'l')).join(''));
        expect(spark?.expected).toBe(beats.length);
      }),
    );
  });
});

test('a host owes one beat for each interval of silence', () => {
  expect(owedBeats(10_000, 1_000, 14_999)).toBe(4);
  expect(owedBeats(10_000, 1_000, 9_000)).toBe(0);
  expect(owedBeats(null, 1_000, 9_000)).toBe(0);
});

describe('the paths', () => {
  const bars = (path: string) => path.split('M').filter(Boolean);

  test('one bar a beat, newest at the right edge, inside the box', () => {
    const spark = sparkBeats('fffffffffffffff5', 2 / 64, 2)!;
    const paths = sparkPaths(spark, 2, 16);
    expect(bars(paths.arrived)).toHaveLength(60);
    expect(bars(paths.lost)).toHaveLength(2);
    expect(bars(paths.owed)).toHaveLength(2);
    expect(bars(paths.owed).at(-1)).toMatch(/^126 16v-2h1v2z/);
    for (const bar of [paths.arrived, paths.lost, paths.owed].flatMap(bars)) {
      const [x, width] = [Number.parseFloat(bar), Number(/h([\d.]+)/.exec(bar)?.[1])];
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(SPARK_BEATS * 2);
    }
  });

  test('a lost beat is lower than one that arrived: the picture holds without colour', () => {
    const paths = sparkPaths(sparkBeats('fffffffffffffffd', 1 / 64)!, 8, 48);
    expect(paths.arrived).toContain('v-48h7');
    expect(paths.lost).toContain('v-16h7');
  });
});

import { expect, test } from 'vitest';
import { fractionOf, mix32, Prng } from './prng.ts';

test('G19: the streams are the same on every machine', () => {
  const random = new Prng(1);
  // Of mulberry32 with seed 1.
  expect([random.next(), random.next(), random.next()].map((x) => x.toFixed(9))).toEqual([
    '0.627073941',
    '0.002735721',
    '0.527447040',
  ]);
  expect(mix32(1, 2, 3)).toBe(mix32(1, 2, 3));
  expect(new Set([mix32(1, 2, 3), mix32(3, 2, 1), mix32(1, 3, 2), mix32(2, 1, 3)]).size).toBe(4);
});

test('G19: fractions of neighbouring numbers are even', () => {
  const buckets = new Uint32Array(10);
  for (let host = 0; host < 100; host++) {
    for (let seq = 0; seq < 1_000; seq++) buckets[Math.floor(fractionOf(1, host, seq) * 10)]!++;
  }
  // 10,000 a bucket, 5 standard deviations of 95.
  for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(475);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DISTRIBUTION_EDGES_MS } from './comparison-state.ts';
import { bucketOf, type LatencySample, LatencySamples, MAX_KEPT_SAMPLES } from './latency-samples.ts';

const sample = (appliedMs: number, count = 1, paintedMs: number | null = null): LatencySample => ({
  changedAtMs: 1_000,
  appliedMs,
  paintedMs,
  count,
});

/** By the definition: every host change written out, sorted, the value at the rank. */
function naive(samples: readonly (readonly [number, number])[]) {
  const all = samples.flatMap(([value, count]) => new Array<number>(count).fill(value)).sort((a, b) => a - b);
  const at = (share: number): number => all[Math.max(1, Math.ceil(share * all.length)) - 1]!;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

const someSamples = fc.array(
  fc.tuple(fc.double({ min: -5, max: 40_000, noNaN: true }), fc.integer({ min: 1, max: 30 })),
  { minLength: 1, maxLength: 60 },
);

test('C58: quantiles are exact, by nearest rank over host changes, however they are asked for', () => {
  fc.assert(
    fc.property(someSamples, someSamples, (first, second) => {
      const samples = new LatencySamples();
      for (const [value, count] of first) samples.add(sample(value, count));
      expect(samples.quantiles().applied).toEqual(naive(first));
      for (const [value, count] of second) samples.add(sample(value, count, value + 16));
      expect(samples.quantiles().applied).toEqual(naive([...first, ...second]));
      expect(samples.quantiles().painted).toEqual(naive(second.map(([value, count]) => [value + 16, count])));
      expect(samples.count).toBe([...first, ...second].reduce((sum, [, count]) => sum + count, 0));
    }),
  );
});

test('C58: only the newest samples make the quantiles; count and distribution are of all', () => {
  const samples = new LatencySamples();
  const extra = 7;
  for (let i = 0; i < MAX_KEPT_SAMPLES + extra; i++) {
    samples.add(sample(i, 1, i));
    if (i % 3_001 === 0) samples.quantiles();
  }
  const total = MAX_KEPT_SAMPLES + extra;
  expect(samples.kept().length).toBe(MAX_KEPT_SAMPLES);
  expect(samples.kept()[0]).toEqual(sample(extra, 1, extra));
  expect(samples.kept().at(-1)).toEqual(sample(total - 1, 1, total - 1));
  expect(samples.quantiles().applied!.p50).toBe(extra - 1 + MAX_KEPT_SAMPLES / 2);
  expect(samples.quantiles().painted!.max).toBe(total - 1);
  expect(samples.count).toBe(total);
  expect(samples.distribution().reduce((sum, count) => sum + count)).toBe(total);
});

test('C58: samples nobody asked about do not pile up', () => {
  const samples = new LatencySamples();
  for (let i = 0; i < 3 * MAX_KEPT_SAMPLES; i++) samples.add(sample(i));
  expect(samples.kept().length).toBe(MAX_KEPT_SAMPLES);
  expect(samples.quantiles().applied!.max).toBe(3 * MAX_KEPT_SAMPLES - 1);
});

test('C58: no samples, no quantiles; what no screen showed has no painted ones', () => {
  const samples = new LatencySamples();
  expect(samples.quantiles()).toEqual({ applied: null, painted: null });
  samples.add(sample(-0.4));
  expect(samples.quantiles()).toEqual({
    applied: { p50: -0.4, p95: -0.4, p99: -0.4, max: -0.4 },
    painted: null,
  });
});

test('C58: bucket i holds what is below edge i; below 0 belongs to the first, the rest to the last', () => {
  expect(bucketOf(-0.4)).toBe(0);
  expect(bucketOf(0.999)).toBe(0);
  DISTRIBUTION_EDGES_MS.forEach((edgeMs, i) => {
    expect(bucketOf(edgeMs)).toBe(i + 1);
    expect(bucketOf(edgeMs - 0.001)).toBe(i);
    if (i > 0) expect(edgeMs).toBeGreaterThan(DISTRIBUTION_EDGES_MS[i - 1]!);
  });
  const samples = new LatencySamples();
  samples.add(sample(30_000, 3));
  expect(samples.distribution().length).toBe(DISTRIBUTION_EDGES_MS.length + 1);
  expect(samples.distribution().at(-1)).toBe(3);
});

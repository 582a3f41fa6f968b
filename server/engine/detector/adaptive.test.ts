import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ShardProbe } from '../testing/shard-probe.ts';
import { decodeSpan, deviationMsOf, encodeSpan, learn, meanMsOf, UNLEARNT } from './adaptive.ts';
import type { DetectorPolicies } from './policies.ts';

const POLICIES: DetectorPolicies = [
  { labels: [['d', 'batch']], detector: { kind: 'adaptive', z: 8, floorMs: 2_000, capMs: 60_000 } },
];

describe('what a row keeps of it', () => {
  test('E99: a span in 16 bits keeps its order and is right to 0.05 %', () => {
    let before = -1;
    for (let code = 0; code <= encodeSpan(1e9); code++) {
      const spanMs = decodeSpan(code);
      expect(spanMs).toBeGreaterThan(before);
      expect(encodeSpan(spanMs)).toBe(code);
      before = spanMs;
    }
    expect(encodeSpan(1e9)).toBeLessThanOrEqual(0xffff);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1.3e8, noNaN: true }), (spanMs) => {
        expect(Math.abs(decodeSpan(encodeSpan(spanMs)) - spanMs)).toBeLessThanOrEqual(
          Math.max(0.0313, spanMs / 2_000),
        );
      }),
    );
  });

  test('E99: it follows plain moving averages to half a percent', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 600_000 }),
        fc.array(fc.double({ min: 0.2, max: 4, noNaN: true }), { minLength: 1, maxLength: 300 }),
        (intervalMs, gaps) => {
          let learnt: number = UNLEARNT;
          let meanMs = intervalMs;
          let deviationMs = intervalMs / 2;
          for (const gap of gaps) {
            const gapMs = gap * intervalMs;
            learnt = learn(learnt, gapMs, intervalMs);
            const error = gapMs - meanMs;
            meanMs += error / 16;
            deviationMs += (Math.abs(error) - deviationMs) / 16;
            const allowedMs = 0.2 + 0.005 * meanMs;
            expect(Math.abs(meanMsOf(learnt, intervalMs) - meanMs)).toBeLessThan(allowedMs);
            expect(Math.abs(deviationMsOf(learnt, intervalMs) - deviationMs)).toBeLessThan(
              allowedMs + 0.01 * meanMs,
            );
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a host under it', () => {
  const beatsOf = (probe: ShardProbe, gapsMs: number[], incarnation = 1_000): void => {
    let seq = probe.state('a') === 'unknown' ? 0 : probe.read('a').highSeq;
    for (const gapMs of gapsMs) {
      probe.pass(gapMs);
      probe.hello('a', { d: 'batch' }, { seq: ++seq, incarnation });
    }
  };
  const silenceUntilDown = (probe: ShardProbe): number => {
    const fromMs = probe.nowMs;
    while (probe.state('a') !== 'down') probe.pass(10);
    return probe.nowMs - fromMs;
  };

  test('E99: a regular one is found at its floor or two and a half intervals, an irregular one later, none after its cap', () => {
    const regular = new ShardProbe({ policies: POLICIES });
    beatsOf(regular, Array<number>(150).fill(1_000));
    expect(silenceUntilDown(regular)).toBe(2_500);
    const irregular = new ShardProbe({ policies: POLICIES });
    beatsOf(
      irregular,
      Array.from({ length: 150 }, (_, i) => (i % 2 === 0 ? 500 : 2_300)),
    );
    expect(silenceUntilDown(irregular)).toBeGreaterThan(7_000);
    const wild = new ShardProbe({ policies: POLICIES });
    beatsOf(wild, [0, ...Array.from({ length: 60 }, (_, i) => Math.min(1_500 * 1.1 ** i, 40_000))]);
    expect(wild.events.filter(({ kind }) => kind === 'down')).toEqual([]);
    expect(silenceUntilDown(wild)).toBe(60_000);
  });

  test('E99: what came while nobody listened teaches nothing; a new run and a new interval begin anew', () => {
    const probe = new ShardProbe({ policies: POLICIES });
    beatsOf(probe, Array<number>(150).fill(1_000));
    const learnt = probe.columns.prev[probe.rowOf('a')];
    probe.stall(40_000);
    probe.tick();
    beatsOf(probe, [0]);
    expect(probe.columns.prev[probe.rowOf('a')]).toBe(learnt);
    beatsOf(probe, [1_000], 2_000);
    expect(probe.columns.prev[probe.rowOf('a')]).toBe(UNLEARNT);
    beatsOf(probe, [1_000, 1_000], 2_000);
    expect(probe.columns.prev[probe.rowOf('a')]).not.toBe(UNLEARNT);
    probe.hello('a', { d: 'batch' }, { seq: 900, intervalMs: 1_010, incarnation: 2_000 });
    expect(probe.columns.prev[probe.rowOf('a')]).toBe(UNLEARNT);
  });
});

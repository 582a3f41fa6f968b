import { describe, expect, test } from 'vitest';
import { deviationMsOf, learn, meanMsOf, UNLEARNT } from '../detector/adaptive.ts';
import { POLICY, ShardProbe } from '../testing/shard-probe.ts';
import { falseDownsADay, nfdS, phi } from './quality-of-service.ts';
import { SeededRandom } from './seeded-random.ts';
import { SimulatedNetwork } from './simulated-network.ts';

const CHANNEL = { intervalMs: 1_000, loss: 0.01, meanDelayMs: 20 };

describe('reference values', () => {
  test.each([
    [1_500, 101.0, 0.53],
    [2_100, 6_059, 0.566],
    [2_500, 10_101, 0.53],
    [3_000, 10_101, 0.03],
  ])('E108: Chen, NFD-S within %i ms: %d s between mistakes of %d s', (boundMs, betweenS, mistakeS) => {
    const { betweenMistakesMs, mistakeMs } = nfdS(CHANNEL, boundMs);
    expect(betweenMistakesMs / 1_000 / betweenS).toBeCloseTo(1, 3);
    expect(mistakeMs / 1_000).toBeCloseTo(mistakeS, 3);
  });

  test.each([
    [500, 0.1],
    [1_000, 0.3],
    [1_200, 1.6],
    [1_400, 4.7],
    [1_600, 10.8],
    [1_700, 15.3],
  ])('E109: Akka, φ after %i ms is %d', (silentMs, expected) => {
    expect(Math.abs(phi(silentMs, 1_000, 100) - expected)).toBeLessThanOrEqual(0.1);
  });

  test.each([
    [3, 8.6e6],
    [4, 85_500],
    [5, 855],
    [6, 8.6],
  ])('E110: %i misses: at most %d false downs a day of a million hosts', (misses, expected) => {
    expect(Math.abs(falseDownsADay(1_000_000, 1_000, 0.01, misses) / expected - 1)).toBeLessThan(0.01);
  });
});

describe('the network of the simulation', () => {
  /** NFD-S over the simulated network, by its definition: at each freshness point, is a beat there that is fresh? */
  function measured(boundMs: number, beats: number): { betweenMs: number; mistakeMs: number } {
    const random = new SeededRandom(2_002);
    const quality = { ...CHANNEL, duplication: 0, maxDelayMs: Number.POSITIVE_INFINITY };
    const network = new SimulatedNetwork<never>(quality, 10, random);
    const shiftMs = boundMs - CHANNEL.intervalMs;
    const ahead = Math.ceil(shiftMs / CHANNEL.intervalMs);
    const arrivals = Array.from({ length: beats + ahead + 2 }, (_, i) => {
      const delayMs = network.delayMs();
      return delayMs === null ? Number.POSITIVE_INFINITY : i * CHANNEL.intervalMs + delayMs;
    });
    let mistakes = 0;
    let suspectedMs = 0;
    let isTrusted = true;
    for (let i = 0; i < beats; i++) {
      const fromMs = i * CHANNEL.intervalMs + shiftMs;
      let trustedAtMs = Number.POSITIVE_INFINITY;
      for (let j = i; j <= i + ahead + 1; j++) trustedAtMs = Math.min(trustedAtMs, arrivals[j]!);
      const spanMs = Math.min(CHANNEL.intervalMs, Math.max(0, trustedAtMs - fromMs));
      if (spanMs > 0 && isTrusted) mistakes++;
      suspectedMs += spanMs;
      isTrusted = spanMs < CHANNEL.intervalMs;
    }
    return { betweenMs: (beats * CHANNEL.intervalMs) / mistakes, mistakeMs: suspectedMs / mistakes };
  }

  test.each([1_500, 2_100, 2_500, 3_000])(
    'E108: loses and delays as the formula has it (%i ms)',
    (boundMs) => {
      const expected = nfdS(CHANNEL, boundMs);
      // A hundred and fifty mistakes and more: the seed is fixed, so this is not chance.
      const { betweenMs, mistakeMs } = measured(boundMs, boundMs === 1_500 ? 100_000 : 1_500_000);
      expect(betweenMs / expected.betweenMistakesMs).toBeGreaterThan(0.8);
      expect(betweenMs / expected.betweenMistakesMs).toBeLessThan(1.25);
      // Of 3,000 ms a third of the mean comes from one mistake in a hundred.
      expect(mistakeMs / expected.mistakeMs).toBeGreaterThan(0.65);
      expect(mistakeMs / expected.mistakeMs).toBeLessThan(1.35);
    },
  );
});

describe('our detectors', () => {
  test('E110: a shard of hosts that lose beats finds no more of them down than the bound, and not much fewer', () => {
    const loss = 0.3;
    const hosts = 20;
    const beats = 800;
    for (const misses of [3, 4]) {
      const random = new SeededRandom(misses);
      const probe = new ShardProbe({ policy: { ...POLICY, misses } });
      for (let seq = 1; seq <= beats; seq++) {
        for (let host = 0; host < hosts; host++) {
          if (seq === 1 || !random.happens(loss)) probe.beat(`h${host}`, { seq });
        }
        // Judged just before the next beats are due: without jitter it takes one loss more.
        probe.pass(1_000, 200);
      }
      const downs = probe.events.filter(({ kind }) => kind === 'down').length;
      const bound = falseDownsADay(hosts, 1_000, loss, misses) * (beats / 86_400);
      expect(downs).toBeLessThanOrEqual(bound * 1.2);
      expect(downs).toBeGreaterThan(falseDownsADay(hosts, 1_000, loss, misses + 1) * (beats / 86_400) * 0.8);
    }
  });

  test('E109: eight mean deviations are a φ of about twelve for normally distributed intervals', () => {
    const random = new SeededRandom(8);
    let learnt: number = UNLEARNT;
    let sum = 0;
    const samples = 4_000;
    for (let i = 0; i < samples + 200; i++) {
      learnt = learn(learnt, random.normal(1_000, 100), 1_000);
      if (i >= 200) sum += meanMsOf(learnt, 1_000) + 8 * deviationMsOf(learnt, 1_000);
    }
    const deadlineMs = sum / samples;
    expect(phi(deadlineMs, 1_000, 100)).toBeGreaterThan(10);
    expect(phi(deadlineMs, 1_000, 100)).toBeLessThan(14);
  });
});

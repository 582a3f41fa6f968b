import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ObservedClock } from './observed-clock.ts';

/** A clock that turned at these instants. */
function turned(...instants: number[]): ObservedClock {
  const clock = new ObservedClock();
  for (const atMs of instants) clock.alive(atMs);
  return clock;
}

describe('blind spans', () => {
  test('E39: a gap of 250 ms is none, one of more is', () => {
    expect(turned(1_000, 1_250).blindMs).toBe(0);
    expect(turned(1_000, 1_251).blindMs).toBe(251);
    expect(turned(1_000).blindMs).toBe(0);
  });

  test('E39: observed time stands still in a blind span', () => {
    const clock = turned(1_000, 1_100, 5_100, 5_200);
    expect(clock.observed(5_200) - clock.observed(1_000)).toBe(200);
    expect(clock.observed(3_000)).toBe(clock.observed(1_100));
    expect(clock.observed(1_000)).toBe(1_000);
    expect(clock.blindMsSince(4_100)).toBe(1_000);
    expect(clock.blindMsSince(0)).toBe(4_000);
    expect(clock.blindMsSince(5_150)).toBe(0);
  });

  test('E40: before the end of the newest span: the grace more; soon after: its rest; later: none', () => {
    const clock = turned(1_000, 1_100, 5_100, 5_200);
    const graceMs = 1_000;
    expect(clock.silenceStart(900, graceMs)).toBe(900 + 1_000);
    expect(clock.silenceStart(1_100, graceMs)).toBe(1_100 + 1_000);
    expect(clock.silenceStart(5_100, graceMs)).toBe(1_100 + 1_000);
    expect(clock.silenceStart(5_400, graceMs)).toBe(2_100);
    expect(clock.silenceStart(6_100, graceMs)).toBe(2_100);
    expect(clock.silenceStart(6_200, graceMs)).toBe(2_200);
    expect(turned(1_000).silenceStart(900, graceMs)).toBe(900);
  });

  test('E39 E40 E41: against a list of spans kept whole: order is kept, no wait is shorter', () => {
    const gap = fc.oneof(fc.integer({ min: 1, max: 250 }), fc.integer({ min: 251, max: 5_000 }));
    fc.assert(
      fc.property(
        fc.array(gap, { minLength: 1, maxLength: 500 }),
        fc.integer({ min: 0, max: 3_000 }),
        (gaps, graceMs) => {
          const clock = new ObservedClock();
          const spans: [number, number][] = [];
          const turns: number[] = [10_000];
          clock.alive(10_000);
          for (const gapMs of gaps) {
            const fromMs = turns.at(-1)!;
            turns.push(fromMs + gapMs);
            clock.alive(fromMs + gapMs);
            if (gapMs > 250) spans.push([fromMs, fromMs + gapMs]);
          }
          const observed = (atMs: number): number =>
            atMs - spans.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, atMs) - from), 0);
          const nowMs = turns.at(-1)!;
          expect(clock.observed(nowMs)).toBe(observed(nowMs));
          const merged = spans.length > 128;
          let previous = Number.NEGATIVE_INFINITY;
          for (const seenAtMs of turns) {
            const start = clock.silenceStart(seenAtMs, graceMs);
            expect(start).toBeGreaterThanOrEqual(previous);
            previous = start;
            const exact = observed(seenAtMs);
            if (merged) expect(clock.observed(seenAtMs)).toBeGreaterThanOrEqual(exact);
            else expect(clock.observed(seenAtMs)).toBe(exact);
            const resumedMs = spans.at(-1)?.[1];
            if (resumedMs !== undefined && seenAtMs < resumedMs) {
              expect(start).toBe(clock.observed(seenAtMs) + graceMs);
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a clock that takes over', () => {
  test('E111: nothing before is silence, of nobody; what counts as blind is the time in which nobody listened', () => {
    const clock = turned(500);
    clock.takeOver(9_000, 10_000);
    clock.alive(10_100);
    for (const seenAtMs of [0, 400, 8_000, 9_999, 10_000]) {
      expect(clock.observed(10_100) - clock.observed(seenAtMs)).toBe(100);
      expect(clock.observed(10_100) - clock.silenceStart(seenAtMs, 1_000)).toBe(-900);
    }
    expect(clock.blindMs).toBe(1_000);
    expect(clock.blindMsSince(0)).toBe(1_000);
    expect(clock.blindMsSince(9_500)).toBe(500);
    expect(clock.blindMsSince(10_050)).toBe(0);
    expect(clock.resumedAtMs).toBe(10_000);
    expect(turned(1_000).resumedAtMs).toBe(Number.NEGATIVE_INFINITY);
  });

  test('E41 E111: not even after more blind spans than are kept', () => {
    const clock = new ObservedClock();
    clock.takeOver(9_000, 10_000);
    let nowMs = 10_000;
    let before = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < 300; i++) {
      nowMs += i % 2 === 0 ? 300 : 100;
      clock.alive(nowMs);
      const seen = clock.observed(1);
      expect(seen).toBeGreaterThanOrEqual(before);
      before = seen;
    }
    expect(clock.observed(nowMs) - clock.observed(1)).toBeLessThanOrEqual(150 * 100);
  });
});

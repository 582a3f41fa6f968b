import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BeatSchedule, datagramsToNextHello } from './beat-schedule.ts';
import { Prng } from './prng.ts';

const schedule = (random: () => number, startMs = 1_000, intervalMs = 100) =>
  new BeatSchedule({ startMs, intervalMs, random });

describe('beat schedule', () => {
  test('G1: a hello at once, then beats on a grid with a random phase in the first interval', () => {
    const beats = schedule(() => 0.75);
    expect(beats.dueMs).toBe(1_000);
    expect(beats.take(1_000)).toEqual({ kind: 'hello', lateMs: 0 });
    expect(beats.dueMs).toBe(1_025);
    expect(beats.take(1_024.9)).toBeNull();
    expect(beats.take(1_025)).toEqual({ kind: 'beat', lateMs: 0 });
    expect(beats.dueMs).toBe(1_125);
  });

  test('G1: the phase spans the whole interval and is never the start itself', () => {
    for (const [random, dueMs] of [
      [0, 1_100],
      [0.5, 1_050],
      [0.999, 1_000.1],
    ] as const) {
      const beats = schedule(() => random);
      beats.take(1_000);
      expect(beats.dueMs).toBeCloseTo(dueMs, 6);
    }
  });

  test('G2: 24 to 29 beats between two hellos, every number of them happens', () => {
    const random = new Prng(7);
    const beats = schedule(() => random.next());
    const gaps = new Set<number>();
    let sinceHello = 0;
    beats.take(1_000);
    for (let i = 0; i < 10_000; i++) {
      sinceHello++;
      if (beats.take(beats.dueMs)?.kind === 'hello') {
        gaps.add(sinceHello);
        sinceHello = 0;
      }
    }
    expect([...gaps].sort((a, b) => a - b)).toEqual([25, 26, 27, 28, 29, 30]);
    expect(datagramsToNextHello(0)).toBe(30);
    expect(datagramsToNextHello(0.9999999)).toBe(25);
  });

  test('G3: beats that are late by any part of an interval leave the grid where it is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 99, noNaN: true }), { minLength: 1, maxLength: 200 }),
        (phase, delays) => {
          const beats = schedule(() => phase);
          beats.take(1_000);
          const firstMs = beats.dueMs;
          for (const delayMs of delays) beats.take(beats.dueMs + delayMs);
          expect(beats.dueMs).toBeCloseTo(firstMs + delays.length * 100, 6);
        },
      ),
      { seed: 20260101, verbose: true },
    );
  });

  test('G3: a million beats, each taken 0.4 ms late, end where the grid says', () => {
    const beats = schedule(() => 0.5);
    beats.take(1_000);
    for (let i = 0; i < 1_000_000; i++) beats.take(beats.dueMs + 0.4);
    expect(beats.dueMs).toBeCloseTo(1_050 + 1_000_000 * 100, 3);
  });

  test('G4: lateness is told; what was missed by whole intervals is passed over', () => {
    const beats = schedule(() => 0.5);
    beats.take(1_000);
    expect(beats.take(1_053.5)).toEqual({ kind: 'beat', lateMs: 3.5 });
    expect(beats.take(1_500)).toEqual({ kind: 'beat', lateMs: 350 });
    expect(beats.dueMs).toBe(1_550);
    expect(beats.take(1_549)).toBeNull();
    expect(beats.take(1_550)).toEqual({ kind: 'beat', lateMs: 0 });
  });

  test('G12: helloNext makes the next one a hello and the count start again', () => {
    const beats = schedule(() => 0);
    beats.take(1_000);
    expect(beats.take(beats.dueMs)?.kind).toBe('beat');
    beats.helloNext();
    expect(beats.take(beats.dueMs)?.kind).toBe('hello');
    for (let i = 0; i < 29; i++) expect(beats.take(beats.dueMs)?.kind).toBe('beat');
    expect(beats.take(beats.dueMs)?.kind).toBe('hello');
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeSlots } from '#lib/protocol/frames.ts';
import { newEpoch } from './epoch.ts';
import { LiveLog } from './live-log.ts';
import { ScratchChanges } from './scratch-changes.ts';

const START_MS = 1_000_000;

/** By default each change comes at the end of its interval. */
function start(hosts: number, changesPerSecond: number, random = () => 1) {
  const log = new LiveLog({
    epoch: newEpoch(),
    capacity: hosts,
    rates: () => ({ heartbeatsPerSecond: 0, blind: false }),
  });
  const changes = new ScratchChanges({ log, hosts, changesPerSecond, nowMs: START_MS, random });
  /** Advances to the instant and publishes; how many were made. */
  const to = (atMs: number): number => {
    const made = changes.advance(() => START_MS + atMs);
    log.publish(START_MS + atMs);
    return made;
  };
  /** In steps. */
  const run = (fromMs: number, toMs: number, stepMs: number): number => {
    let made = 0;
    for (let atMs = fromMs; atMs <= toMs; atMs += stepMs) made += to(atMs);
    return made;
  };
  return { log, changes, to, run };
}

describe('scratch changes', () => {
  test('L55: all hosts are up and published before anything changes', () => {
    const { log } = start(500, 10);
    expect([log.seq, log.counts().up, log.counts().total]).toEqual([1, 500, 500]);
  });

  test('L56: the rate is kept exactly however odd the steps are, and none comes before it is due', () => {
    const { run, to } = start(100, 30);
    expect(to(33.3)).toBe(0);
    expect(to(33.4)).toBe(1);
    expect(run(34.4, 60_000, 17.7) + 1).toBe(1_799);
    expect(to(60_000)).toBe(1);
  });

  test('L56: each interval has exactly one change, at a chance instant of it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 50, maxLength: 50 }),
        (offsets) => {
          let drawn = 0;
          const { changes, to } = start(100, 100, () => offsets[drawn++ % offsets.length]!);
          let made = 0;
          for (let atMs = 0; atMs <= 400; atMs += 0.5) {
            const dueInMs = changes.dueInMs(START_MS + atMs)!;
            const now = to(atMs);
            // Sums of intervals and their parts differ in the last digits.
            if (now > 0) expect(dueInMs).toBeLessThan(1e-6);
            made += now;
            expect(made).toBeGreaterThanOrEqual(Math.floor(atMs / 10));
            expect(made).toBeLessThanOrEqual(Math.floor(atMs / 10) + 1);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test('L56: each change has the instant at which it was staged', () => {
    const { log, changes } = start(10, 100);
    let atMs = START_MS + 50;
    changes.advance(() => atMs++);
    log.publish(START_MS + 100);
    expect(log.changesAfter(1, 10).ticks).toEqual([
      [2, START_MS + 100, [1, 2, 3, 4, 5].map((after) => [START_MS + 50 + after, 1])],
    ]);
  });

  test('L56: of a stall a quarter of a second is made up for, at any rate at least one change', () => {
    const fast = start(1_000, 400);
    expect(fast.to(100_000)).toBe(100);
    expect(fast.run(100_001, 101_000, 1)).toBe(400);
    const slow = start(10, 0.5);
    expect(slow.to(100_000)).toBe(1);
    expect(slow.to(101_999)).toBe(0);
    expect(slow.to(102_000)).toBe(1);
  });

  test('L56: without a rate nothing changes; a new rate goes on from where the old one stood', () => {
    const { changes, to } = start(10, 0);
    expect([to(100_000), changes.dueInMs(START_MS + 100_000)]).toEqual([0, null]);
    changes.setRate(1, START_MS + 100_000);
    expect(changes.dueInMs(START_MS + 100_000)).toBe(1_000);
    for (let atMs = 100_050; atMs < 101_000; atMs += 50) {
      expect(to(atMs)).toBe(0);
      changes.setRate(1, START_MS + atMs);
    }
    expect([to(101_000.1), changes.changesPerSecond]).toEqual([1, 1]);
    // Half of a second has gone by of this one: half of 100 ms is left.
    expect(to(101_500)).toBe(0);
    changes.setRate(10, START_MS + 101_500);
    expect(changes.dueInMs(START_MS + 101_500)).toBeCloseTo(50, 0);
  });

  test('L56: hosts take turns', () => {
    const { log, to } = start(4, 10);
    const slots: number[][] = [];
    for (let atMs = 100; atMs <= 800; atMs += 100) {
      to(atMs);
      const diff = log.framesFrom({ e: log.epoch, s: log.seq - 1 }, START_MS).at(-1)!;
      slots.push(diff.t === 'D' ? decodeSlots(diff.slots) : []);
    }
    expect(slots).toEqual([[0], [1], [2], [3], [0], [1], [2], [3]]);
  });

  test('L56: every change shows: each due host has another byte after the tick than before', () => {
    const plan = fc.record({
      hosts: fc.integer({ min: 1, max: 12 }),
      rate: fc.integer({ min: 1, max: 1_000 }),
      steps: fc.array(fc.integer({ min: 1, max: 240 }), { minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(plan, ({ hosts, rate, steps }) => {
        const { log, to } = start(hosts, rate);
        let atMs = 0;
        const seen = new Set<number>();
        for (const step of steps) {
          atMs += step;
          const before = log.states().slice();
          const made = to(atMs);
          const changed = log.states().filter((state, slot) => state !== before[slot]).length;
          expect(changed).toBe(Math.min(made, hosts));
          for (const state of log.states()) seen.add(state);
        }
        expect([...seen].every((state) => state >= 2 && state <= 4)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('L56: hosts become down and late in turns, and up again', () => {
    const { log, run } = start(1, 10);
    const states: number[] = [];
    for (let i = 1; i <= 8; i++) {
      run(i * 100, i * 100, 1);
      states.push(log.stateAt(0));
    }
    expect(states).toEqual([3, 2, 4, 2, 3, 2, 4, 2]);
  });
});

import { describe, expect, test } from 'vitest';
import { ObservedClock } from './observed-clock.ts';
import { allocateDoubts, SelfDoubt } from './self-doubt.ts';

const TICK_MS = 25;

/** A loop that turns every tick, with hand-turned clocks. */
class Loop {
  readonly clock = new ObservedClock();
  readonly doubt: SelfDoubt;
  nowMs = 1_000_000;
  suspendedMs = 500;
  dropped = 0;
  read = 0;
  /** undefined: all is read at once. */
  horizonMs: number | undefined;

  constructor(doubts = allocateDoubts(1), shard = 0, together = false) {
    this.doubt = new SelfDoubt(this.clock, 5, 5, shard, doubts, together, () => this.suspendedMs);
  }

  tick(): void {
    this.nowMs += TICK_MS;
    this.doubt.turn(this.nowMs);
    this.clock.alive(this.nowMs);
    this.doubt.tick(this.dropped, this.read, this.horizonMs ?? this.nowMs, this.nowMs, undefined);
  }

  pass(spanMs: number, readPerSecond = 1_000, dropsPerSecond = 0): void {
    for (let end = this.nowMs + spanMs; this.nowMs < end; ) {
      this.read += (readPerSecond * TICK_MS) / 1_000;
      this.dropped += (dropsPerSecond * TICK_MS) / 1_000;
      this.tick();
    }
  }
}

describe('a suspend', () => {
  test('E85: the machine slept: blind, though no clock of ours saw a gap; whoever was seen before gets his grace', () => {
    const loop = new Loop();
    loop.pass(1_000);
    const seenAtMs = loop.nowMs;
    expect(loop.clock.silenceStart(seenAtMs, 1_000)).toBe(seenAtMs);
    loop.suspendedMs += 3_600_000;
    loop.tick();
    expect(loop.clock.silenceStart(seenAtMs, 1_000) - loop.clock.observed(seenAtMs)).toBe(1_000);
    expect(loop.doubt.sleptMs).toBe(3_600_000);
    loop.pass(1_000);
    expect(loop.doubt.sleptMs).toBe(3_600_000);
  });

  test('E85: readings that vary by less than a gap, or step back, are no suspend', () => {
    const loop = new Loop();
    for (const suspendedMs of [740, 500, 0, 740, 600]) {
      loop.suspendedMs = suspendedMs;
      loop.tick();
    }
    expect(loop.doubt.sleptMs).toBe(0);
    expect(loop.clock.blindMs).toBe(0);
  });
});

describe('drops', () => {
  test('E83: raise the bar while they last, and do not blind', () => {
    const loop = new Loop();
    loop.pass(10_000);
    expect(loop.doubt.misses).toBe(5);
    loop.pass(10_000, 500, 500);
    expect(loop.doubt.misses).toBe(27);
    expect(loop.doubt.dropShare).toBeCloseTo(0.5, 2);
    expect(loop.clock.blindMs).toBe(0);
    // The drops have to be ten seconds old, and a quarter of the time the bar was up.
    loop.pass(16_000);
    expect(loop.doubt.misses).toBe(5);
  });

  test('E86: where more than nine in ten are dropped observed time stands still', () => {
    const loop = new Loop();
    loop.pass(10_000);
    const seenAtMs = loop.nowMs;
    loop.pass(20_000, 10, 990);
    // The first hundredths of a second are too few to tell.
    expect(loop.clock.blindMs).toBeGreaterThan(18_500);
    expect(loop.clock.observed(loop.nowMs) - loop.clock.observed(seenAtMs)).toBeLessThan(1_500);
    // Every instant is blind: one span, whatever the number of ticks.
    const blindMs = loop.clock.blindMs;
    loop.pass(1_000, 10, 990);
    expect(loop.clock.blindMs).toBeCloseTo(blindMs + 1_000, 6);
  });

  test('E84: what was dropped in a gap or a suspend raises no bar, nor what is while that is being read', () => {
    const loop = new Loop();
    loop.pass(5_000);
    loop.horizonMs = loop.nowMs;
    loop.nowMs += 20_000;
    loop.dropped += 1_000_000;
    loop.pass(1_000, 1_000, 1_000);
    expect(loop.doubt.misses).toBe(5);
    loop.horizonMs = undefined;
    loop.pass(1_000);
    loop.suspendedMs += 10_000;
    loop.horizonMs = loop.nowMs;
    loop.dropped += 1_000_000;
    loop.pass(25);
    loop.horizonMs = undefined;
    loop.pass(1_000);
    expect(loop.doubt.misses).toBe(5);
    loop.pass(500, 1_000, 1_000);
    expect(loop.doubt.misses).toBeGreaterThan(5);
    expect(loop.clock.blindMs).toBeGreaterThanOrEqual(20_000);
  });

  test('E84: where drops cannot be counted, the share is that of the markers that do not come back', () => {
    const loop = new Loop();
    loop.pass(5_000);
    for (let tick = 0; tick < 200; tick++) {
      loop.nowMs += TICK_MS;
      loop.doubt.turn(loop.nowMs);
      loop.clock.alive(loop.nowMs);
      loop.doubt.tick(0, 10 * tick, loop.nowMs, loop.nowMs, { lost: tick >> 1, back: (tick + 1) >> 1 });
    }
    expect(loop.doubt.dropShare).toBeCloseTo(0.5, 1);
    expect(loop.doubt.misses).toBeGreaterThan(20);
  });

  test('E83: the bar is that of the shard that drops most: its hosts may come in by any socket', () => {
    const doubts = allocateDoubts(3);
    const loops = [0, 1, 2].map((shard) => new Loop(doubts, shard));
    for (let i = 0; i < 50; i++) {
      for (const [shard, loop] of loops.entries()) loop.pass(100, 500, shard === 2 ? 500 : 0);
    }
    loops[0]!.pass(100);
    expect(loops.map(({ doubt }) => doubt.misses)).toEqual([27, 27, 27]);
    expect(loops.map(({ doubt }) => doubt.dropShare.toFixed(1))).toEqual(['0.0', '0.0', '0.5']);
  });

  test('E84: where it is not known which of them dropped what, the share is that of all together', () => {
    const doubts = allocateDoubts(2);
    const loops = [0, 1].map((shard) => new Loop(doubts, shard, true));
    // All of it comes to one; what is dropped is put down to both.
    for (let i = 0; i < 100; i++)
      for (const [shard, loop] of loops.entries()) loop.pass(100, shard * 500, 250);
    expect(loops.map(({ doubt }) => doubt.dropShare.toFixed(1))).toEqual(['0.5', '0.5']);
  });
});

describe('several shards', () => {
  /** All turn for `spanMs`, but for one that stands still. */
  function together(loops: readonly Loop[], spanMs: number, still?: Loop): void {
    for (let passedMs = 0; passedMs < spanMs; passedMs += TICK_MS) {
      for (const loop of loops) {
        if (loop === still) loop.nowMs += TICK_MS;
        else loop.pass(TICK_MS);
      }
    }
  }

  test('E112: one that stood still blinds the others before its horizon moves, and what it dropped raises no bar', () => {
    const doubts = allocateDoubts(2);
    const loops = [0, 1].map((shard) => new Loop(doubts, shard));
    const [still, other] = loops as [Loop, Loop];
    together(loops, 5_000);
    expect(other.clock.blindMs).toBe(0);
    const seenAtMs = other.nowMs;
    still.horizonMs = still.nowMs;
    together(loops, 20_000, still);
    // It may judge up to now as soon as the one that stood still has read: before it ticks again.
    expect(other.clock.observed(other.nowMs) - other.clock.observed(seenAtMs)).toBeLessThanOrEqual(TICK_MS);
    still.dropped += 1_000_000;
    together(loops, 100);
    still.horizonMs = undefined;
    expect(other.clock.silenceStart(seenAtMs, 1_000) - other.clock.observed(seenAtMs)).toBe(1_000);
    const blindMs = other.clock.blindMs;
    expect(blindMs).toBeGreaterThanOrEqual(20_000);
    expect(blindMs).toBeLessThan(20_000 + 3 * TICK_MS);
    together(loops, 5_000);
    expect(other.clock.blindMs).toBe(blindMs);
    expect(loops.map(({ doubt }) => doubt.misses)).toEqual([5, 5]);
  });

  test('E112: a gap that begins and ends between two looks counts as well, shorter ones do not', () => {
    const doubts = allocateDoubts(2);
    const loops = [0, 1].map((shard) => new Loop(doubts, shard));
    const [still, other] = loops as [Loop, Loop];
    together(loops, 1_000);
    still.nowMs += 200;
    other.nowMs += 200;
    together(loops, 1_000);
    expect(other.clock.blindMs).toBe(0);
    still.nowMs += 220;
    other.nowMs += 220;
    still.tick();
    other.tick();
    expect(other.clock.blindMs).toBe(0);
    still.nowMs += 255;
    still.tick();
    other.nowMs += 220;
    other.clock.alive(other.nowMs);
    other.nowMs += 35;
    other.tick();
    expect(other.clock.blindMs).toBeGreaterThan(250);
  });

  test('E112: a stop of all of them is one blind span, raises no bar and delays nothing further', () => {
    const doubts = allocateDoubts(2);
    const loops = [0, 1].map((shard) => new Loop(doubts, shard));
    together(loops, 5_000);
    for (const loop of loops) {
      loop.horizonMs = loop.nowMs;
      loop.nowMs += 20_000;
      loop.dropped += 1_000_000;
    }
    together(loops, 100);
    for (const loop of loops) loop.horizonMs = undefined;
    together(loops, 1_000);
    for (const { clock, doubt } of loops) {
      expect(clock.blindMs).toBeGreaterThanOrEqual(20_000);
      expect(clock.blindMs).toBeLessThan(20_000 + 3 * TICK_MS);
      expect(doubt.misses).toBe(5);
    }
  });

  test('E113: a successor goes on from what was read before: the share of the others stays one', () => {
    const doubts = allocateDoubts(2);
    const loops = [0, 1].map((shard) => new Loop(doubts, shard, true));
    const drop = (each: readonly Loop[], spanMs: number): void => {
      for (let passedMs = 0; passedMs < spanMs; passedMs += TICK_MS) {
        for (const loop of each) loop.pass(TICK_MS, 1_000, 100);
      }
    };
    drop(loops, 20_000);
    const successor = new Loop(doubts, 0, true);
    successor.nowMs = loops[1]!.nowMs;
    const now = [successor, loops[1]!];
    for (let passedMs = 0; passedMs < 12_000; passedMs += 100) {
      drop(now, 100);
      for (const { doubt } of passedMs < 1_000 ? now.slice(1) : now) {
        expect(doubt.dropShare).toBeGreaterThan(0.05);
        expect(doubt.dropShare).toBeLessThan(0.15);
      }
    }
  });
});

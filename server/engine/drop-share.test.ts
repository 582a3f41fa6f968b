import { describe, expect, test } from 'vitest';
import { DropShare, missesAt } from './drop-share.ts';

const TICK_MS = 25;

/** A shard that reads and drops so many a second; its share after each tick. */
class Stream {
  readonly share = new DropShare();
  nowMs = 1_000_000;
  drops = 0;
  read = 0;

  pass(spanMs: number, readPerSecond: number, dropsPerSecond: number): number {
    for (let end = this.nowMs + spanMs; this.nowMs < end; ) {
      this.nowMs += TICK_MS;
      this.read += (readPerSecond * TICK_MS) / 1_000;
      this.drops += (dropsPerSecond * TICK_MS) / 1_000;
      this.share.note(this.drops, this.read, false, this.nowMs);
    }
    return this.share.share(this.nowMs);
  }
}

describe('the bar', () => {
  test('E83: so many misses that a chain of drops that long is one in 100 million, never fewer than are set', () => {
    expect(missesAt(0, 5)).toBe(5);
    expect(missesAt(0.01, 5)).toBe(5);
    expect(missesAt(0.01, 3)).toBe(4);
    expect([0.1, 0.3, 0.5, 0.8, 0.9].map((share) => missesAt(share, 5))).toEqual([8, 16, 27, 83, 175]);
    for (let share = 0.001; share < 0.9; share += 0.001) {
      expect(share ** missesAt(share, 1)).toBeLessThanOrEqual(1.03e-8);
    }
    expect(missesAt(1, 5)).toBe(missesAt(0.9, 5));
  });
});

describe('the share', () => {
  test('E84: over ten seconds, and over the newest one where that is more', () => {
    const stream = new Stream();
    expect(stream.share.share(0)).toBe(0);
    expect(stream.pass(20_000, 1_000, 0)).toBe(0);
    // A quarter of a second in: one second knows of it before ten do.
    expect(stream.pass(250, 500, 500)).toBeGreaterThan(0.1);
    expect(stream.pass(1_000, 500, 500)).toBeCloseTo(0.5, 2);
    stream.pass(9_000, 500, 500);
    expect(stream.pass(1_000, 1_000, 0)).toBeCloseTo(0.45, 1);
    expect(stream.pass(5_000, 1_000, 0)).toBeCloseTo(0.2, 1);
    expect(stream.pass(6_000, 1_000, 0)).toBe(0);
  });

  test('E84: what was dropped while nobody listened is no part of it', () => {
    const stream = new Stream();
    stream.pass(5_000, 1_000, 0);
    stream.drops += 100_000;
    stream.nowMs += 20_000;
    stream.share.note(stream.drops, stream.read, true, stream.nowMs);
    expect(stream.share.share(stream.nowMs)).toBe(0);
    expect(stream.pass(1_000, 1_000, 0)).toBe(0);
    expect(stream.pass(1_000, 900, 100)).toBeCloseTo(0.1, 1);
  });

  test('E84: nothing read and all dropped is all, nothing at all is nothing', () => {
    const stream = new Stream();
    stream.pass(11_000, 0, 0);
    expect(stream.pass(1_000, 0, 0)).toBe(0);
    expect(stream.pass(1_000, 0, 100)).toBe(1);
  });
});

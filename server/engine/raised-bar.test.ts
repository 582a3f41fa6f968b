import { expect, test } from 'vitest';
import { RaisedBar } from './raised-bar.ts';

const TICK_MS = 25;

/** Holds what is wanted for a span; what held at its end. */
function pass(bar: RaisedBar, wanted: number, fromMs: number, spanMs: number): number {
  let held = 0;
  for (let ms = fromMs; ms < fromMs + spanMs; ms += TICK_MS) held = bar.hold(wanted, ms);
  return held;
}

test('E92: a bar is up at once, and stays up for a part of the time it was: that of an interval in its misses', () => {
  const bar = new RaisedBar(5, 5);
  expect(pass(bar, 5, 0, 10_000)).toBe(5);
  expect(bar.hold(27, 10_000)).toBe(27);
  expect(pass(bar, 27, 10_025, 600_000)).toBe(27);
  // Ten minutes of drops: a host of two and a half minutes may have missed five beats by chance.
  expect(pass(bar, 5, 610_025, 149_000)).toBe(27);
  expect(pass(bar, 5, 759_025, 2_000)).toBe(5);
  // A new episode is as short as it is.
  expect(pass(bar, 8, 800_000, 4_000)).toBe(8);
  expect(pass(bar, 5, 804_000, 900)).toBe(8);
  expect(pass(bar, 5, 804_900, 300)).toBe(5);
});

test('E92: a peak at the beginning does not stand for all of an episode', () => {
  const bar = new RaisedBar(5, 3);
  expect(bar.hold(175, 0)).toBe(175);
  pass(bar, 60, 25, 475);
  expect(pass(bar, 20, 500, 1_100)).toBe(20);
  expect(pass(bar, 9, 1_600, 200)).toBe(20);
  expect(pass(bar, 30, 1_800, 100)).toBe(30);
});

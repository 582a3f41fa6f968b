import { expect, test } from 'vitest';
import { announceAtMs, GATHER_MS, SPACING_MS } from './announcement-pace.ts';

/** Plays changes at these instants through the rule, as the announcer does: one announcement pending at a time. */
function announcements(changesAtMs: readonly number[]): number[] {
  const spoken: number[] = [];
  let pendingAtMs: number | null = null;
  for (const changedAtMs of changesAtMs) {
    if (pendingAtMs !== null && pendingAtMs <= changedAtMs) {
      spoken.push(pendingAtMs);
      pendingAtMs = null;
    }
    pendingAtMs ??= announceAtMs(changedAtMs, spoken.at(-1) ?? null);
  }
  if (pendingAtMs !== null) spoken.push(pendingAtMs);
  return spoken;
}

test('1,000 transitions in 2 s are at most 2 announcements', () => {
  const storm = Array.from({ length: 1000 }, (_, index) => index * 2);
  const spoken = announcements(storm);
  expect(spoken.length).toBeLessThanOrEqual(2);
  expect(spoken.length).toBeGreaterThan(0);
  // The last one comes after the last change, so that what was said last is true.
  expect(spoken.at(-1)!).toBeGreaterThanOrEqual(storm.at(-1)!);
});

test('a lone change is announced after the gathering time, and no two are closer than the spacing', () => {
  expect(announcements([100])).toEqual([100 + GATHER_MS]);
  const hour = Array.from({ length: 3600 }, (_, index) => index * 1000);
  const spoken = announcements(hour);
  for (let i = 1; i < spoken.length; i++) {
    expect(spoken[i]! - spoken[i - 1]!).toBeGreaterThanOrEqual(SPACING_MS);
  }
});

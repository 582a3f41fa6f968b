import { describe, expect, test } from 'vitest';
import { unhandledOf } from '#lib/protocol/host-counts.ts';
import type { HostCounts } from '@/lib/protocol/host.ts';
import { ageInWords, sentenceFor } from './fleet-facts.ts';

const counts = (over: Partial<HostCounts>): HostCounts => ({
  total: 0,
  pending: 0,
  up: 0,
  late: 0,
  down: 0,
  left: 0,
  acknowledged: 0,
  maintenance: 0,
  ...over,
});

describe('sentenceFor', () => {
  test.each([
    [null, 'connecting'],
    [counts({}), 'none'],
    [counts({ total: 5, up: 5 }), 'allUp'],
    [counts({ total: 5, up: 4, left: 1 }), 'calm'],
    [counts({ total: 5, pending: 5 }), 'calm'],
    [counts({ total: 5, up: 4, late: 1 }), 'late'],
    [counts({ total: 5, up: 4, down: 1 }), 'down'],
    [counts({ total: 5, up: 4, down: 1, acknowledged: 1 }), 'down'],
    [counts({ total: 5, up: 3, late: 1, down: 1 }), 'downLate'],
  ] as const)('%j → %s', (given, key) => {
    expect(sentenceFor(given)).toBe(key);
  });
});

test('unhandled = down less what somebody has taken and what is in maintenance', () => {
  expect(unhandledOf(counts({ down: 9, acknowledged: 2, maintenance: 3 }))).toBe(4);
});

describe('ageInWords', () => {
  test.each([
    [0, 'now', 0],
    [999, 'now', 0],
    [1_000, 'seconds', 1],
    [119_999, 'seconds', 119],
    [120_000, 'minutes', 2],
    [7_199_999, 'minutes', 119],
    [7_200_000, 'hours', 2],
  ] as const)('%i ms → %s %i', (ageMs, key, value) => {
    expect(ageInWords(ageMs)).toEqual({ key, value });
  });
});

import { expect, test } from 'vitest';
import { barShare, MEASURE_GROUPS, MEASURE_KEYS, MEASURES } from './measures.ts';

test('every measure is shown once, its group in one piece', () => {
  expect(MEASURES.map(({ key }) => key).sort()).toEqual([...MEASURE_KEYS].sort());
  const groups = MEASURES.map(({ group }) => group);
  expect(groups.filter((group, index) => group !== groups[index - 1])).toEqual([...MEASURE_GROUPS]);
});

test('the longest bar is whole, none is drawn of nothing, and a latency below zero has no length', () => {
  expect(barShare(5, [5, 10, null])).toBe(0.5);
  expect(barShare(10, [5, 10, null])).toBe(1);
  expect(barShare(null, [5, 10, null])).toBeNull();
  expect(barShare(0, [0, 0])).toBeNull();
  expect(barShare(-0.2, [-0.2, 10])).toBe(0);
});

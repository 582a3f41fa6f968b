import { expect, test } from 'vitest';
import { matchesWords } from './palette-match.ts';

test.each([
  ['Theme: Dark', '', true],
  ['Theme: Dark', '   ', true],
  ['Theme: Dark', 'dark', true],
  ['Theme: Dark', 'dark the', true],
  ['Theme: Dark', 'dark light', false],
  ['主题：深色', '深色', true],
  ['Overview', 'views', false],
])('%j by %j: %s', (label, typed, expected) => {
  expect(matchesWords(label, typed)).toBe(expected);
});

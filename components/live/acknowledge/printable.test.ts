import { expect, test } from 'vitest';
import { printable } from './printable.ts';

test.each([
  [' plain ', 'plain'],
  ['two\nlines\there', 'two lines here'],
  ['\u202Eevil\u202C', 'evil'],
  ['a\u2066b\u2069c\u061C', 'a b c'],
  ['<b>=1+1</b> 你好 שלום', '<b>=1+1</b> 你好 שלום'],
  ['\u0000\u0007', ''],
])('%j becomes %j', (typed, kept) => {
  expect(printable(typed)).toBe(kept);
});

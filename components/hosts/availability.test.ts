import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareDigits } from './availability.ts';

const told = (share: number): string => {
  const { percent, digits, below } = shareDigits(share);
  return `${below ? '<' : ''}${percent.toFixed(digits)}`;
};

test.each([
  [1, '100'],
  [0.9998, '99.98'],
  [0.999_9, '99.990'],
  [0.999_99, '99.9990'],
  [0.999_999_9, '99.9999'],
  [0.5, '50.00'],
  [0.123_456, '12.34'],
  [0, '0.00'],
  [0.000_01, '<0.01'],
])('%f is told as %s', (share, words) => {
  expect(told(share)).toBe(words);
});

test('whatever was ever down is less than 100, and never told as more than it is by over a ten-thousandth', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (share) => {
      const { percent, digits, below } = shareDigits(share);
      expect(Number(percent.toFixed(digits))).toBeLessThan(100);
      if (!below) expect(percent).toBeLessThanOrEqual(share * 100 + 1e-4);
      expect(digits).toBeLessThanOrEqual(4);
    }),
  );
});

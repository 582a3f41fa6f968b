import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareNames, containsText, nameBytes } from './name-order.ts';

const collator = new Intl.Collator('en', { numeric: true });

describe('names as bytes', () => {
  test('H78: in the order of the collator, for all that a name may have in it (seed 11)', () => {
    // Few characters, so that names share beginnings, numbers and cases.
    const alphabets = ['aAbB019', '0-1._a', 'webWEB-0123456789._'];
    const name = fc.oneof(
      ...alphabets.map((alphabet) =>
        fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 9 }).map((chars) => chars.join('')),
      ),
      fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
    );
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(Math.sign(compareNames(nameBytes(a), nameBytes(b)))).toBe(Math.sign(collator.compare(a, b)));
      }),
      { seed: 11, numRuns: 20_000 },
    );
  });

  test('H78: every two characters stand as the collator has them', () => {
    const characters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-'];
    const ours = characters.toSorted((a, b) => compareNames(nameBytes(a), nameBytes(b)));
    expect(ours).toEqual(characters.toSorted(collator.compare));
  });

  test('H79: a text is found where lower-case texts have it (seed 12)', () => {
    const text = fc
      .array(fc.constantFrom(...'abAB-.19ü'), { minLength: 1, maxLength: 4 })
      .map((chars) => chars.join('').toLowerCase());
    const name = fc
      .array(fc.constantFrom(...'abABZz-.19'), { minLength: 1, maxLength: 20 })
      .map((chars) => chars.join(''));
    fc.assert(
      fc.property(name, text, (own, q) => {
        expect(containsText(nameBytes(own), Buffer.from(q))).toBe(own.toLowerCase().includes(q));
      }),
      { seed: 12, numRuns: 5_000 },
    );
  });
});

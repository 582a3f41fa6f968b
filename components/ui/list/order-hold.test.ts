import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countChanges, holdOrder } from './order-hold.ts';

const list = fc.uniqueArray(fc.constantFrom(...'abcdefghij'), { maxLength: 10 });

/** The oracle: the largest part of `shown` that already stands in the order of `latest`, by trying all parts. */
function slowCount(shown: readonly string[], latest: readonly string[]): number {
  const stays = shown.filter((id) => latest.includes(id));
  let best = 0;
  for (let mask = 0; mask < 1 << stays.length; mask++) {
    const part = stays.filter((_, index) => mask & (1 << index));
    const rises = part.every((id, i) => i === 0 || latest.indexOf(part[i - 1]!) < latest.indexOf(id));
    if (rises) best = Math.max(best, part.length);
  }
  const gone = shown.filter((id) => !latest.includes(id)).length;
  const come = latest.filter((id) => !shown.includes(id)).length;
  return gone + come + stays.length - best;
}

describe('a held list', () => {
  test('does not move while held, and follows at once when not', () => {
    fc.assert(
      fc.property(list, list, (shown, latest) => {
        const held = holdOrder(shown, latest, true);
        expect(held.shown).toEqual(shown);
        expect(holdOrder(shown, latest, false)).toEqual({ shown: latest, waiting: 0 });
        expect(held.waiting === 0).toBe(JSON.stringify(shown) === JSON.stringify(latest));
      }),
    );
  });

  test('an unchanged order keeps its identity, so nothing is drawn again', () => {
    const shown = ['a', 'b'];
    expect(holdOrder(shown, ['a', 'b'], false).shown).toBe(shown);
  });

  test('counts the fewest rows that come, go or move', () => {
    expect(countChanges(['a', 'b', 'c'], ['n', 'a', 'b', 'c'])).toBe(1);
    expect(countChanges(['a', 'b', 'c'], ['a', 'c'])).toBe(1);
    expect(countChanges(['a', 'b', 'c'], ['c', 'a', 'b'])).toBe(1);
    expect(countChanges(['a', 'b'], ['c', 'd'])).toBe(4);
    fc.assert(
      fc.property(list, list, (shown, latest) => {
        expect(countChanges(shown, latest)).toBe(slowCount(shown, latest));
      }),
      { numRuns: 60 },
    );
  });
});

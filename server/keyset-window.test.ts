import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeysetWindow } from './keyset-window.ts';

const SEED = 4_711;
const ascending = (a: number, b: number): number => a - b;

test(`pages put together are the sorted whole, whatever the order of offering (seed ${SEED})`, () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer(), { maxLength: 700 }),
      fc.integer({ min: 1, max: 90 }),
      (items, limit) => {
        const seen: number[] = [];
        let after: number | null = null;
        for (;;) {
          const window: KeysetWindow<number> = new KeysetWindow(limit, ascending, after);
          for (const item of items) window.offer(item);
          const page = window.finish();
          expect(page.items.length).toBeLessThanOrEqual(limit);
          seen.push(...page.items);
          if (!page.more) break;
          after = page.items.at(-1)!;
        }
        expect(seen).toEqual([...items].sort(ascending));
      },
    ),
    { seed: SEED },
  );
});

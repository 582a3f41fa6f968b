import { describe, expect, test } from 'vitest';
import { holdFeed } from './held-feed.ts';

type Entry = { key: string; text: string };
const entry = (key: string, text = key): Entry => ({ key, text });
const keyOf = (one: Entry): string => one.key;
const entries = (keys: readonly string[]): Entry[] => keys.map((key) => entry(key));

describe('holdFeed', () => {
  test.each([
    { name: 'nobody holds', latest: ['c', 'b', 'a'], held: null, shown: ['c', 'b', 'a'], waiting: 0 },
    { name: 'new entries wait', latest: ['d', 'c', 'b'], held: ['b', 'a'], shown: ['b', 'a'], waiting: 2 },
    { name: 'another order waits too', latest: ['a', 'b'], held: ['b', 'a'], shown: ['b', 'a'], waiting: 0 },
    { name: 'an empty feed held', latest: ['a'], held: [], shown: [], waiting: 1 },
  ])('$name', ({ latest, held, shown, waiting }) => {
    const result = holdFeed(entries(latest), keyOf, held === null ? null : entries(held));
    expect(result.shown.map(keyOf)).toEqual(shown);
    expect(result.waiting).toBe(waiting);
  });

  test('a held entry takes its newest content', () => {
    const { shown } = holdFeed([entry('a', 'new')], keyOf, [entry('a', 'old'), entry('b', 'kept')]);
    expect(shown.map((one) => one.text)).toEqual(['new', 'kept']);
  });
});

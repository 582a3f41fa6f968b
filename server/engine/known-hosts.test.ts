import { expect, test } from 'vitest';
import { packRestored, type RestoredByWords, type RestoredHost } from './known-hosts.ts';

const host: RestoredHost = {
  id: '89abcdef00000007',
  intervalMs: 1_000,
  state: 'down',
  confirmed: true,
  named: false,
  policy: 3,
};

test('an id in two words is the same host as its text, and is looked at before the next is asked for', () => {
  const ids = ['89abcdef00000007', '00000000ffffffff'];
  const shown = { ...host, id: { high: 0, low: 0 } };
  function* oneByOne(): Generator<RestoredByWords> {
    for (const id of ids) {
      shown.id = { high: Number.parseInt(id.slice(0, 8), 16), low: Number.parseInt(id.slice(8), 16) };
      yield shown;
    }
  }
  const inWords = packRestored(Object.assign(oneByOne(), { length: 2 }));
  expect(inWords).toEqual(packRestored(ids.map((id) => ({ ...host, id }))));
});

test('E65: what cannot be is refused with the id as people write it', () => {
  const inWords = { ...host, id: { high: 0x89abcdef, low: 7 } };
  expect(() => packRestored([{ ...inWords, policy: 99 }])).toThrow(
    'host 89abcdef00000007: policy is 99, allowed are 0 to 15',
  );
  expect(() => packRestored([{ ...inWords, intervalMs: 0 }])).toThrow(
    'host 89abcdef00000007: intervalMs is 0',
  );
});

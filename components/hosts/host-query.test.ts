import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ALL_HOSTS,
  HOST_SORTS,
  type HostQuery,
  hostsAddress,
  hostsApiPath,
  parseHostQuery,
  parseLabel,
  STATE_FILTERS,
  toggledSort,
  typedLabel,
  unhandledFilter,
  withFilter,
} from './host-query.ts';

const read = (address: string): HostQuery => parseHostQuery(new URL(address, 'http://x').searchParams);

const label = fc
  .tuple(
    fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  )
  .map(([key, value]) => `${key}:${value}`)
  .filter((text) => parseLabel(text) !== null);

const query: fc.Arbitrary<HostQuery> = fc
  .record({
    state: fc.constantFrom(null, ...STATE_FILTERS),
    q: fc.string({ unit: 'grapheme', maxLength: 40 }).map((q) => q.trim()),
    labels: fc.uniqueArray(label, { maxLength: 5 }),
    sort: fc.constantFrom(...HOST_SORTS),
    cursor: fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })),
    page: fc.integer({ min: 2, max: 1_000_000 }),
  })
  .map((drawn) => ({ ...drawn, page: drawn.cursor === null ? 1 : drawn.page }));

describe('the address of a list of hosts', () => {
  test('every query survives the address', () => {
    fc.assert(
      fc.property(query, (q) => {
        expect(read(hostsAddress(q))).toEqual(q);
      }),
    );
  });

  test('any address is read without an error, and reading is idempotent', () => {
    const pair = fc.tuple(
      fc.constantFrom('state', 'q', 'label', 'sort', 'cursor', 'page', 'other'),
      fc.oneof(
        fc.string({ unit: 'binary' }),
        label,
        fc.constantFrom(...STATE_FILTERS, ...HOST_SORTS, '-1', '3'),
      ),
    );
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 12 }), (pairs) => {
        const once = parseHostQuery(new URLSearchParams(pairs));
        expect(read(hostsAddress(once))).toEqual(once);
      }),
    );
  });

  test('the default needs no parameters, and labels stay readable', () => {
    expect(hostsAddress(ALL_HOSTS)).toBe('/hosts');
    expect(hostsAddress({ labels: ['rack:r17'] })).toBe('/hosts?label=rack:r17');
    expect(read('/hosts?state=unhandled')).toEqual({ ...ALL_HOSTS, state: 'unhandled' });
  });

  test('what is not understood falls back', () => {
    expect(
      read('/hosts?state=broken&sort=-labels&label=nocolon&label=UP:x&label=seq:1&page=7&q=%20%20'),
    ).toEqual(ALL_HOSTS);
    expect(read('/hosts?cursor=abc').page).toBe(2);
    expect(read('/hosts?cursor=abc&page=-4').page).toBe(2);
  });

  test('a label value may contain colons', () => {
    expect(parseLabel('addr:[::1]:9990')).toEqual({ key: 'addr', value: '[::1]:9990' });
    expect(parseLabel(':x')).toBeNull();
    expect(parseLabel('rack:')).toBeNull();
  });

  test('a label may be typed as heartbeats carry it', () => {
    expect(typedLabel('rack:r17')).toBe('rack:r17');
    expect(typedLabel('rack=r17')).toBe('rack:r17');
    expect(typedLabel('addr:a=b')).toBe('addr:a=b');
    expect(typedLabel('url=http://x')).toBe('url:http://x');
    expect(['web-01', 'rack=', '=r17', 'seq=1'].map(typedLabel)).toEqual([null, null, null, null]);
  });
});

test('the API is asked for one window with the same filter', () => {
  const asked = new URL(
    hostsApiPath(read('/hosts?state=down&q=web&label=rack:r1&label=dc:a&cursor=c1&page=2'), 100),
    'http://x',
  );
  expect(asked.pathname).toBe('/api/hosts');
  expect([...asked.searchParams]).toEqual([
    ['state', 'down'],
    ['q', 'web'],
    ['label', 'rack:r1'],
    ['label', 'dc:a'],
    ['sort', 'name'],
    ['limit', '100'],
    ['cursor', 'c1'],
  ]);
});

test('a changed filter starts at the beginning', () => {
  expect(withFilter(read('/hosts?cursor=c1&page=4&q=web'), { state: 'late' })).toEqual({
    ...ALL_HOSTS,
    q: 'web',
    state: 'late',
  });
});

test('acknowledging all that match asks for the unhandled ones, or for nothing when there can be none', () => {
  expect(unhandledFilter(read('/hosts?q=web&label=rack:r1'))).toEqual({
    state: 'unhandled',
    q: 'web',
    label: ['rack:r1'],
  });
  expect(unhandledFilter(read('/hosts?state=down'))).toEqual({ state: 'unhandled' });
  for (const state of ['up', 'late', 'left', 'pending', 'acknowledged', 'maintenance']) {
    expect(unhandledFilter(read(`/hosts?state=${state}`))).toBeNull();
  }
});

test('a column header sorts, then turns the order round', () => {
  expect(toggledSort('name', '-changedAt')).toBe('-changedAt');
  expect(toggledSort('-changedAt', '-changedAt')).toBe('changedAt');
  expect(toggledSort('name', 'name')).toBe('-name');
  expect(toggledSort('-name', 'name')).toBe('name');
});

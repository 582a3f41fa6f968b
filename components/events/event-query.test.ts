import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  csvAddress,
  EVENT_RANGES,
  type EventQuery,
  type EventRange,
  eventsAddress,
  NEWEST_EVENTS,
  parseEventQuery,
} from './event-query.ts';

const read = (address: string): EventQuery => parseEventQuery(new URL(address, 'http://x').searchParams);

test('every query survives the address', () => {
  const query = fc
    .record({
      range: fc.constantFrom(...(Object.keys(EVENT_RANGES) as EventRange[])),
      cursor: fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })),
      page: fc.integer({ min: 2, max: 1_000_000 }),
    })
    .map((drawn) => ({ ...drawn, page: drawn.cursor === null ? 1 : drawn.page }));
  fc.assert(
    fc.property(query, (q) => {
      expect(read(eventsAddress(q))).toEqual(q);
    }),
  );
});

test('the last 24 hours are the default and need no parameters; what is not understood falls back', () => {
  expect(eventsAddress(NEWEST_EVENTS)).toBe('/events');
  for (const range of ['1y', '', '__proto__', 'toString', 'constructor']) {
    expect(read(`/events?range=${range}&page=4`)).toEqual(NEWEST_EVENTS);
  }
  expect(read('/events?cursor=abc&page=-1')).toEqual({ ...NEWEST_EVENTS, cursor: 'abc', page: 2 });
});

test('the export covers whole milliseconds around the span', () => {
  expect(csvAddress(1_000.7, 2_000.2)).toBe('/api/events.csv?from=1000&to=2001');
});

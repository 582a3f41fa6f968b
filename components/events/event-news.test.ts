import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HostEvent } from '@/lib/protocol/host.ts';
import { eventKeys, eventNews } from './event-news.ts';

const event = (at: number, more: Partial<HostEvent> = {}): HostEvent => ({
  at,
  hostId: '00000000000000aa',
  host: 'web-1',
  kind: 'down',
  reason: null,
  evidence: null,
  by: null,
  ...more,
});

test('what stands above the newest one shown is new', () => {
  expect(eventNews([event(2), event(1)], [event(4), event(3), event(2)])).toEqual({ count: 2, more: false });
  expect(eventNews([event(2)], [event(2), event(1)])).toEqual({ count: 0, more: false });
});

test('when the newest one shown is not among them any more, there are at least so many', () => {
  expect(eventNews([event(1)], [event(9), event(8)])).toEqual({ count: 2, more: true });
});

test('an empty page takes all as new; an empty reading brings nothing', () => {
  expect(eventNews([], [event(1)])).toEqual({ count: 1, more: false });
  expect(eventNews([event(1)], [])).toEqual({ count: 0, more: false });
});

test('of events that say the same, the surplus is new', () => {
  expect(eventNews([event(1)], [event(1), event(1)])).toEqual({ count: 1, more: false });
});

test('for any history: the news are what came, and the keys of what stood there stay', () => {
  const history = fc
    .array(fc.record({ at: fc.nat(5), kind: fc.constantFrom('up' as const, 'down' as const) }), {
      maxLength: 30,
    })
    .map((list) =>
      list.sort((a, b) => b.at - a.at || (a.kind < b.kind ? -1 : 1)).map((one) => event(one.at, one)),
    );
  fc.assert(
    fc.property(history, fc.nat(10), (all, fresh) => {
      const shown = all.slice(fresh);
      fc.pre(shown.length > 0);
      expect(eventNews(shown, all)).toEqual({ count: all.length - shown.length, more: false });
      const keys = eventKeys(all);
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.slice(fresh)).toEqual(eventKeys(shown));
    }),
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALERT_STATUSES, type Alert } from '@/lib/protocol/alert.ts';
import {
  type AlertQuery,
  alertsAddress,
  alertsApiPath,
  belongs,
  parseAlertQuery,
  UNHANDLED_ALERTS,
} from './alert-query.ts';

const read = (address: string): AlertQuery => parseAlertQuery(new URL(address, 'http://x').searchParams);

describe('the address of a list of alerts', () => {
  test('every query survives the address', () => {
    const query = fc
      .record({
        status: fc.constantFrom(...ALERT_STATUSES),
        unhandledOnly: fc.boolean(),
        cursor: fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })),
        page: fc.integer({ min: 2, max: 1_000_000 }),
      })
      .map((drawn) => ({
        ...drawn,
        unhandledOnly: drawn.status === 'open' && drawn.unhandledOnly,
        page: drawn.cursor === null ? 1 : drawn.page,
      }));
    fc.assert(
      fc.property(query, (q) => {
        expect(read(alertsAddress(q))).toEqual(q);
      }),
    );
  });

  test('open and unhandled is the default and needs no parameters', () => {
    expect(alertsAddress(UNHANDLED_ALERTS)).toBe('/alerts');
    expect(read('/alerts?status=everything&page=3')).toEqual(UNHANDLED_ALERTS);
    expect(read('/alerts?show=all').unhandledOnly).toBe(false);
    expect(read('/alerts?status=resolved').unhandledOnly).toBe(false);
  });

  test('the API is asked for one window', () => {
    expect(alertsApiPath('open', null, 100)).toBe('/api/alerts?status=open&limit=100');
    expect(alertsApiPath('resolved', 'c 1', 50)).toBe('/api/alerts?status=resolved&limit=50&cursor=c+1');
  });
});

test('which alerts belong where', () => {
  const base = { closedAt: null, ack: null } as Alert;
  const acked = { ...base, ack: { by: 'ann', at: 1, comment: null, expiresAt: null } };
  const closed = { ...acked, closedAt: 5 };
  const where = (alert: Alert) =>
    [
      { status: 'open', unhandledOnly: true },
      { status: 'open', unhandledOnly: false },
      { status: 'acknowledged', unhandledOnly: false },
      { status: 'resolved', unhandledOnly: false },
    ].map((query) => belongs(alert, query as AlertQuery));
  expect(where(base)).toEqual([true, true, false, false]);
  expect(where(acked)).toEqual([false, true, true, false]);
  expect(where(closed)).toEqual([false, false, false, true]);
});

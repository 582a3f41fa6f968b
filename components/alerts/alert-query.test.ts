import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALERT_STATUSES, type Alert, type AlertStatus } from '@/lib/protocol/alert.ts';
import {
  ALERT_TABS,
  type AlertQuery,
  alertsAddress,
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
        cursor: fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })),
        page: fc.integer({ min: 2, max: 1_000_000 }),
      })
      .map((drawn) => ({ ...drawn, page: drawn.cursor === null ? 1 : drawn.page }));
    fc.assert(
      fc.property(query, (q) => {
        expect(read(alertsAddress(q))).toEqual(q);
      }),
    );
  });

  test('unhandled is the default and needs no parameters', () => {
    expect(alertsAddress(UNHANDLED_ALERTS)).toBe('/alerts');
    expect(alertsAddress({ status: 'open' })).toBe('/alerts?status=open');
    expect(read('/alerts?status=everything&page=3')).toEqual(UNHANDLED_ALERTS);
    expect(read('/alerts?status=resolved&cursor=&page=3')).toEqual({
      ...UNHANDLED_ALERTS,
      status: 'resolved',
    });
  });

  test('there is a tab for every status the server knows', () => {
    expect(ALERT_TABS.toSorted()).toEqual([...ALERT_STATUSES].sort());
  });
});

test('which alerts belong where', () => {
  const base = { closedAt: null, ack: null } as Alert;
  const acked = { ...base, ack: { by: 'ann', at: 1, comment: null, expiresAt: null } };
  const closed = { ...acked, closedAt: 5 };
  const where = (alert: Alert) =>
    ALERT_TABS.filter((status: AlertStatus) => belongs(alert, { status })).join(' ');
  expect(where(base)).toBe('unhandled open');
  expect(where(acked)).toBe('acknowledged open');
  expect(where(closed)).toBe('resolved');
  expect(where({ ...closed, ack: null })).toBe('resolved');
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Acknowledgement, Alert } from '@/lib/protocol/alert.ts';
import { type AlertWindow, compareAlerts, type LiveAlerts, mergeAlerts } from './alert-list.ts';
import { type AlertQuery, belongs, UNHANDLED_ALERTS } from './alert-query.ts';

const EPOCH = '00000000000000aa';
const ANN: Acknowledgement = { by: 'ann', at: 90, comment: null, expiresAt: null };

const alert = (number: number, more: Partial<Alert> = {}): Alert => ({
  id: `${number.toString(16).padStart(16, '0')}-1`,
  hostId: number.toString(16).padStart(16, '0'),
  host: `web-${number}`,
  episode: 1,
  openedAt: number,
  closedAt: null,
  reason: 'no heartbeat',
  evidence: null,
  incidentId: null,
  ack: null,
  ...more,
});
const page = (alerts: Alert[], hasMore = false, s = 10, staleBeforeMs = 0): AlertWindow => ({
  position: { e: EPOCH, s },
  alerts,
  hasMore,
  staleBeforeMs,
});
const live = (alerts: Alert[], more: Partial<LiveAlerts> = {}): LiveAlerts => ({
  epoch: EPOCH,
  seq: 10,
  open: new Map(alerts.map((one) => [one.id, one])),
  truncated: false,
  ...more,
});
const hosts = (alerts: readonly Alert[]) => alerts.map((one) => one.host);
const ALL_OPEN: AlertQuery = { ...UNHANDLED_ALERTS, status: 'open' };

describe('stale alerts', () => {
  test('stand before the others, newest first within each part', () => {
    const view = live([alert(1), alert(2), alert(5), alert(6), alert(7)]);
    const window = page([alert(2), alert(1), alert(6), alert(5)], false, 10, 3);
    expect(hosts(mergeAlerts(window, view, UNHANDLED_ALERTS, 100))).toEqual([
      'web-2',
      'web-1',
      'web-7',
      'web-6',
      'web-5',
    ]);
  });

  test('fill a window so that younger ones wait for the next', () => {
    const window = page([alert(2), alert(1)], true, 10, 3);
    expect(hosts(mergeAlerts(window, live([alert(1), alert(2), alert(9)]), ALL_OPEN, 100))).toEqual([
      'web-2',
      'web-1',
    ]);
  });

  test('mean nothing once they are resolved', () => {
    const compare = compareAlerts('resolved', 100);
    expect(compare(alert(1, { closedAt: 500 }), alert(200, { closedAt: 400 }))).toBeLessThan(0);
  });

  test('a later window keeps the order of the server, whose boundary is its first page’s', () => {
    const window = page([alert(6), alert(2)], false, 10, 3);
    const later = { ...ALL_OPEN, cursor: 'c', page: 2 };
    expect(hosts(mergeAlerts(window, live([alert(2), alert(6)]), later, 100))).toEqual(['web-6', 'web-2']);
  });
});

describe('pages merged with the live view', () => {
  test('a new live alert stands at the top at once', () => {
    const merged = mergeAlerts(
      page([alert(2), alert(1)]),
      live([alert(1), alert(2), alert(3)]),
      ALL_OPEN,
      100,
    );
    expect(hosts(merged)).toEqual(['web-3', 'web-2', 'web-1']);
  });

  test('the live acknowledgement beats the page', () => {
    const view = live([alert(1), alert(2, { ack: ANN })]);
    expect(hosts(mergeAlerts(page([alert(2), alert(1)]), view, UNHANDLED_ALERTS, 100))).toEqual(['web-1']);
    expect(mergeAlerts(page([alert(2), alert(1)]), view, ALL_OPEN, 100)[0]?.ack).toEqual(ANN);
  });

  test('what the complete view no longer holds has closed', () => {
    expect(hosts(mergeAlerts(page([alert(2), alert(1)]), live([alert(1)]), ALL_OPEN, 100))).toEqual([
      'web-1',
    ]);
  });

  test('a truncated view, or one that has not caught up with the page, closes nothing', () => {
    const window = page([alert(2), alert(1)]);
    for (const view of [live([alert(2)], { truncated: true }), live([alert(2)], { seq: 9 })]) {
      expect(hosts(mergeAlerts(window, view, ALL_OPEN, 100))).toEqual(['web-2', 'web-1']);
    }
  });

  test('a page as new as a truncated view beats it: the view may have missed a change', () => {
    const window = page([alert(2, { ack: ANN }), alert(1)]);
    const stale = live([alert(2), alert(1)], { truncated: true });
    expect(mergeAlerts(window, stale, ALL_OPEN, 100)[0]?.ack).toEqual(ANN);
    const newer = live([alert(2), alert(1)], { truncated: true, seq: 11 });
    expect(mergeAlerts(window, newer, ALL_OPEN, 100)[0]?.ack).toBeNull();
  });

  test('a page ahead of the view, which polls, beats it', () => {
    const window = page([alert(2, { ack: ANN }), alert(1)], false, 11);
    const behind = live([alert(2), alert(1)]);
    expect(mergeAlerts(window, behind, ALL_OPEN, 100)[0]?.ack).toEqual(ANN);
    expect(mergeAlerts(window, { ...behind, seq: 11 }, ALL_OPEN, 100)[0]?.ack).toBeNull();
  });

  test('the view of another run of the server says nothing of this page', () => {
    const view = live([alert(9)], { epoch: '00000000000000bb' });
    expect(hosts(mergeAlerts(page([alert(1)]), view, ALL_OPEN, 100))).toEqual(['web-1']);
    expect(hosts(mergeAlerts(page([alert(1)]), live([], { epoch: null }), ALL_OPEN, 100))).toEqual(['web-1']);
  });

  test('older alerts than the last of a window wait for the next one', () => {
    const view = live([alert(1), alert(2), alert(3), alert(4)]);
    expect(hosts(mergeAlerts(page([alert(4), alert(3)], true), view, ALL_OPEN, 100))).toEqual([
      'web-4',
      'web-3',
    ]);
  });

  test('a later window takes changes of its own rows, never new ones', () => {
    const query = { ...ALL_OPEN, cursor: 'c', page: 2 };
    const merged = mergeAlerts(
      page([alert(2), alert(1)]),
      live([alert(1, { ack: ANN }), alert(2), alert(3)]),
      query,
      100,
    );
    expect(hosts(merged)).toEqual(['web-2', 'web-1']);
    expect(merged[1]?.ack).toEqual(ANN);
  });

  test('a resumed episode leaves the resolved ones', () => {
    const query: AlertQuery = { ...ALL_OPEN, status: 'resolved' };
    const window = page([alert(2, { closedAt: 30 }), alert(1, { closedAt: 20 })]);
    expect(hosts(mergeAlerts(window, live([alert(2)]), query, 100))).toEqual(['web-1']);
  });

  test('resolved ones stand by the instant of closing', () => {
    const query: AlertQuery = { ...ALL_OPEN, status: 'resolved' };
    const window = page([alert(2, { closedAt: 20 }), alert(1, { closedAt: 30 })]);
    expect(hosts(mergeAlerts(window, live([]), query, 100))).toEqual(['web-1', 'web-2']);
  });

  test('for any page and view: nothing twice, nothing that does not belong, in order, within the limit', () => {
    const some = fc
      .uniqueArray(fc.record({ n: fc.integer({ min: 1, max: 30 }), acked: fc.boolean() }), {
        selector: (one) => one.n,
        maxLength: 20,
      })
      .map((list) => list.map(({ n, acked }) => alert(n, { ack: acked ? ANN : null })));
    const query = fc.constantFrom<AlertQuery>(
      UNHANDLED_ALERTS,
      ALL_OPEN,
      { ...ALL_OPEN, status: 'acknowledged' },
      { ...ALL_OPEN, cursor: 'c', page: 2 },
    );
    fc.assert(
      fc.property(
        some,
        some,
        query,
        fc.boolean(),
        fc.nat(12),
        fc.nat(30),
        (paged, viewed, q, hasMore, limit, stale) => {
          const compare = compareAlerts(q.status, stale);
          const window = page(paged.sort(compare), hasMore, 10, stale);
          const merged = mergeAlerts(window, live(viewed), q, limit);
          expect(new Set(merged.map((one) => one.id)).size).toBe(merged.length);
          expect(merged.length).toBeLessThanOrEqual(limit);
          expect(merged.every((one) => belongs(one, q))).toBe(true);
          expect([...merged].sort(compare)).toEqual(merged);
        },
      ),
    );
  });
});

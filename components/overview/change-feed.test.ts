import { describe, expect, test } from 'vitest';
import type { HostEvent, HostEventKind } from '@/lib/protocol/host.ts';
import { changeFeed } from './change-feed.ts';

const live = (slot: number, atMs: number, from: number, to: number) => ({ slot, atMs, from, to });
const event = (host: string, at: number, kind: HostEventKind): HostEvent => ({
  at,
  hostId: host,
  host,
  kind,
  reason: null,
  evidence: null,
  by: null,
});

describe('changeFeed', () => {
  test('live first, then what was before', () => {
    const feed = changeFeed(
      [live(7, 50, 3, 4), live(7, 40, 2, 3)],
      [event('a', 50, 'down'), event('b', 30, 'up'), event('c', 20, 'left')],
      10,
    );
    expect(feed.map(({ slot, host, from, to }) => [slot, host, from, to])).toEqual([
      [7, null, 'late', 'down'],
      [7, null, 'up', 'late'],
      [null, 'b', null, 'up'],
      [null, 'c', null, 'left'],
    ]);
  });

  test('tells changes of state only', () => {
    const kinds: HostEventKind[] = ['registered', 'restarted', 'acknowledged', 'removed', 'down'];
    expect(
      changeFeed(
        [],
        kinds.map((kind, i) => event('a', 9 - i, kind)),
        10,
      ).map((one) => one.to),
    ).toEqual(['down']);
  });

  test('at most as many as asked, with keys of their own', () => {
    const feed = changeFeed(
      [live(1, 9, 2, 4), live(2, 9, 2, 4)],
      [event('a', 8, 'up'), event('a', 7, 'down'), event('a', 6, 'up')],
      4,
    );
    expect(feed).toHaveLength(4);
    expect(new Set(feed.map((one) => one.key)).size).toBe(4);
  });

  test('a new and a removed host have no state before or after', () => {
    const [removed, added] = changeFeed([live(1, 9, 2, 0), live(2, 8, 0, 2)], [], 4);
    expect([removed!.from, removed!.to, added!.from, added!.to]).toEqual(['up', null, null, 'up']);
  });
});

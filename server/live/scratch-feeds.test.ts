import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clockFrom, clockOrigin } from '../clock.ts';
import { MAX_SCRATCH_FEEDS, SCRATCH_KEPT_MS, ScratchFeeds } from './scratch-feeds.ts';
import type { ViewerCloseReason } from './viewer.ts';
import { ViewerPlaces } from './viewer-places.ts';

describe('ScratchFeeds', () => {
  const real = clockFrom(clockOrigin());
  let aheadMs = 0;
  let places: ViewerPlaces;
  let feeds: ScratchFeeds;

  beforeEach(() => {
    aheadMs = 0;
    places = new ViewerPlaces({ maxViewers: 2 });
    feeds = new ScratchFeeds({ clock: () => real() + aheadMs, places, tickMs: 20 });
  });
  afterEach(() => feeds.stop());

  /** A viewer of the feed that takes everything; why it was closed, once it is. */
  function watch(id: string) {
    const { viewers } = feeds.get(id)!;
    const closed: ViewerCloseReason[] = [];
    const link = {
      ready: () => true,
      send: () => {},
      close: (reason: ViewerCloseReason) => void closed.push(reason),
    };
    const viewer = viewers.add({ link, position: null, acknowledges: false, beats: true });
    return { viewer, viewers, closed };
  }

  test('L55: each feed is a live log of its own', () => {
    const [a, b] = [feeds.create(100, 0)!, feeds.create(7, 0)!];
    expect(a.id).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set([a.id, b.id, a.info.epoch, b.info.epoch]).size).toBe(4);
    expect(a.info).toEqual({ feed: a.id, epoch: a.viewers.log.epoch, hosts: 100, changesPerSecond: 0 });
    expect([a.viewers.log.counts().up, b.viewers.log.counts().up]).toEqual([100, 7]);
  });

  test('L51: places are counted over all feeds', () => {
    const [a, b] = [feeds.create(1, 0)!, feeds.create(1, 0)!];
    const first = a.viewers.take('10.0.0.1')!;
    expect(b.viewers.take('10.0.0.2')).not.toBeNull();
    expect([a.viewers.take('10.0.0.3'), b.viewers.take('10.0.0.3')]).toEqual([null, null]);
    first.release();
    expect(places.take('10.0.0.3')).not.toBeNull();
  });

  test('L56: changes are made and published by themselves, from a new rate on too', async () => {
    const feed = feeds.create(50, 1_000)!;
    const { log } = feed.viewers;
    await vi.waitFor(() => expect(log.seq).toBeGreaterThan(5), 5_000);
    for (const [, publishedAtMs, changes] of log.changesAfter(1, 5).ticks) {
      expect(changes.length).toBeGreaterThan(0);
      for (const [atMs] of changes) expect(atMs).toBeLessThanOrEqual(publishedAtMs);
    }
    const idle = feeds.create(50, 0)!;
    idle.setRate(1_000);
    expect(idle.info.changesPerSecond).toBe(1_000);
    await vi.waitFor(() => expect(idle.viewers.log.seq).toBeGreaterThan(5), 5_000);
    feed.setRate(0);
    expect(feed.info.changesPerSecond).toBe(0);
  });

  test('L57: at most eight at once', () => {
    const made = Array.from({ length: MAX_SCRATCH_FEEDS }, () => feeds.create(1, 0)!);
    expect(feeds.create(1, 0)).toBeNull();
    expect(feeds.remove(made[3]!.id)).toBe(true);
    expect(feeds.remove(made[3]!.id)).toBe(false);
    expect(feeds.get(made[3]!.id)).toBeNull();
    expect(feeds.create(1, 0)).not.toBeNull();
    // Those nobody watched make room.
    aheadMs += SCRATCH_KEPT_MS;
    expect(feeds.create(1, 0)).not.toBeNull();
    expect(feeds.size).toBe(1);
  });

  test('L57: removed 30 s after it was made when nobody comes, and after the last viewer left', () => {
    const { id } = feeds.create(1, 0)!;
    aheadMs += SCRATCH_KEPT_MS - 1_000;
    const { viewer, viewers, closed } = watch(id);
    aheadMs += 10 * SCRATCH_KEPT_MS;
    expect(feeds.get(id)).not.toBeNull();
    viewers.remove(viewer);
    aheadMs += SCRATCH_KEPT_MS - 1_000;
    expect(feeds.get(id)).not.toBeNull();
    aheadMs += 1_000;
    expect([feeds.get(id), feeds.size, closed]).toEqual([null, 0, []]);
  });

  test('L57: one who polls keeps it, looking whether it is there does not', () => {
    const feed = feeds.create(1, 0)!;
    aheadMs += SCRATCH_KEPT_MS - 1_000;
    feed.watched();
    aheadMs += SCRATCH_KEPT_MS - 1_000;
    expect(feeds.get(feed.id)).toBe(feed);
    aheadMs += 1_000;
    expect(feeds.get(feed.id)).toBeNull();
  });

  test('L57: nobody has to ask for it to be removed', async () => {
    feeds.create(1, 0);
    aheadMs += SCRATCH_KEPT_MS;
    await vi.waitFor(() => expect(feeds.size).toBe(0), 5_000);
  });

  test('L57: the viewers of a removed feed are closed, and at the stop those of all', () => {
    const [a, b] = [feeds.create(1, 10)!, feeds.create(1, 10)!];
    const [ofA, ofB] = [watch(a.id), watch(b.id)];
    feeds.remove(a.id);
    expect([ofA.closed, ofB.closed]).toEqual([['shutdown'], []]);
    feeds.stop();
    expect([ofB.closed, feeds.size]).toEqual([['shutdown'], 0]);
  });
});

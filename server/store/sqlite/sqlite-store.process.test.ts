import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type Store, StoreFileError } from '../store.ts';
import { commandBatch, HOSTS, hostEvent, openEpisode } from '../testing/samples.ts';
import { timelineOf } from '../timeline.ts';
import { backupDatabase } from './backup.ts';
import { openDatabase } from './open-database.ts';
import { Outbox } from './outbox.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { Trim } from './trim.ts';

const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const freshPath = () => join(folder, `${++files}`, 'pulsewatch.db');
const open: Store[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
});
const opened = async (path: string, options: object = {}) => {
  const store = await openSqliteStore({ path, ...options });
  open.push(store);
  await store.load(1);
  return store;
};
/** Takes what it is sent and never answers. */
class WaitingDisk {
  readonly outbox = new Outbox({ limits: { events: 10, audit: 10 }, retryMs: 600_000, send: () => {} });
}

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => hostEvent(from + i, { hostId: HOSTS[i % 2]! }));

test('S24: of batches written together the one that breaks a rule is refused by itself', async () => {
  const store = await opened(freshPath());
  const nameless = { ...openEpisode(2, 1), timeoutMs: null as unknown as number };
  const results = await Promise.allSettled([
    store.append({ events: events(1, 1) }, 'history'),
    store.append({ events: events(2, 1), episodes: [nameless] }, 'history'),
    store.append(commandBatch(3), 'command'),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  const { events: stored } = await store.events({ limit: 9 });
  expect(new Set(stored.map(({ at }) => at))).toEqual(new Set([1, 3]));
  expect(store.health()).toMatchObject({ writable: true, waiting: 0, dropped: 2 });
});

test('S34: a page holds what was appended before it was asked for', async () => {
  const store = await opened(freshPath(), { readsWaitMs: 600_000 });
  const appended = Array.from({ length: 40 }, (_, i) =>
    store.append({ events: events(500 * i, 500) }, 'history'),
  );
  const { events: newest } = await store.events({ limit: 1 });
  expect(newest.map(({ at }) => at)).toEqual([500 * 40 - 1]);
  await Promise.all(appended);
});

test('S34: it does not wait for what cannot be stored', async () => {
  const { outbox } = new WaitingDisk();
  void outbox.add({ events: events(0, 1) }, 'history').catch(() => {});
  await outbox.settled(1);
  outbox.fail('no room');
  await outbox.settled(600_000);
  void outbox.close();
});

test('S26: a thread that ended is replaced, and what it had not confirmed is stored', async () => {
  const store = await opened(freshPath(), { retryMs: 20 });
  await store.append(commandBatch(1), 'command');
  // An instant that is none is a mistake the thread does not survive.
  store.alive(Number.NaN);
  const history = store.append({ events: events(50, 3) }, 'history');
  await history;
  const { events: stored } = await store.events({ limit: 9 });
  expect(stored.map(({ at }) => at)).toEqual([52, 51, 50, 1, 1, 1, 1, 1]);
  await expect.poll(() => store.health().writable).toBe(true);
  await store.append(commandBatch(2), 'command');
});

test('S3: pages of the fleet’s events and of a span over many thousand, none twice, none missing', async () => {
  const store = await opened(freshPath());
  const all = events(0, 20_000).map((event, i) => ({ ...event, at: i % 7 === 0 ? i - 3 : i }));
  for (let from = 0; from < all.length; from += 2_000) {
    void store.append({ events: all.slice(from, from + 2_000) }, 'history');
  }
  await store.append({}, 'command');
  for (const [fromMs, toMs] of [
    [-10, 30_000],
    [4_000, 4_100],
    [3_000, 12_345],
    [19_990, 99_999],
  ] as const) {
    const paged: number[] = [];
    let before: number | undefined;
    do {
      const page = await store.events({ limit: 1_500, fromMs, toMs, before });
      paged.push(...page.events.map(({ at }) => at));
      before = page.next ?? undefined;
    } while (before !== undefined);
    const expected = all.map(({ at }) => at).filter((at) => at >= fromMs && at <= toMs);
    expect(paged).toEqual(expected.reverse());
  }
});

test('S8: a timeline over many thousand events of one host is the fold of all of them', async () => {
  const store = await opened(freshPath());
  const KINDS = ['down', 'up', 'acknowledged', 'left'] as const;
  const all = Array.from({ length: 7_001 }, (_, i) => hostEvent(10 * i + 5, { kind: KINDS[i % 4]! }));
  await store.append({ events: all }, 'command');
  for (const [fromMs, toMs] of [
    [1, 80_001],
    [30_001, 50_001],
  ] as const) {
    const query = { hostId: HOSTS[0], fromMs, toMs, buckets: 9, present: 'up' as const };
    const newestFirst = all.toReversed().map(({ at, kind }) => ({ at, kind, named: false }));
    const runs = [{ startedAtMs: 1, aliveAtMs: Number.POSITIVE_INFINITY }];
    expect(await store.timeline(query)).toEqual(timelineOf(query, newestFirst, runs));
  }
});

test('S27: what happened proves that the run was alive then, although it never said so', async () => {
  const path = freshPath();
  const first = await openSqliteStore({ path });
  await first.load(100);
  await first.append({ events: [hostEvent(150, { kind: 'registered' }), hostEvent(600)] }, 'history');
  await first.append({ events: [hostEvent(500)] }, 'history');
  await first.close();
  const store = await openSqliteStore({ path });
  open.push(store);
  await store.load(900);
  const query = { hostId: HOSTS[0], fromMs: 100, toMs: 1_000, buckets: 9, present: 'up' as const };
  const [up, unknown] = [
    [100, 0, 0, 0],
    [0, 0, 0, 100],
  ];
  const { buckets } = await store.timeline(query);
  expect(buckets).toEqual([[50, 0, 0, 50], up, up, up, up, unknown, unknown, unknown, up]);
});

describe('S14: trimming', () => {
  test('goes in portions of at most 500 rows, oldest first', async () => {
    const path = freshPath();
    const store = await opened(path);
    await store.append({ events: events(0, 9_000) }, 'history');
    await store.close();
    const { database, close } = openDatabase(path);
    const trim = new Trim(database, 7_000);
    const oldest = database.prepare('SELECT min(at) AS at FROM events');
    let total = 0;
    for (let rows = trim.next(500); rows !== null; rows = trim.next(500)) {
      expect(rows).toBeLessThanOrEqual(500);
      total += rows;
      expect(oldest.get()).toEqual({ at: Math.min(total, 7_000) });
    }
    expect(total).toBe(7_000);
    expect(database.prepare('SELECT count(*) AS n FROM event_blocks').get()).toEqual({ n: 2 });
    close();
  });

  test('lets what is queued be written between two portions', async () => {
    const store = await opened(freshPath());
    await store.append({ events: events(0, 30_000) }, 'history');
    let trimmed = false;
    const trim = store.trim(30_000).then((rows) => {
      trimmed = true;
      return rows;
    });
    let answered = 0;
    for (let number = 1; number <= 5; number++) {
      await store.append(commandBatch(40_000 + number), 'command');
      if (!trimmed) answered++;
    }
    expect(answered).toBe(5);
    expect(await trim).toBe(30_000);
    expect((await store.events({ limit: 99 })).events).toHaveLength(25);
  });
});

describe('S20: a backup', () => {
  test('is taken while the server writes, and holds what was answered before', async () => {
    const path = freshPath();
    const store = await opened(path);
    await store.append({ events: events(0, 5_000) }, 'history');
    let answered = 0;
    let stop = false;
    const writing = (async () => {
      while (!stop) {
        await store.append(commandBatch(answered + 1), 'command');
        answered++;
      }
    })();
    await expect.poll(() => answered).toBeGreaterThan(3);
    const answeredBefore = answered;
    const file = join(folder, 'backup.db');
    await backupDatabase(path, file);
    stop = true;
    await writing;
    expect(readdirSync(folder).filter((name) => name.startsWith('backup.db'))).toEqual(['backup.db']);
    const copy = new DatabaseSync(file, { readOnly: true });
    expect(Object.values(copy.prepare('PRAGMA integrity_check').get()!)).toEqual(['ok']);
    const held = copy.prepare('SELECT ack_at AS at, count(*) AS n FROM episodes GROUP BY ack_at').all();
    expect(held.length).toBeGreaterThanOrEqual(answeredBefore);
    expect(answered).toBeGreaterThanOrEqual(held.length);
    expect(held.every(({ n }) => n === 5)).toBe(true);
    copy.close();
    // It can be put in the place of a database as it is.
    const restored = await opened(file);
    expect((await restored.events({ limit: 5_000 })).events.length).toBe(5_000);
  });

  test('replaces no file and leaves nothing of a failed one', async () => {
    const path = freshPath();
    await opened(path);
    const there = join(folder, 'there.txt');
    writeFileSync(there, 'mine');
    await expect(backupDatabase(path, there)).rejects.toThrow(
      /there\.txt cannot be written: it exists already; name another/,
    );
    await expect(backupDatabase(path, join(folder, 'no', 'folder.db'))).rejects.toThrow(StoreFileError);
    await expect(backupDatabase(join(folder, 'none.db'), join(folder, 'x.db'))).rejects.toThrow(
      /There is no database/,
    );
    await expect(backupDatabase(there, join(folder, 'x.db'))).rejects.toThrow(StoreFileError);
    expect(existsSync(join(folder, 'x.db'))).toBe(false);
    const other = new DatabaseSync(join(folder, 'other.db'));
    other.exec('CREATE TABLE t (x)');
    other.close();
    await expect(backupDatabase(join(folder, 'other.db'), join(folder, 'x.db'))).rejects.toThrow(
      /no database of Pulsewatch/,
    );
    expect(existsSync(join(folder, 'x.db'))).toBe(false);
  });
});

import { describe, expect, test } from 'vitest';
import { type AckOrder, AlertBook, type AlertChange, type EpisodeRecord } from './alert-book.ts';

const WEB = 'aaaaaaaaaaaaaaa1';
const DB = 'aaaaaaaaaaaaaaa2';
const MAIL = 'aaaaaaaaaaaaaaa3';
const TIMEOUT_MS = 5_000;

function goDown(book: AlertBook, hostId: string, atMs: number, seq = 1): AlertChange[] {
  const verdict = { reason: 'silent', evidence: null };
  return book.down({ hostId, host: `name-${hostId}`, atMs, verdict, timeoutMs: TIMEOUT_MS, seq });
}

const order = (over: Partial<AckOrder> = {}): AckOrder => ({
  batchId: 'batch-1',
  by: 'ada',
  comment: null,
  expiresInMs: null,
  maxOpenedSeq: null,
  ...over,
});

/** The newest record of each episode, as a store would have it. */
function kept(...changes: readonly (readonly EpisodeRecord[])[]): EpisodeRecord[] {
  const records = changes.flat().map(({ alert, timeoutMs, closedBy, batchId, downAt }) => ({
    alert,
    timeoutMs,
    closedBy,
    batchId,
    downAt,
  }));
  return [...new Map(records.map((record) => [record.alert.id, record])).values()];
}

function restored(records: readonly EpisodeRecord[], numbers: [string, number][] = []): AlertBook {
  const book = new AlertBook();
  book.restore(records, numbers);
  return book;
}

describe('over a restart', () => {
  test('A24: a change is the episode as it has to be kept', () => {
    const book = new AlertBook();
    const fields = (changes: readonly AlertChange[]) =>
      changes.map(({ kind, timeoutMs, closedBy, batchId }) => ({ kind, timeoutMs, closedBy, batchId }));
    const open = { timeoutMs: TIMEOUT_MS, closedBy: null };
    expect(fields(goDown(book, WEB, 1_000))).toEqual([{ kind: 'opened', ...open, batchId: null }]);
    const acked = { ...open, batchId: 'batch-1' };
    expect(fields(book.acknowledge([`${WEB}-1`], order(), 2_000).changes)).toEqual([
      { kind: 'acknowledged', ...acked },
    ]);
    expect(fields(book.up(WEB, 3_000))).toEqual([{ kind: 'closed', ...acked, closedBy: 'up' }]);
    expect(fields(goDown(book, WEB, 4_000))).toEqual([{ kind: 'resumed', ...acked }]);
    expect(fields(book.unacknowledge({ ids: [`${WEB}-1`] }, 'bob', 5_000).changes)).toEqual([
      { kind: 'unacknowledged', ...open, batchId: null },
    ]);
    const bye = { reason: 'bye', evidence: null };
    expect(fields(book.left(WEB, 6_000, bye))).toEqual([
      { kind: 'closed', ...open, closedBy: 'left', batchId: null },
    ]);
  });

  test('A25: open and resumable episodes, acknowledgements and numbers are as they were', () => {
    const first = new AlertBook();
    const opened = [WEB, DB].flatMap((host) => goDown(first, host, 1_000));
    const { changes } = first.acknowledge([`${WEB}-1`, `${DB}-1`], order({ comment: 'disk' }), 2_000);
    const book = restored(kept(opened, changes, first.up(DB, 3_000)), [[MAIL, 4]]);
    expect(book.openOf(WEB)).toEqual(first.openOf(WEB));
    expect([book.openCount, book.isAcknowledged(WEB), book.isAcknowledged(DB)]).toEqual([1, true, false]);
    expect(goDown(book, WEB, 4_000)).toEqual([]);
    expect(goDown(book, DB, 63_000)).toMatchObject([
      { kind: 'resumed', alert: { ack: { comment: 'disk' } } },
    ]);
    expect(goDown(book, MAIL, 4_000)[0]?.alert.id).toBe(`${MAIL}-5`);
    book.up(WEB, 5_000);
    expect(goDown(book, WEB, 65_001)[0]?.alert.id).toBe(`${WEB}-2`);
  });

  test('A39: an episode keeps since when its host is down: since it opened, or was resumed last', () => {
    const book = new AlertBook();
    const downAt = (changes: readonly AlertChange[]) => changes.map((change) => change.downAt);
    expect(downAt(goDown(book, WEB, 1_000))).toEqual([1_000]);
    expect(downAt(book.up(WEB, 2_000))).toEqual([1_000]);
    expect(downAt(goDown(book, WEB, 3_000))).toEqual([3_000]);
    const { changes } = book.acknowledge([`${WEB}-1`], order(), 4_000);
    expect([downAt(changes), book.downAtOf(WEB), book.downAtOf(DB)]).toEqual([[3_000], 3_000, null]);
    expect(book.openOf(WEB)?.openedAt).toBe(1_000);
    expect(restored(kept(changes)).downAtOf(WEB)).toBe(3_000);
  });

  test('A25: they count as opened before any position of the new run', () => {
    const book = restored(kept(goDown(new AlertBook(), WEB, 1_000, 9)));
    goDown(book, DB, 2_000, 1);
    const { results } = book.acknowledge([`${WEB}-1`, `${DB}-1`], order({ maxOpenedSeq: 0 }), 3_000);
    expect(results.map(({ outcome }) => outcome)).toEqual(['acked', 'skipped']);
  });

  test('A26: a batch can be undone, whether its hosts are down or would get it back', () => {
    const first = new AlertBook();
    const opened = [WEB, DB, MAIL].flatMap((host) => goDown(first, host, 1_000));
    const { changes } = first.acknowledge([`${WEB}-1`, `${DB}-1`], order(), 2_000);
    const other = first.acknowledge([`${MAIL}-1`], order({ batchId: 'batch-2', by: 'bob' }), 2_001).changes;
    const book = restored(kept(opened, changes, other, first.up(DB, 3_000)));
    expect(book.unacknowledge({ batchId: 'batch-1' }, 'ada', 4_000)).toMatchObject({
      changes: { length: 2 },
      skipped: 0,
    });
    expect(book.openOf(MAIL)?.ack?.by).toBe('bob');
    expect(goDown(book, DB, 5_000)[0]?.alert.ack).toBeNull();
  });

  test('A26: of more batches than can be undone the newest stay', () => {
    const first = new AlertBook();
    const opened = [WEB, DB].flatMap((host) => goDown(first, host, 1_000));
    const newer = first.acknowledge([`${WEB}-1`], order({ batchId: 'newer' }), 3_000).changes;
    const older = first.acknowledge([`${DB}-1`], order({ batchId: 'older' }), 2_000).changes;
    const book = new AlertBook({ batches: 1, episodeNumbers: 10 });
    book.restore(kept(opened, newer, older), []);
    expect(book.unacknowledge({ batchId: 'older' }, 'ada', 4_000).changes).toEqual([]);
    expect(book.unacknowledge({ batchId: 'newer' }, 'ada', 4_000).changes).toHaveLength(1);
  });

  test('A27: an acknowledgement that expired meanwhile ends at the first look, by the system', () => {
    const first = new AlertBook();
    const opened = goDown(first, WEB, 1_000);
    const { changes } = first.acknowledge([`${WEB}-1`], order({ expiresInMs: 1_000 }), 2_000);
    const book = restored(kept(opened, changes));
    expect(book.expire(2_999)).toEqual([]);
    expect(book.expire(60_000)).toMatchObject([{ kind: 'unacknowledged', by: 'system', atMs: 60_000 }]);
    expect(book.isAcknowledged(WEB)).toBe(false);
  });
});

describe('removal', () => {
  test('A28: the open episode closes and says who removed the host; the next down is a new one', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    book.acknowledge([`${WEB}-1`], order(), 2_000);
    const { changes, removal } = book.remove([WEB, DB], 3_000, 'bob');
    expect(changes).toMatchObject([
      {
        kind: 'closed',
        by: 'bob',
        closedBy: 'removed',
        alert: { closedAt: 3_000, reason: 'removed by bob while it was down: silent', ack: { by: 'ada' } },
      },
    ]);
    expect(book.settleRemoval(removal, true)).toEqual([]);
    expect([book.openCount, book.get(`${WEB}-1`)]).toEqual([0, null]);
    expect(book.unacknowledge({ batchId: 'batch-1' }, 'ada', 3_500)).toMatchObject({
      changes: [],
      skipped: 1,
    });
    expect(goDown(book, WEB, 4_000)[0]).toMatchObject({ kind: 'opened', alert: { episode: 2, ack: null } });
  });

  test('A29: what could have been resumed no longer can, also after a restart', () => {
    const book = new AlertBook();
    const opened = goDown(book, WEB, 1_000);
    const closed = book.up(WEB, 2_000);
    const { changes } = book.remove([WEB], 3_000, 'bob');
    expect(changes).toMatchObject([
      { kind: 'sealed', closedBy: 'removed', alert: { closedAt: 2_000, reason: 'silent' } },
    ]);
    expect(goDown(book, WEB, 4_000)[0]?.alert.episode).toBe(2);
    const again = restored(kept(opened, closed, changes));
    expect(goDown(again, WEB, 4_000)[0]?.alert.episode).toBe(2);
  });

  test('A30: refused, all is as before: open, resumable, expiring', () => {
    const book = new AlertBook();
    for (const host of [WEB, DB]) goDown(book, host, 1_000);
    book.acknowledge([`${WEB}-1`], order({ expiresInMs: 9_000 }), 2_000);
    book.up(DB, 2_000);
    const before = book.openOf(WEB);
    const { removal } = book.remove([WEB, DB], 3_000, 'bob');
    expect(book.acknowledge([`${WEB}-1`], order(), 3_000).results[0]?.outcome).toBe('skipped');
    const reopened = book.settleRemoval(removal, false);
    expect(reopened.map(({ alert, closedBy }) => [alert.id, closedBy])).toEqual([
      [`${WEB}-1`, null],
      [`${DB}-1`, 'up'],
    ]);
    expect(book.openOf(WEB)).toEqual(before);
    expect(goDown(book, DB, 4_000)[0]?.kind).toBe('resumed');
    expect(book.expire(11_000)).toMatchObject([{ alert: { id: `${WEB}-1`, ack: null } }]);
  });
});

describe('commands the store refuses', () => {
  test('A31: an ended acknowledgement is in force again, with its expiry and its batch', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    book.acknowledge([`${WEB}-1`], order({ expiresInMs: 9_000 }), 2_000);
    const undo = book.unacknowledge({ batchId: 'batch-1' }, 'bob', 3_000);
    expect(book.isAcknowledged(WEB)).toBe(false);
    expect(book.settle(undo.decision, false)).toMatchObject([
      { batchId: 'batch-1', alert: { ack: { by: 'ada', expiresAt: 11_000 } } },
    ]);
    expect(book.expire(10_999)).toEqual([]);
    expect(book.unacknowledge({ batchId: 'batch-1' }, 'bob', 4_000).changes).toHaveLength(1);
  });

  test('A31: unless it has expired meanwhile, or a newer one stands there', () => {
    for (const newer of [false, true]) {
      const book = new AlertBook();
      goDown(book, WEB, 1_000);
      book.acknowledge([`${WEB}-1`], order({ expiresInMs: 1_000 }), 2_000);
      const { decision } = book.unacknowledge({ ids: [`${WEB}-1`] }, 'bob', 2_500);
      if (newer) book.acknowledge([`${WEB}-1`], order({ by: 'eve', batchId: 'batch-2' }), 2_600);
      expect(book.settle(decision, false)).toHaveLength(newer ? 0 : 1);
      expect(book.expire(3_000)).toHaveLength(newer ? 0 : 1);
      expect(book.openOf(WEB)?.ack?.by).toBe(newer ? 'eve' : undefined);
    }
  });

  test('A32: of several on one episode each refused one is as if it had not been', () => {
    const scenario = () => {
      const book = new AlertBook();
      goDown(book, WEB, 1_000);
      const ids = [`${WEB}-1`];
      const ada = book.acknowledge(ids, order(), 2_000).decision;
      const ended = book.unacknowledge({ ids }, 'eve', 3_000).decision;
      const bob = book.acknowledge(ids, order({ by: 'bob', batchId: 'batch-2' }), 4_000).decision;
      return { book, ada, ended, bob, by: () => book.openOf(WEB)?.ack?.by ?? null };
    };
    for (const [adaKept, endedKept, bobKept, by] of [
      [true, true, true, 'bob'],
      [true, true, false, null],
      [true, false, false, 'ada'],
      [false, true, false, null],
      [false, false, false, null],
      [false, false, true, 'bob'],
    ] as const) {
      const it = scenario();
      it.book.settle(it.ada, adaKept);
      it.book.settle(it.ended, endedKept);
      it.book.settle(it.bob, bobKept);
      expect(it.by()).toBe(by);
    }
  });

  test('A32: what is refused for an old episode touches nothing of a new one', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    const { decision } = book.acknowledge([`${WEB}-1`], order(), 2_000);
    book.left(WEB, 3_000, { reason: 'bye', evidence: null });
    goDown(book, WEB, 4_000);
    book.acknowledge([`${WEB}-2`], order({ batchId: 'batch-2', expiresInMs: 1_000 }), 4_000);
    expect(book.settle(decision, false)).toMatchObject([{ alert: { id: `${WEB}-1`, ack: null } }]);
    expect(book.openOf(WEB)?.ack?.by).toBe('ada');
    expect(book.expire(5_000)).toMatchObject([{ alert: { id: `${WEB}-2` } }]);
  });
});

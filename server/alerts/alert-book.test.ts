import { describe, expect, test } from 'vitest';
import { resumptionMs } from '#lib/protocol/alert.ts';
import { type AckOrder, AlertBook, type AlertChange } from './alert-book.ts';

const WEB = 'aaaaaaaaaaaaaaa1';
const DB = 'aaaaaaaaaaaaaaa2';
const TIMEOUT_MS = 5_000;
const verdict = (reason: string) => ({ reason, evidence: null });

function goDown(book: AlertBook, hostId: string, atMs: number, seq = 1): AlertChange[] {
  return book.down({
    hostId,
    host: `name-${hostId}`,
    atMs,
    verdict: verdict(`silent at ${atMs}`),
    timeoutMs: TIMEOUT_MS,
    seq,
  });
}

const order = (over: Partial<AckOrder> = {}): AckOrder => ({
  batchId: 'batch-1',
  by: 'ada',
  comment: null,
  expiresInMs: null,
  maxOpenedSeq: null,
  ...over,
});

const kinds = (changes: readonly AlertChange[]): string[] => changes.map((change) => change.kind);

describe('episodes', () => {
  test('A1: down opens an episode with the next number', () => {
    const book = new AlertBook();
    const [opened] = goDown(book, WEB, 1_000);
    expect(opened?.alert).toEqual({
      id: `${WEB}-1`,
      hostId: WEB,
      host: `name-${WEB}`,
      episode: 1,
      openedAt: 1_000,
      closedAt: null,
      reason: 'silent at 1000',
      evidence: null,
      incidentId: null,
      ack: null,
    });
    book.up(WEB, 2_000);
    expect(goDown(book, WEB, 900_000)[0]?.alert.id).toBe(`${WEB}-2`);
  });

  test('A2: up closes the open episode at the instant of recovery', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    const changes = book.up(WEB, 7_000);
    expect(kinds(changes)).toEqual(['closed']);
    expect(changes[0]?.alert).toMatchObject({ closedAt: 7_000, reason: 'silent at 1000' });
    expect(book.openOf(WEB)).toBeNull();
  });

  test('A3: left closes the open episode with the bye as its reason', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    expect(book.left(WEB, 7_000, verdict('said bye'))[0]?.alert).toMatchObject({
      closedAt: 7_000,
      reason: 'said bye',
    });
  });

  test('A4: up and left without an open episode and a second down change nothing', () => {
    const book = new AlertBook();
    expect(book.up(WEB, 1)).toEqual([]);
    expect(book.left(WEB, 1, verdict('bye'))).toEqual([]);
    goDown(book, WEB, 1_000);
    expect(goDown(book, WEB, 2_000)).toEqual([]);
    expect(book.openOf(WEB)?.openedAt).toBe(1_000);
  });

  test.each([
    { timeoutMs: 5_000, windowMs: 60_000 },
    { timeoutMs: 30_000, windowMs: 90_000 },
  ])(
    'A5, A6: a down within $windowMs ms of recovery resumes at timeout $timeoutMs, a later one is new',
    ({ timeoutMs, windowMs }) => {
      const fact = { hostId: WEB, host: 'web', verdict: verdict('r'), timeoutMs, seq: 1 };
      for (const [gapMs, id, kind] of [
        [windowMs, `${WEB}-1`, 'resumed'],
        [windowMs + 1, `${WEB}-2`, 'opened'],
      ] as const) {
        const book = new AlertBook();
        book.down({ ...fact, atMs: 1_000 });
        book.up(WEB, 10_000);
        const [change] = book.down({ ...fact, atMs: 10_000 + gapMs });
        expect(change).toMatchObject({ kind, alert: { id, closedAt: null } });
        expect(change?.alert.openedAt).toBe(kind === 'resumed' ? 1_000 : 10_000 + gapMs);
      }
      expect(resumptionMs(timeoutMs)).toBe(windowMs);
    },
  );

  test('A6: after an episode that ended with a bye the next down is a new one', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    book.left(WEB, 2_000, verdict('bye'));
    expect(goDown(book, WEB, 3_000)[0]).toMatchObject({ kind: 'opened', alert: { episode: 2 } });
  });

  test('A7: a resumed episode is acknowledged as before, unless that has expired', () => {
    for (const [expiresInMs, expected] of [
      [null, ['resumed']],
      [50_000, ['resumed']],
      [10_000, ['resumed', 'unacknowledged']],
    ] as const) {
      const book = new AlertBook();
      goDown(book, WEB, 1_000);
      book.acknowledge([`${WEB}-1`], order({ expiresInMs }), 2_000);
      book.up(WEB, 5_000);
      expect(book.isAcknowledged(WEB)).toBe(false);
      expect(kinds(goDown(book, WEB, 20_000))).toEqual(expected);
      expect(book.isAcknowledged(WEB)).toBe(expected.length === 1);
    }
  });

  test('A7: a restored acknowledgement still expires on time', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    book.acknowledge([`${WEB}-1`], order({ expiresInMs: 30_000 }), 2_000);
    book.up(WEB, 5_000);
    book.expire(6_000);
    goDown(book, WEB, 20_000);
    expect(book.expire(31_999)).toEqual([]);
    expect(kinds(book.expire(32_000))).toEqual(['unacknowledged']);
  });

  test('A8: numbers go on after the closed episode has been forgotten', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    book.up(WEB, 2_000);
    expect(book.get(`${WEB}-1`)).not.toBeNull();
    book.expire(62_001);
    expect(book.get(`${WEB}-1`)).toBeNull();
    expect(goDown(book, WEB, 100_000)[0]?.alert.id).toBe(`${WEB}-2`);
  });

  test('A8: of more hosts than can be remembered the newest go on counting', () => {
    const book = new AlertBook({ batches: 10, episodeNumbers: 128 });
    const hosts = Array.from({ length: 300 }, (_, i) => i.toString(16).padStart(16, '0'));
    const numbers = (atMs: number) => hosts.map((host) => goDown(book, host, atMs)[0]?.alert.episode);
    expect(new Set(numbers(1))).toEqual(new Set([1]));
    for (const host of hosts) book.left(host, 2, verdict('bye'));
    // The newest first, because each of them is remembered anew.
    hosts.reverse();
    const again = numbers(3);
    expect(again.slice(0, 128)).toEqual(Array(128).fill(2));
    expect(again.slice(131)).toEqual(Array(300 - 131).fill(1));
  });
});

describe('acknowledgement', () => {
  test('A10: it names the open episode and records who, when, why and until when', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    const ack = { by: 'ada', at: 2_000, comment: 'disk', expiresAt: 902_000 };
    const { results, changes } = book.acknowledge(
      [`${WEB}-1`],
      order({ comment: 'disk', expiresInMs: 900_000 }),
      2_000,
    );
    expect(results).toEqual([{ id: `${WEB}-1`, outcome: 'acked', ack, owner: null }]);
    const alert = book.openOf(WEB);
    const record = { alert, timeoutMs: TIMEOUT_MS, closedBy: null, batchId: 'batch-1', downAt: 1_000 };
    expect(changes).toEqual([{ kind: 'acknowledged', by: 'ada', atMs: 2_000, ...record }]);
    expect(book.openOf(WEB)?.ack).toEqual(ack);
  });

  test('A11: another, a closed and an unknown episode are skipped', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    book.up(WEB, 2_000);
    const { results, changes } = book.acknowledge(
      [`${WEB}-1`, `${WEB}-2`, `${DB}-1`, 'rubbish'],
      order(),
      3_000,
    );
    expect(results.map((result) => result.outcome)).toEqual(['skipped', 'skipped', 'skipped', 'skipped']);
    expect(changes).toEqual([]);
  });

  test('A12: the first owner stays', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    book.acknowledge([`${WEB}-1`], order(), 2_000);
    const { results, changes } = book.acknowledge(
      [`${WEB}-1`],
      order({ by: 'bob', batchId: 'batch-2' }),
      3_000,
    );
    expect(results).toMatchObject([{ outcome: 'alreadyAcked', ack: { by: 'ada', at: 2_000 } }]);
    expect(changes).toEqual([]);
  });

  test('A13: with a position only what opened or resumed at or before it is taken', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000, 7);
    goDown(book, DB, 1_000, 8);
    const at = (maxOpenedSeq: number) =>
      book.acknowledge([`${WEB}-1`, `${DB}-1`], order({ maxOpenedSeq }), 2_000).results.map((r) => r.outcome);
    expect(at(6)).toEqual(['skipped', 'skipped']);
    expect(at(7)).toEqual(['acked', 'skipped']);
    book.up(WEB, 3_000);
    goDown(book, WEB, 4_000, 12);
    book.unacknowledge({ ids: [`${WEB}-1`] }, 'ada', 5_000);
    expect(at(11)).toEqual(['skipped', 'acked']);
  });

  test('A15: an acknowledgement expires at its instant, by the system', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    goDown(book, DB, 1_000);
    book.acknowledge([`${WEB}-1`], order({ expiresInMs: 1_000 }), 2_000);
    book.acknowledge([`${DB}-1`], order({ expiresInMs: 5_000 }), 2_000);
    expect(book.expire(2_999)).toEqual([]);
    const changes = book.expire(3_000);
    expect(changes).toMatchObject([
      {
        kind: 'unacknowledged',
        by: 'system',
        atMs: 3_000,
        alert: { id: `${WEB}-1`, ack: null },
        batchId: null,
      },
    ]);
    expect(kinds(book.expire(7_000))).toEqual(['unacknowledged']);
    expect(book.expire(9_000)).toEqual([]);
  });

  test('A15: many that expire at once can be ended in portions', () => {
    const book = new AlertBook();
    const hosts = Array.from({ length: 7 }, (_, i) => `00000000000000b${i}`);
    for (const host of hosts) goDown(book, host, 1_000);
    const ids = hosts.map((host) => `${host}-1`);
    book.acknowledge(ids, order({ expiresInMs: 1_000 }), 1_000);
    const portions = [1, 2, 3, 4].map(() => book.expire(2_000, 3).map(({ alert }) => alert.id));
    expect(portions.map((portion) => portion.length)).toEqual([3, 3, 1, 0]);
    expect(portions.flat().sort()).toEqual(ids);
  });

  test('A16: an acknowledgement after an unnoticed expiry wins', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    book.acknowledge([`${WEB}-1`], order({ expiresInMs: 1_000 }), 2_000);
    const { results, lapsed, changes } = book.acknowledge(
      [`${WEB}-1`],
      order({ by: 'bob', batchId: 'batch-2' }),
      3_000,
    );
    expect(results).toMatchObject([{ outcome: 'acked', ack: { by: 'bob' } }]);
    expect([...lapsed, ...changes].map((change) => [change.kind, change.by])).toEqual([
      ['unacknowledged', 'system'],
      ['acknowledged', 'bob'],
    ]);
    expect(book.expire(4_000)).toEqual([]);
  });

  test('A17: anyone may end an acknowledgement; what is not acknowledged is skipped', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    goDown(book, DB, 1_000);
    book.acknowledge([`${WEB}-1`], order(), 2_000);
    const { changes, skipped } = book.unacknowledge(
      { ids: [`${WEB}-1`, `${DB}-1`, 'rubbish'] },
      'bob',
      3_000,
    );
    expect(changes).toMatchObject([
      { kind: 'unacknowledged', by: 'bob', alert: { id: `${WEB}-1`, ack: null } },
    ]);
    expect(skipped).toBe(2);
  });

  test('A18: undo ends only what its own batch still holds', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    goDown(book, DB, 1_000);
    book.acknowledge([`${WEB}-1`, `${DB}-1`], order(), 2_000);
    book.unacknowledge({ ids: [`${WEB}-1`] }, 'bob', 3_000);
    book.acknowledge([`${WEB}-1`], order({ by: 'bob', batchId: 'batch-2' }), 4_000);
    const undo = book.unacknowledge({ batchId: 'batch-1' }, 'ada', 5_000);
    expect(undo.changes.map((change) => change.alert.id)).toEqual([`${DB}-1`]);
    expect(undo.skipped).toBe(1);
    expect(book.openOf(WEB)?.ack?.by).toBe('bob');
    expect(book.unacknowledge({ batchId: 'batch-1' }, 'ada', 6_000)).toMatchObject({
      changes: [],
      skipped: 0,
    });
  });

  test('A18: undo reaches a host that recovered in between, so that a resumption does not bring it back', () => {
    const book = new AlertBook();
    for (const host of [WEB, DB]) goDown(book, host, 1_000);
    book.acknowledge([`${WEB}-1`], order(), 2_000);
    book.acknowledge([`${DB}-1`], order({ batchId: 'batch-2', expiresInMs: 1_000 }), 2_000);
    for (const host of [WEB, DB]) book.up(host, 3_000);
    expect(book.unacknowledge({ batchId: 'batch-1' }, 'ada', 4_000)).toMatchObject({
      skipped: 0,
      changes: [{ kind: 'unacknowledged', by: 'ada', alert: { id: `${WEB}-1`, closedAt: 3_000, ack: null } }],
    });
    expect(book.unacknowledge({ batchId: 'batch-2' }, 'ada', 4_000)).toMatchObject({
      skipped: 1,
      changes: [],
    });
    goDown(book, WEB, 5_000);
    expect([book.openOf(WEB)?.id, book.openOf(WEB)?.ack]).toEqual([`${WEB}-1`, null]);
  });

  test('A18: what can no longer be resumed keeps who acknowledged it', () => {
    const book = new AlertBook();
    for (const host of [WEB, DB]) goDown(book, host, 1_000);
    book.acknowledge([`${WEB}-1`, `${DB}-1`], order(), 2_000);
    book.up(WEB, 3_000);
    book.left(DB, 3_000, verdict('bye'));
    const afterMs = 3_000 + resumptionMs(TIMEOUT_MS) + 1;
    expect(book.unacknowledge({ batchId: 'batch-1' }, 'ada', afterMs)).toMatchObject({
      skipped: 2,
      changes: [],
    });
    expect(book.get(`${DB}-1`)?.ack?.by).toBe('ada');
  });

  test('A19: an id named twice counts once', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    expect(book.acknowledge([`${WEB}-1`, `${WEB}-1`], order(), 2_000).results).toHaveLength(1);
  });

  test('A20: what could not be stored is taken back, unless something newer stands there', () => {
    const book = new AlertBook();
    goDown(book, WEB, 1_000);
    goDown(book, DB, 1_000);
    const { decision } = book.acknowledge([`${WEB}-1`, `${DB}-1`], order(), 2_000);
    book.unacknowledge({ ids: [`${DB}-1`] }, 'bob', 3_000);
    book.acknowledge([`${DB}-1`], order({ by: 'bob', batchId: 'batch-2' }), 4_000);
    book.up(WEB, 5_000);
    expect(book.settle(decision, false)).toMatchObject([
      { alert: { id: `${WEB}-1`, closedAt: 5_000, ack: null }, closedBy: 'up', batchId: null },
    ]);
    goDown(book, WEB, 6_000);
    expect(book.isAcknowledged(WEB)).toBe(false);
    expect(book.openOf(DB)?.ack?.by).toBe('bob');
  });

  test('A21: between acknowledgement and recovery the earlier one wins', () => {
    const ackFirst = new AlertBook();
    goDown(ackFirst, WEB, 1_000);
    expect(ackFirst.acknowledge([`${WEB}-1`], order(), 2_000).results[0]?.outcome).toBe('acked');
    expect(ackFirst.up(WEB, 2_000)[0]?.alert).toMatchObject({ closedAt: 2_000, ack: { by: 'ada' } });

    const recoveryFirst = new AlertBook();
    goDown(recoveryFirst, WEB, 1_000);
    recoveryFirst.up(WEB, 2_000);
    expect(recoveryFirst.acknowledge([`${WEB}-1`], order(), 2_000).results[0]?.outcome).toBe('skipped');
    expect(recoveryFirst.get(`${WEB}-1`)?.ack).toBeNull();
  });

  test('only the newest batches can be undone', () => {
    const book = new AlertBook({ batches: 1, episodeNumbers: 10 });
    goDown(book, WEB, 1_000);
    goDown(book, DB, 1_000);
    book.acknowledge([`${WEB}-1`], order({ batchId: 'old' }), 2_000);
    book.acknowledge([`${DB}-1`], order({ batchId: 'new' }), 2_000);
    expect(book.unacknowledge({ batchId: 'old' }, 'ada', 3_000).changes).toEqual([]);
    expect(book.unacknowledge({ batchId: 'new' }, 'ada', 3_000).changes).toHaveLength(1);
  });
});

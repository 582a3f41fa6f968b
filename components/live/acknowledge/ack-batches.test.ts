import { describe, expect, test } from 'vitest';
import type { AckAnswer, Acknowledgement, Alert } from '#lib/protocol/alert.ts';
import { type AckBatches, canUndo, withOwnAcks } from './ack-batch.ts';
import { type AckEvent, lastUndoable, reduceAckBatches } from './ack-batches.ts';

const ACK: Acknowledgement = { by: 'ann', at: 5, comment: 'mine', expiresAt: null };
const A = { id: '00000000000000aa-1', host: 'web-1' };
const B = { id: '00000000000000bb-1', host: 'web-2' };
const alertOf = (id: string, more: Partial<Alert> = {}) =>
  ({ id, closedAt: null, ack: null, ...more }) as Alert;
const EMPTY: ReadonlyMap<string, Alert> = new Map();

const run = (...events: AckEvent[]): AckBatches => events.reduce(reduceAckBatches, []);
const sent = (key: number, targets = [A]): AckEvent => ({
  type: 'sent',
  key,
  targets,
  ack: ACK,
  seen: EMPTY,
});
const answered = (key: number, answer: Partial<AckAnswer> = {}): AckEvent => ({
  type: 'answered',
  key,
  answer: { acked: 1, alreadyAcked: 0, skipped: 0, batchId: `b${key}`, ...answer },
});
const shown = (batches: AckBatches, id = A.id) => withOwnAcks(alertOf(id), batches, undefined).ack;

describe('an acknowledgement made here', () => {
  test('shows before the server answers, and stays when it agrees', () => {
    expect(shown(run(sent(1)))).toEqual(ACK);
    expect(shown(run(sent(1), answered(1)))).toEqual(ACK);
    expect(shown(run(sent(1)), B.id)).toBeNull();
  });

  test('is taken back when the call fails, with the reason kept', () => {
    const batches = run(sent(1), { type: 'failed', key: 1, code: 'network', detail: 'no answer' });
    expect(shown(batches)).toBeNull();
    expect(batches[0]).toMatchObject({ phase: 'failed', problem: { code: 'network', detail: 'no answer' } });
    expect(lastUndoable(batches)).toBeNull();
  });

  test('is taken back for the targets that were refused, which are named with their state now', () => {
    const results = [
      { id: A.id, outcome: 'acked', state: 'down', ack: ACK },
      { id: B.id, outcome: 'skipped', state: 'up', ack: null },
    ] as const;
    const batches = run(sent(1, [A, B]), answered(1, { acked: 1, skipped: 1, results }));
    expect(shown(batches, A.id)).toEqual(ACK);
    expect(shown(batches, B.id)).toBeNull();
    expect(batches[0]?.refused).toEqual([{ target: B, state: 'up' }]);
  });

  test('names the first owner when somebody was faster', () => {
    const bob = { ...ACK, by: 'bob' };
    const results = [{ id: A.id, outcome: 'alreadyAcked', state: 'down', ack: bob }] as const;
    const batches = run(sent(1), answered(1, { acked: 0, alreadyAcked: 1, results }));
    expect(batches[0]?.firstOwner).toBe('bob');
    expect(shown(batches)).toBeNull();
    expect(batches[0] && canUndo(batches[0])).toBe(false);
  });

  test('gives way to newer news of the same alert', () => {
    const before = alertOf(A.id);
    const batches = run(
      { type: 'sent', key: 1, targets: [A], ack: ACK, seen: new Map([[A.id, before]]) },
      answered(1),
    );
    expect(withOwnAcks(before, batches, before).ack).toEqual(ACK);
    const newer = alertOf(A.id, { ack: { ...ACK, by: 'bob' } });
    expect(withOwnAcks(newer, batches, newer).ack?.by).toBe('bob');
    const closed = alertOf(A.id, { closedAt: 9 });
    expect(withOwnAcks(closed, batches, before)).toBe(closed);
  });
});

describe('undo', () => {
  test('is offered until the batch is forgotten', () => {
    const batches = run(sent(1), answered(1));
    expect(lastUndoable(batches)?.batchId).toBe('b1');
    expect(reduceAckBatches(batches, { type: 'forgotten', key: 1 })).toEqual([]);
  });

  test('shows at once, and comes back when the server refuses it', () => {
    const undoing = run(sent(1), answered(1), { type: 'undoing', key: 1, seen: EMPTY });
    expect(shown(undoing)).toBeNull();
    expect(shown(reduceAckBatches(undoing, { type: 'undone', key: 1 }))).toBeNull();
    const failed = reduceAckBatches(undoing, { type: 'undoFailed', key: 1, code: 'network', detail: 'x' });
    expect(shown(failed)).toEqual(ACK);
    expect(lastUndoable(failed)?.key).toBe(1);
  });

  test('takes the newest batch first, and none that is not answered', () => {
    const batches = run(sent(1), answered(1), sent(2, [B]), answered(2), sent(3, [A]));
    expect(lastUndoable(batches)?.key).toBe(2);
    const undoing = reduceAckBatches(batches, { type: 'undoing', key: 2, seen: EMPTY });
    expect(lastUndoable(undoing)?.key).toBe(1);
    expect(reduceAckBatches(batches, { type: 'undoing', key: 3, seen: EMPTY })[2]?.phase).toBe('sending');
  });

  test('a late answer changes nothing that is already settled', () => {
    const undone = run(
      sent(1),
      answered(1),
      { type: 'undoing', key: 1, seen: EMPTY },
      { type: 'undone', key: 1 },
    );
    expect(reduceAckBatches(undone, answered(1))).toEqual(undone);
    expect(reduceAckBatches(undone, { type: 'failed', key: 1, code: 'x', detail: '' })).toEqual(undone);
  });
});

test('memory is bounded, and what is under way is never forgotten', () => {
  let batches: AckBatches = run(sent(0));
  for (let key = 1; key < 50; key++) {
    batches = reduceAckBatches(reduceAckBatches(batches, sent(key)), answered(key));
  }
  expect(batches.length).toBeLessThanOrEqual(8);
  expect(batches[0]?.key).toBe(0);
  expect(batches.at(-1)?.key).toBe(49);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type TransitionColumns, TransitionKind } from './events.ts';
import { droppedIndex, EVENTS_A_HOST } from './news-merge.ts';
import { PendingTransitions } from './pending-transitions.ts';

type Waiting = { readonly row: number; kind: number; atMs: number };

/** The same as a list, without places and numbers. */
class Model {
  list: Waiting[] = [];
  merged = 0;
  readonly #ofRow = new Map<number, Waiting[]>();

  add(row: number, kind: number, atMs: number): void {
    const own = this.#ofRow.get(row) ?? [];
    this.#ofRow.set(row, own);
    const added = { row, kind, atMs };
    if (own.length < EVENTS_A_HOST) {
      this.list.push(added);
      own.push(added);
      return;
    }
    this.merged++;
    const all = [...own.map((each) => ({ ...each })), added];
    const kinds = Uint8Array.from(all, (each) => each.kind);
    all.splice(droppedIndex(kinds, new Uint8Array(all.length), all.length), 1);
    // Where they stood before, in their order.
    own.forEach((each, i) => {
      Object.assign(each, all[i]);
    });
  }

  forget(from: number, to: number): void {
    this.list = this.list.filter(({ row }) => row < from || row > to);
    for (let row = from; row <= to; row++) this.#ofRow.delete(row);
  }

  /** Up to the first of a row that must wait. */
  take(limit: number, waits: number): Waiting[] {
    const at = this.list.slice(0, limit).findIndex(({ row }) => row === waits);
    const taken = this.list.splice(0, at === -1 ? limit : at);
    for (const { row } of taken) this.#ofRow.get(row)!.shift();
    return taken;
  }
}

function listOf({ length, rows, kinds, atMs, lastSeenAtMs, lostBeats }: TransitionColumns): Waiting[] {
  return Array.from({ length }, (_, i) => {
    expect([lastSeenAtMs[i], lostBeats[i]]).toEqual([-atMs[i]!, atMs[i]! % 65]);
    return { row: rows[i]!, kind: kinds[i]!, atMs: atMs[i]! };
  });
}

const ROWS = 6_000;
const KINDS = Object.values(TransitionKind);

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('flap' as const), row: fc.nat(9), times: fc.nat(9) }),
    fc.record({ do: fc.constant('many' as const), row: fc.nat(ROWS - 1), times: fc.nat(9_000) }),
    fc.record({ do: fc.constant('take' as const), row: fc.nat(12), times: fc.nat(6_000) }),
    fc.record({ do: fc.constant('forget' as const), row: fc.nat(9), times: fc.nat(2_000) }),
  ),
  { maxLength: 20 },
);

test('E116: whatever comes, is taken and is forgotten: the same as a list of at most five a host', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const pending = new PendingTransitions(ROWS);
      const model = new Model();
      let now = 0;
      const add = (row: number): void => {
        const kind = KINDS[++now % KINDS.length]!;
        pending.add(row, kind, 0, 0, now, -now, now % 65, 0);
        model.add(row, kind, now);
      };
      for (const { do: what, row, times } of all) {
        if (what === 'flap') for (let i = 0; i < times; i++) add(row);
        else if (what === 'many') for (let i = 0; i < times; i++) add((row + i) % ROWS);
        else if (what === 'forget') {
          for (let each = row; each <= row + times; each++) pending.forget(each);
          model.forget(row, row + times);
        } else expect(listOf(pending.take(times, (each) => each === row))).toEqual(model.take(times, row));
        expect(pending.size).toBe(model.list.length);
      }
      expect(pending.merged).toBe(model.merged);
      expect(listOf(pending.take(Number.POSITIVE_INFINITY, null))).toEqual(model.list);
      expect(pending.size).toBe(0);
    }),
    { numRuns: 25 },
  );
});

test('E116: a flood of a few hosts takes no more room than those hosts may have', () => {
  const pending = new PendingTransitions(100);
  for (let i = 0; i < 200_000; i++) pending.add(i % 100, KINDS[i % 6]!, 0, 0, i, i, 0, 0);
  expect(pending.size).toBe(100 * EVENTS_A_HOST);
  expect(pending.merged).toBe(200_000 - pending.size);
});

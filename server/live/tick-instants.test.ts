import { expect, test } from 'vitest';
import { MAX_ENTRIES_PER_TICK, TickInstants } from './tick-instants.ts';

/** Ticks `from` to `to`, each with its own changes. */
function record(instants: TickInstants, from: number, to: number, changes: (seq: number) => number[]): void {
  for (let seq = from; seq <= to; seq++) {
    instants.record({ seq, oldestAtMs: seq - 0.5, publishedAtMs: seq, changedAtMs: changes(seq) });
  }
}

test('L52, L53: ticks after a seq with their instants, oldest first, no more than asked for', () => {
  const instants = new TickInstants();
  expect([instants.firstSeq, instants.after(0, 10)]).toEqual([1, []]);
  record(instants, 1, 5, (seq) => (seq === 3 ? [] : [seq - 0.25, seq - 0.5, seq - 0.25]));
  expect(instants.after(1, 2)).toEqual([
    [
      2,
      2,
      [
        [1.5, 1],
        [1.75, 2],
      ],
    ],
    [3, 3, []],
  ]);
  expect(instants.after(3, 10).map(([s]) => s)).toEqual([4, 5]);
  expect(instants.after(5, 10)).toEqual([]);
  expect(instants.after(99, 10)).toEqual([]);
});

test('L53: the last 16,384 ticks are kept, one fewer than their places', () => {
  const instants = new TickInstants();
  record(instants, 1, 40_000, (seq) => [seq - 0.25]);
  expect(instants.firstSeq).toBe(40_000 - 16_384 + 2);
  const all = instants.after(0, 100_000);
  expect([all.length, all[0], all.at(-1)]).toEqual([
    16_383,
    [23_618, 23_618, [[23_617.75, 1]]],
    [40_000, 40_000, [[39_999.75, 1]]],
  ]);
});

test('L53: where ticks have many instants, as many ticks are kept as there is room for, whole', () => {
  const instants = new TickInstants();
  const many = (seq: number): number[] => Array.from({ length: 500 }, (_, i) => seq + i / 1_000);
  record(instants, 1, 3_000, many);
  const all = instants.after(0, 100_000);
  // An answer has a part of them: the asker goes on from its last tick.
  const answers = [all.length];
  while (all.at(-1)![0] < 3_000) {
    const more = instants.after(all.at(-1)![0], 100_000);
    answers.push(more.length);
    all.push(...more);
  }
  expect(answers.length).toBeGreaterThanOrEqual(4);
  expect(Math.max(...answers)).toBeLessThan(300);
  expect(instants.firstSeq).toBeGreaterThan(1);
  expect(all.length).toBe(3_000 - instants.firstSeq + 1);
  expect(all.length).toBeGreaterThanOrEqual(1_024);
  for (const [, , entries] of all) {
    expect(entries.length).toBeLessThanOrEqual(MAX_ENTRIES_PER_TICK);
    expect(entries.reduce((sum, [, count]) => sum + count, 0)).toBe(500);
  }
  const [first, , entries] = all[0]!;
  expect([first, Math.floor(entries[0]![0])]).toEqual([instants.firstSeq, instants.firstSeq]);
  // A quiet time forgets none.
  record(instants, 3_001, 3_100, () => []);
  expect(instants.firstSeq).toBe(first);
});

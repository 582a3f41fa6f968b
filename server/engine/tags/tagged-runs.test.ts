import { expect, test } from 'vitest';
import { hostIdHex } from '../../host-id.ts';
import { keyedProbe } from '../testing/keyed-probe.ts';
import { beatBytes, INCARNATION } from '../testing/shard-probe.ts';
import { tagged } from '../testing/tagged-bytes.ts';
import { eachRun, RunPacker } from './run-records.ts';
import { SavedRuns } from './saved-runs.ts';
import { TaggedRuns } from './tagged-runs.ts';

function unpacked(packed: Uint8Array): [id: string, incarnation: number, seq: number][] {
  const runs: [string, number, number][] = [];
  const hex = (word: number): string => word.toString(16).padStart(8, '0');
  eachRun(packed, (high, low, incarnation, seq) => runs.push([hex(high) + hex(low), incarnation, seq]));
  return runs;
}

test('E137: what is saved are the runs of hosts with a key, where something was heard or removed since', () => {
  const probe = keyedProbe({ plainFrom: '127.0.0.1' });
  const runs = new TaggedRuns(probe.columns, probe.marks);
  probe.send(tagged(beatBytes('a', { seq: 7 })));
  probe.send(tagged(beatBytes('b', { seq: 9, incarnation: INCARNATION + 1 })));
  probe.beat('plain', { seq: 3 });
  const all = unpacked(runs.pack(0, runs.rows, 0)!);
  expect(all).toEqual([
    [hostIdHex('a'), INCARNATION, 7],
    [hostIdHex('b'), INCARNATION + 1, 9],
  ]);
  probe.pass(1_000);
  expect(runs.pack(0, runs.rows, probe.nowMs)).toBeNull();
  probe.send(tagged(beatBytes('b', { seq: 10, incarnation: INCARNATION + 1 })));
  expect(runs.pack(0, 1, probe.nowMs)).toBeNull();
  expect(unpacked(runs.pack(1, 2, probe.nowMs)!)).toEqual([[hostIdHex('b'), INCARNATION + 1, 10]]);
  probe.pass(1_000);
  probe.shard.remove(probe.rowOf('b'), probe.nowMs);
  expect(unpacked(runs.pack(0, 2, probe.nowMs)!)).toEqual([[hostIdHex('a'), INCARNATION, 7]]);
});

test('E137: a run that is just beginning is left out, never told with the seq of the one before', () => {
  const probe = keyedProbe();
  const runs = new TaggedRuns(probe.columns, probe.marks);
  probe.send(tagged(beatBytes('a', { seq: 9_000 })));
  const { incarnation, highSeq } = probe.columns;
  // The shard's own writing, stopped after each of its steps.
  const seen: unknown[] = [];
  const steps = [
    () => Atomics.store(highSeq, 0, 0),
    () => {
      incarnation[0] = INCARNATION + 5;
    },
    () => Atomics.store(highSeq, 0, 1),
  ];
  for (const step of steps) {
    step();
    seen.push(unpacked(runs.pack(0, 1, 0)!).map(([, run, seq]) => [run - INCARNATION, seq]));
  }
  expect(seen).toEqual([[], [], [[5, 1]]]);
  // And it does go through those steps.
  const order: string[] = [];
  const watched = new Proxy(incarnation, {
    set: (target, at, value) => {
      order.push(`seq ${highSeq[0]} before ${value - INCARNATION}`);
      return Reflect.set(target, at, value);
    },
    get: (target, at) => Reflect.get(target, at),
  });
  Object.assign(probe.columns, { incarnation: watched });
  probe.send(tagged(beatBytes('a', { seq: 3, incarnation: INCARNATION + 6 })));
  expect(order).toEqual(['seq 0 before 6']);
});

test('E133: of what was saved of a host the newest counts, however it is split', () => {
  const saved = new SavedRuns();
  const parts: [host: string, incarnation: number, seq: number][][] = [
    [
      ['a', 5, 900],
      ['b', 5, 1],
    ],
    [
      ['a', 6, 2],
      ['b', 5, 9],
    ],
    [
      ['a', 5, 901],
      ['b', 5, 8],
    ],
  ];
  for (const part of parts) {
    const packer = new RunPacker(4);
    for (const [host, incarnation, seq] of part) {
      const id = hostIdHex(host);
      packer.add(Number.parseInt(id.slice(0, 8), 16), Number.parseInt(id.slice(8), 16), incarnation, seq);
    }
    saved.add(packer.finish());
  }
  expect(saved.of(hostIdHex('a'))).toEqual({ incarnation: 6, seq: 2 });
  expect(saved.of(hostIdHex('b'))).toEqual({ incarnation: 5, seq: 9 });
  expect(saved.of(hostIdHex('c'))).toBeNull();
  expect(saved.length).toBe(2);
});

test('E133: many of them, and what is no record is passed over', () => {
  const saved = new SavedRuns();
  for (let page = 0; page < 20; page++) {
    const packer = new RunPacker(1_000);
    for (let i = 0; i < 1_000; i++) packer.add(page * 7, i, 1_000 + i, page + 1);
    saved.add(packer.finish());
  }
  expect(saved.length).toBe(20_000);
  const id = (high: number, low: number): string =>
    high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
  for (const page of [0, 9, 19])
    expect(saved.of(id(page * 7, 999))).toEqual({ incarnation: 1_999, seq: page + 1 });
  const odd = new RunPacker(2);
  odd.add(1, 1, 5, 0);
  odd.add(1, 2, Number.NaN, 5);
  saved.add(odd.finish());
  saved.add(new Uint8Array(19));
  expect(saved.length).toBe(20_000);
});

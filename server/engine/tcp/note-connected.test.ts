import { expect, test } from 'vitest';
import { TransitionKind, TransitionNote } from '../events.ts';
import { beatBytes, ShardProbe } from '../testing/shard-probe.ts';
import { noteConnected } from './note-connected.ts';

test('E159: a down by timeout is marked when the host’s own connection has not ended; nothing else is', () => {
  const probe = new ShardProbe();
  for (const host of ['connected', 'gone']) {
    probe.send(beatBytes(host, { seq: 1 }));
    probe.send(beatBytes(host, { seq: 2 }));
  }
  const id = (host: string): [number, number] => {
    const row = probe.rowOf(host);
    return [probe.columns.idHigh[row]!, probe.columns.idLow[row]!];
  };
  const [high, low] = id('connected');
  const tcp = { carries: (idHigh: number, idLow: number) => idHigh === high && idLow === low };
  const ups = probe.collect();
  noteConnected(ups, probe.columns, tcp);
  expect([...ups.transitions.notes].some((note) => (note & TransitionNote.connected) !== 0)).toBe(false);
  for (let passedMs = 0; passedMs < 6_000; passedMs += 50) {
    probe.nowMs += 50;
    probe.shard.tick(probe.nowMs, probe.nowMs);
  }
  const downs = probe.shard.take();
  noteConnected(downs, probe.columns, tcp);
  const { rows, kinds, notes } = downs.transitions;
  const marked = [...rows.keys()].filter((i) => (notes[i]! & TransitionNote.connected) !== 0);
  expect(marked.map((i) => [rows[i], kinds[i]])).toEqual([[probe.rowOf('connected'), TransitionKind.down]]);
  // Both went late and down.
  expect(rows.length).toBe(4);
});

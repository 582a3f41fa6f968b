import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '#lib/protocol/alert.ts';
import { digestOf } from '#lib/protocol/digest.ts';
import {
  type AlertsFrame,
  type DiffFrame,
  decodeSlots,
  type Frame,
  MAX_DIFF_BYTES,
  type SnapshotFrame,
} from '#lib/protocol/frames.ts';
import { ACKNOWLEDGED, HostState } from '#lib/protocol/host.ts';
import { alertOf } from '../testing/alert-of.ts';
import { LiveLog } from './live-log.ts';
import { SLOT_REST_MS } from './slot-allotment.ts';

const EPOCH = '00112233445566aa';
const UP = 2;
const LATE = 3;
const DOWN = 4;
const RATES = { heartbeatsPerSecond: 12.5, blind: false };

function newLog(capacity = 1_000, slots = 0): LiveLog {
  const log = new LiveLog({ epoch: EPOCH, capacity, rates: () => RATES });
  for (let i = 0; i < slots; i++) log.stageState(log.allotSlot(0)!, UP);
  if (slots > 0) log.publish(1);
  return log;
}

const kinds = (frames: readonly Frame[]): string => frames.map((frame) => frame.t).join('');
const at = (log: LiveLog, s: number) => ({ e: log.epoch, s });

function diffFrom(log: LiveLog, s: number, nowMs = 10): DiffFrame {
  const frame = log.framesFrom(at(log, s), nowMs).at(-1)!;
  if (frame.t !== 'D') throw new Error(`a ${frame.t} where a D was expected`);
  return frame;
}

function changesOf(diff: DiffFrame): [number, number][] {
  return decodeSlots(diff.slots).map((slot, i) => [slot, diff.states[i]!]);
}

function statesOf(frame: SnapshotFrame): Uint8Array {
  return frame.enc === 'gzip' ? gunzipSync(frame.data) : frame.data;
}

describe('ticks', () => {
  test('L1: staged changes show only in a tick, all together', () => {
    const log = newLog(10);
    const slots = [log.allotSlot(0)!, log.allotSlot(0)!];
    for (const slot of slots) log.stageState(slot, UP);
    log.stageAlert(alertOf(1));
    expect([log.seq, log.slotCount, log.stateAt(0), log.counts().total]).toEqual([0, 0, 0, 0]);
    expect(log.publish(5)).toBe(true);
    expect([log.seq, log.slotCount, log.stateAt(0), log.counts().up]).toEqual([1, 2, UP, 2]);
    expect(log.changedSeqAt(1)).toBe(1);
  });

  test('L1: without effect there is no tick', () => {
    const log = newLog(10, 2);
    expect(log.publish(5)).toBe(false);
    log.stageState(0, DOWN);
    log.stageState(0, UP);
    expect(log.publish(6)).toBe(false);
    expect(log.seq).toBe(1);
    expect(log.hasStaged).toBe(false);
  });

  test('L1: listeners are called once a tick and not after they ended it', () => {
    const log = newLog(10, 1);
    let ticks = 0;
    const end = log.subscribe(() => ticks++);
    log.stageState(0, DOWN);
    log.publish(5);
    log.publish(6);
    end();
    log.stageState(0, UP);
    log.publish(7);
    expect(ticks).toBe(1);
  });

  test('L2: the last of two states in one tick counts, both transitions are counted', () => {
    const log = newLog(10, 1);
    log.stageState(0, LATE);
    log.stageState(0, DOWN);
    log.stageState(0, DOWN | 16);
    log.publish(5);
    expect(changesOf(diffFrom(log, 1))).toEqual([[0, DOWN | 16]]);
    expect(log.transitions()).toEqual({ up: 1, late: 1, down: 1, left: 0 });
  });

  test('L3: a description repeats the byte', () => {
    const log = newLog(10, 3);
    log.stageDescription(1);
    expect(log.publish(5)).toBe(true);
    expect(changesOf(diffFrom(log, 1))).toEqual([[1, UP]]);
    log.stageState(2, DOWN);
    log.stageDescription(2);
    log.publish(6);
    expect(changesOf(diffFrom(log, 2))).toEqual([[2, DOWN]]);
  });

  test('L5: counts keep acknowledged and maintenance apart, down is all of them', () => {
    const log = newLog(20, 8);
    const bytes = [1, UP, LATE, DOWN, DOWN | 16, DOWN | 32, DOWN | 48, 5 | 16];
    bytes.forEach((byte, slot) => {
      log.stageState(slot, byte);
    });
    log.publish(5);
    expect(log.counts()).toEqual({
      total: 8,
      pending: 1,
      up: 1,
      late: 1,
      down: 4,
      left: 1,
      acknowledged: 1,
      maintenance: 2,
    });
    log.freeSlot(3, 6);
    log.publish(6);
    expect(log.counts()).toMatchObject({ total: 7, down: 3 });
  });

  test('L6: a recount in slices follows what changes meanwhile', () => {
    const log = newLog(1_000, 1_000);
    expect(log.recountSlice(300)).toBeNull();
    log.stageState(10, DOWN);
    log.stageState(900, DOWN);
    log.publish(5);
    expect(log.recountSlice(300)).toBeNull();
    log.stageState(299, DOWN);
    log.stageState(600, DOWN);
    log.publish(6);
    expect(log.recountSlice(300)).toBeNull();
    expect(log.recountSlice(300)).toBe(true);
  });

  test('L6: a disagreement is reported, and the counted digest takes over', () => {
    const log = newLog(10, 5);
    // What only a bug can do: a published byte changes outside a tick.
    log.states()[2] = DOWN;
    expect(log.digest()).not.toBe(digestOf(log.states()));
    expect(log.recountSlice(100)).toBe(false);
    expect(log.digest()).toBe(digestOf(log.states()));
    expect(log.recountSlice(100)).toBe(true);
  });
});

describe('what an earlier run left', () => {
  test('L80: restored states are published like any others and are no transitions', () => {
    const log = newLog(10, 4);
    const before = { ...log.transitions() };
    const bytes = [HostState.pending, HostState.down, HostState.down | ACKNOWLEDGED, HostState.left];
    for (const [slot, byte] of bytes.entries()) log.stageRestored(slot, byte);
    expect(log.publish(7)).toBe(true);
    expect(bytes.map((_, slot) => log.stateAt(slot))).toEqual(bytes);
    expect(log.counts()).toMatchObject({ total: 4, pending: 1, down: 2, left: 1, acknowledged: 1 });
    expect(log.transitions()).toEqual(before);
    log.stageState(0, HostState.up);
    log.stageState(1, HostState.up);
    expect(log.transitions()).toEqual({ ...before, up: before.up + 2 });
    expect(() => log.stageRestored(9, HostState.down)).toThrow(RangeError);
  });
});

describe('slots', () => {
  test('L7: dense, oldest freed first after ten minutes, none beyond the capacity', () => {
    const log = newLog(3, 3);
    expect(log.allotSlot(5)).toBeNull();
    log.freeSlot(2, 10);
    log.publish(10);
    log.freeSlot(0, 20);
    log.publish(20);
    expect(log.stateAt(2)).toBe(0);
    expect(log.allotSlot(10 + SLOT_REST_MS - 1)).toBeNull();
    expect(log.allotSlot(20 + SLOT_REST_MS)).toBe(2);
    expect(log.allotSlot(20 + SLOT_REST_MS)).toBe(0);
    expect(log.allotSlot(20 + SLOT_REST_MS)).toBeNull();
  });

  test('L7: a slot whose end is not yet published rests however late it is', () => {
    const log = newLog(1, 1);
    log.freeSlot(0, 10);
    expect(log.allotSlot(10 * SLOT_REST_MS)).toBeNull();
  });

  test('L7: a slot that was never allotted cannot be staged', () => {
    expect(() => newLog(10, 2).stageState(2, UP)).toThrow(RangeError);
  });

  test('L8: using a slot again raises the floor to the seq of its freeing', () => {
    const log = newLog(2, 2);
    log.freeSlot(0, 10);
    log.publish(10); // seq 2
    log.stageState(1, DOWN);
    log.publish(20); // seq 3
    expect(kinds(log.framesFrom(at(log, 1), 30))).toBe('D');
    expect(log.allotSlot(10 + SLOT_REST_MS)).toBe(0);
    expect(log.framesFrom(at(log, 1), 30)[0]).toEqual({ t: 'R', e: EPOCH, why: 'old' });
    expect(kinds(log.framesFrom(at(log, 1), 30))).toBe('RS');
    expect(kinds(log.framesFrom(at(log, 2), 30))).toBe('D');
  });
});

describe('answers', () => {
  test('L9: without a position S alone, or A and S once an alert has changed', () => {
    const log = newLog(10, 4);
    const [snapshot] = log.framesFrom(null, 77) as [SnapshotFrame];
    expect(kinds(log.framesFrom(null, 77))).toBe('S');
    expect(snapshot).toMatchObject({ v: 1, e: EPOCH, s: 1, ts: 77, n: 4, dig: log.digest() });
    expect([...statesOf(snapshot)]).toEqual([UP, UP, UP, UP]);
    log.stageAlert(alertOf(1, { closedAt: 5 }));
    log.publish(80);
    expect(kinds(log.framesFrom(null, 81))).toBe('AS');
  });

  test('L9: a snapshot of nothing', () => {
    const [snapshot] = newLog(10).framesFrom(null, 1) as [SnapshotFrame];
    expect(snapshot).toMatchObject({ n: 0, s: 0, enc: 'raw', dig: '0000000000000000' });
    expect(snapshot.data).toHaveLength(0);
  });

  test('L10: one diff from any older position', () => {
    const log = newLog(100, 50);
    for (let tick = 2; tick <= 20; tick++) {
      log.stageState(tick, DOWN);
      log.stageState(40, tick % 2 ? DOWN : LATE);
      log.publish(tick);
    }
    const diff = diffFrom(log, 17);
    expect(diff).toMatchObject({ f: 17, s: 20, dig: log.digest() });
    expect(changesOf(diff)).toEqual([
      [18, DOWN],
      [19, DOWN],
      [20, DOWN],
      [40, LATE],
    ]);
    expect(changesOf(diffFrom(log, 0))).toHaveLength(50);
  });

  test('L11: the present position gets a beat', () => {
    const log = newLog(10, 2);
    expect(log.framesFrom(log.position, 99)).toEqual([
      { t: 'B', e: EPOCH, s: 1, ts: 99, dig: log.digest(), rates: RATES },
    ]);
  });

  test('L12: another epoch and a position ahead', () => {
    const log = newLog(10, 2);
    const other = log.framesFrom({ e: 'ffffffffffffffff', s: 1 }, 9);
    expect(other[0]).toEqual({ t: 'R', e: EPOCH, why: 'epoch' });
    const ahead = log.framesFrom(at(log, 2), 9);
    expect(ahead[0]).toEqual({ t: 'R', e: EPOCH, why: 'gap' });
    expect([kinds(other), kinds(ahead)]).toEqual(['RS', 'RS']);
    log.stageAlert(alertOf(1));
    log.publish(10);
    expect(kinds(log.framesFrom(at(log, 3), 11))).toBe('RAS');
  });

  test('L13: S for D only above 64 KiB and when it is smaller', () => {
    // 1 byte of gap and 1 of state: 32,768 slots are exactly 64 KiB.
    const limit = MAX_DIFF_BYTES / 2;
    const log = newLog(limit + 10, limit + 10);
    for (let slot = 0; slot < limit; slot++) log.stageState(slot, DOWN);
    log.publish(5);
    expect(kinds(log.framesFrom(at(log, 1), 6))).toBe('D');
    log.stageState(limit, DOWN);
    log.publish(7);
    expect(kinds(log.framesFrom(at(log, 1), 8))).toBe('S');
    log.stageAlert(alertOf(1));
    log.publish(9);
    const frames = log.framesFrom(at(log, 1), 10);
    expect(kinds(frames)).toBe('AS');
    expect((frames[0] as AlertsFrame).f).toBe(0);
  });

  test('L13: D however large when the snapshot is larger', () => {
    const slots = 400_000;
    const log = newLog(slots, slots);
    // States without any pattern: gzip cannot make them smaller than 2 to 3 bits each.
    let seed = 1;
    const random = (): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed >>> 8;
    };
    for (let slot = 0; slot < slots; slot++) log.stageState(slot, 1 + (random() % 250));
    log.publish(5);
    for (let slot = 0; slot < 35_000; slot++) log.stageState(slot * 11, 251);
    log.publish(6);
    const diff = diffFrom(log, 2);
    expect(diff.slots.length + diff.states.length).toBeGreaterThan(MAX_DIFF_BYTES);
  });

  test('L14: t0 is the oldest change since f, as staged', () => {
    const log = newLog(10, 3);
    log.stageState(0, DOWN, 1_020);
    log.stageState(1, DOWN, 1_010);
    log.publish(1_100);
    log.stageState(2, DOWN);
    log.publish(1_200);
    log.stageState(0, UP, 9_999);
    log.publish(1_300);
    expect(diffFrom(log, 1).t0).toBe(1_010);
    expect(diffFrom(log, 2).t0).toBe(1_200);
    expect(diffFrom(log, 3).t0).toBe(1_300);
  });

  test('L14: t0 of a position very many ticks back is at most 1,024 ticks too old', () => {
    const log = newLog(10, 1);
    for (let seq = 2; seq <= 40_000; seq++) {
      log.stageState(0, seq % 2 ? UP : DOWN);
      log.publish(seq);
    }
    expect(diffFrom(log, 39_000).t0).toBe(39_001);
    const t0 = diffFrom(log, 5_000).t0;
    expect(t0).toBeLessThanOrEqual(5_001);
    expect(t0).toBeGreaterThan(5_001 - 1_024);
  });

  test('L52: a tick knows when each of its hosts changed first, those in the D and no others', () => {
    const log = newLog(10, 4);
    log.stageState(0, LATE, 1_010.25);
    log.stageState(0, DOWN, 1_030.5);
    log.stageState(1, DOWN, 1_020.75);
    log.stageState(2, DOWN, 1_040);
    log.stageState(2, UP, 1_050);
    log.stageDescription(3);
    log.stageState(3, DOWN, 1_060);
    log.stageAlert(alertOf(1), 1_005);
    log.publish(1_100.125);
    log.stageAlert(alertOf(2), 1_150);
    log.publish(1_200);
    log.stageDescription(1);
    log.stageState(0, UP, 9_999);
    log.publish(1_300);
    expect(log.changesAfter(1, 10)).toEqual({
      e: EPOCH,
      s: 4,
      from: 1,
      ticks: [
        [
          2,
          1_100.125,
          [
            [1_010.25, 1],
            [1_020.75, 1],
            [1_060, 1],
          ],
        ],
        [3, 1_200, []],
        [4, 1_300, [[1_300, 2]]],
      ],
    });
    expect(diffFrom(log, 1).t0).toBe(1_005);
  });

  test('L52: hosts without effect are taken out of a tick that shows nothing, for good', () => {
    const log = newLog(10, 2);
    log.stageState(0, DOWN, 1_010);
    log.stageState(0, UP, 1_020);
    expect(log.publish(1_100)).toBe(false);
    log.stageState(0, DOWN, 1_150);
    log.publish(1_200);
    expect(log.changesAfter(1, 10).ticks).toEqual([[2, 1_200, [[1_150, 1]]]]);
  });

  test('L15: an alert alone makes a D without slots, A directly before it', () => {
    const log = newLog(10, 2);
    log.stageAlert(alertOf(1), 40);
    log.publish(50);
    const [alerts, diff] = log.framesFrom(at(log, 1), 60) as [AlertsFrame, DiffFrame];
    expect(alerts).toEqual({
      t: 'A',
      e: EPOCH,
      f: 1,
      s: 2,
      ts: 60,
      alerts: [alertOf(1)],
      counts: log.counts(),
    });
    expect(diff).toMatchObject({ t: 'D', f: 1, s: 2, t0: 40, dig: log.digest() });
    expect([diff.slots.length, diff.states.length]).toEqual([0, 0]);
    log.stageState(0, DOWN);
    log.publish(70);
    expect(kinds(log.framesFrom(at(log, 2), 80))).toBe('D');
    expect(kinds(log.framesFrom(at(log, 1), 80))).toBe('AD');
  });

  test('L16: each changed alert once, as it is now, at most 500', () => {
    const log = newLog(10, 1);
    log.stageAlert(alertOf(1));
    log.publish(2);
    log.stageAlert(alertOf(2));
    log.publish(3);
    log.stageAlert(alertOf(1, { closedAt: 4 }));
    log.publish(4);
    const [frame] = log.framesFrom(at(log, 1), 5) as [AlertsFrame];
    expect(frame.alerts).toEqual([alertOf(1, { closedAt: 4 }), alertOf(2)]);
    expect(frame.more).toBeUndefined();
    for (let i = 0; i < 501; i++) log.stageAlert(alertOf(i));
    log.publish(6);
    const [many] = log.framesFrom(at(log, 4), 7) as [AlertsFrame];
    expect([many.alerts.length, many.more]).toEqual([500, true]);
  });

  test('L16: a position before the last 10,000 changes is told that there are more', () => {
    const log = newLog(10, 1);
    for (let i = 0; i < 10_001; i++) {
      log.stageAlert(alertOf(0, { reason: `change ${i}` }));
      log.publish(i);
    }
    const first = log.framesFrom(at(log, 1), 1) as AlertsFrame[];
    expect([first[0]!.alerts.length, first[0]!.more]).toEqual([1, true]);
    const second = log.framesFrom(at(log, 2), 1) as AlertsFrame[];
    expect([second[0]!.alerts.length, second[0]!.more]).toEqual([1, undefined]);
  });

  test('L16: more than 10,000 changes in one tick are told as more, and lose no open alert', () => {
    const log = newLog(10, 1);
    for (let i = 0; i < 10_400; i++) log.stageAlert(alertOf(i));
    log.publish(1);
    log.stageAlert(alertOf(10_400));
    log.publish(2);
    const before = log.framesFrom(at(log, 1), 3) as AlertsFrame[];
    expect([before[0]!.alerts.length, before[0]!.more]).toEqual([500, true]);
    const after = log.framesFrom(at(log, 2), 3) as AlertsFrame[];
    expect([after[0]!.alerts.length, after[0]!.more]).toEqual([1, undefined]);
    expect(log.openAlerts.size).toBe(10_401);
  });

  test('L17: a snapshot comes with the newest 500 open alerts', () => {
    const log = newLog(10, 1);
    for (let i = 0; i < 3_000; i++) log.stageAlert(alertOf(i));
    log.publish(2);
    const newest = (): AlertsFrame => log.framesFrom(null, 5)[0] as AlertsFrame;
    expect(newest()).toMatchObject({ f: 0, more: true });
    expect(newest().alerts.map((alert) => alert.openedAt)).toEqual(
      Array.from({ length: 500 }, (_, i) => 3_999 - i),
    );
    // The newest 1,400 close, some at a time: the ones behind them move up.
    for (let i = 2_999; i >= 1_600; i--) {
      log.stageAlert(alertOf(i, { closedAt: 9 }));
      if (i % 7 === 0) log.publish(i);
      if (i % 350 === 0) expect(newest().alerts[0]!.openedAt).toBe(1_000 + i - 1);
    }
    log.stageAlert(alertOf(5_000));
    log.publish(6);
    expect(
      newest()
        .alerts.map((alert) => alert.openedAt)
        .slice(0, 2),
    ).toEqual([6_000, 2_599]);
    expect(newest().alerts).toHaveLength(500);
    for (let i = 0; i < 1_600; i++) log.stageAlert(alertOf(i, { closedAt: 9 }));
    log.publish(7);
    expect(newest().alerts).toEqual([alertOf(5_000)]);
    expect(newest().more).toBeUndefined();
  });

  test('L18: viewers at the same position share frames, and gzip is used when it helps', () => {
    const log = newLog(5_000, 5_000);
    log.stageState(7, DOWN);
    log.publish(5);
    expect(log.framesFrom(at(log, 1), 10)[0]).toBe(log.framesFrom(at(log, 1), 11)[0]);
    const [first] = log.framesFrom(null, 10) as [SnapshotFrame];
    const [later] = log.framesFrom(null, 5_000) as [SnapshotFrame];
    expect(first.enc).toBe('gzip');
    expect([later.ts, later.data === first.data]).toEqual([5_000, true]);
    const [small] = newLog(3, 3).framesFrom(null, 1) as [SnapshotFrame];
    expect(small.enc).toBe('raw');
  });

  test('L18: a frame that waits in a socket is not changed by later ticks', () => {
    const log = newLog(3, 3);
    const [snapshot] = log.framesFrom(null, 1) as [SnapshotFrame];
    log.stageState(0, DOWN);
    log.publish(2);
    expect([...snapshot.data]).toEqual([UP, UP, UP]);
  });
});

describe('any history', () => {
  type Step =
    | { kind: 'add'; byte: number }
    | { kind: 'state'; at: number; byte: number }
    | { kind: 'description'; at: number }
    | { kind: 'remove'; at: number }
    | { kind: 'alert'; number: number; closed: boolean }
    | { kind: 'rest' }
    | { kind: 'burst'; byte: number }
    | { kind: 'tick' };

  const byte = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(7)).map(([state, bits]) => state + 16 * bits);
  const index = fc.nat(10_000);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), byte }) },
    { weight: 10, arbitrary: fc.record({ kind: fc.constant('state' as const), at: index, byte }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('description' as const), at: index }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: index }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('alert' as const), number: fc.nat(20), closed: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'rest' as const }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('burst' as const), byte }) },
    { weight: 8, arbitrary: fc.constant({ kind: 'tick' as const }) },
  );

  type Known = { states: Uint8Array; alerts: Map<string, Alert> };

  /** A viewer written from the protocol's text: what it knows after these frames. */
  function applied(known: Known, frames: readonly Frame[]): Known {
    let { states } = known;
    let alerts = new Map(known.alerts);
    for (const frame of frames) {
      if (frame.t === 'S') states = Uint8Array.from(statesOf(frame));
      if (frame.t === 'R') alerts = new Map();
      if (frame.t === 'A') for (const alert of frame.alerts) alerts.set(alert.id, alert);
      if (frame.t !== 'D') continue;
      const changes = changesOf(frame);
      const grown = new Uint8Array(Math.max(states.length, ...changes.map(([slot]) => slot + 1)));
      grown.set(states);
      for (const [slot, state] of changes) grown[slot] = state;
      states = grown;
    }
    return { states, alerts };
  }

  const trimmed = (states: Uint8Array): number[] => [
    ...states.subarray(0, states.findLastIndex((b) => b) + 1),
  ];

  test('L5, L8, L10: framesFrom brings every older state to the present one', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 150, size: 'max' }), (steps) => {
        const log = newLog(200);
        const used: number[] = [];
        const history: Known[] = [{ states: new Uint8Array(0), alerts: new Map() }];
        const staged = new Map<string, Alert>();
        let alerts = new Map<string, Alert>();
        let nowMs = 0;
        const pick = (at: number): number | undefined => used[at % Math.max(1, used.length)];
        for (const move of [...steps, { kind: 'tick' as const }]) {
          nowMs += 10;
          if (move.kind === 'rest') nowMs += SLOT_REST_MS;
          if (move.kind === 'add') {
            const slot = log.allotSlot(nowMs);
            if (slot !== null) {
              used.push(slot);
              log.stageState(slot, move.byte);
            }
          }
          if (move.kind === 'burst') for (const slot of used) log.stageState(slot, move.byte);
          if (move.kind === 'alert') {
            const alert = alertOf(move.number, {
              closedAt: move.closed ? nowMs : null,
              reason: `at ${nowMs}`,
            });
            staged.set(alert.id, alert);
            log.stageAlert(alert);
          }
          const slot = 'at' in move ? pick(move.at) : undefined;
          if (slot !== undefined && move.kind === 'state') log.stageState(slot, move.byte);
          if (slot !== undefined && move.kind === 'description') log.stageDescription(slot);
          if (slot !== undefined && move.kind === 'remove') {
            used.splice(used.indexOf(slot), 1);
            log.freeSlot(slot, nowMs);
          }
          if (move.kind !== 'tick' || !log.publish(nowMs)) continue;
          alerts = new Map([...alerts, ...staged]);
          staged.clear();
          history.push({ states: log.states().slice(), alerts });
          expect(log.digest()).toBe(digestOf(log.states()));
          expect(log.counts().total).toBe(log.states().filter((b) => (b & 15) !== 0).length);
        }
        const present = trimmed(log.states());
        history.forEach((known, s) => {
          const frames = log.framesFrom(at(log, s), nowMs);
          const after = applied(known, frames);
          expect(trimmed(after.states)).toEqual(present);
          expect(digestOf(after.states)).toBe(log.digest());
          const open = [...after.alerts.values()].filter((alert) => alert.closedAt === null);
          const truth = [...alerts.values()].filter((alert) => alert.closedAt === null);
          const byId = (a: Alert, b: Alert): number => (a.id < b.id ? -1 : 1);
          expect(open.sort(byId)).toEqual(truth.sort(byId));
        });
      }),
      { seed: 20_240_607, numRuns: 300 },
    );
  });
});

import { describe, expect, test } from 'vitest';
import type { DiffFrame, Frame, SnapshotFrame } from '#lib/protocol/frames.ts';
import { encodeSlots } from '#lib/protocol/frames.ts';
import { FrameApplier, type Outcome } from './apply.ts';
import { anAlert, ModelServer } from './testing/model-server.ts';
import { View } from './view.ts';

function setUp() {
  let nowMs = 1_000;
  const server = new ModelServer(() => nowMs++);
  const view = new View();
  const applier = new FrameApplier(view);
  const take = (frames: readonly Frame[]): Outcome[] => frames.map((frame) => applier.apply(frame));
  const last = (frames: readonly Frame[]): Outcome => take(frames).at(-1)!;
  return { server, view, applier, take, last };
}
const bytes = (view: View): number[] => [...view.states];
const diffOf = (frames: readonly Frame[]): DiffFrame => frames.find((frame) => frame.t === 'D')!;
const A = '0000000000000001-1';
const B = '0000000000000002-1';

describe('snapshots', () => {
  test('C1: another epoch replaces bytes, alerts and rates in one step, and not before its snapshot', () => {
    const { server, view, take } = setUp();
    server.change(
      [
        [0, 2],
        [3, 4],
      ],
      [anAlert(A)],
    );
    take([...server.snapshot(), server.beat()]);
    expect(bytes(view)).toEqual([2, 0, 0, 4]);
    const before = server.position;
    server.restart();
    server.change([[0, 1]]);
    const [reset, alerts, snapshot] = server.answer(before) as [Frame, Frame, Frame];
    take([reset, alerts]);
    expect(bytes(view)).toEqual([2, 0, 0, 4]);
    expect(view.epoch).toBe(before.e);
    expect(view.alerts.open().size).toBe(1);
    const [outcome] = take([snapshot]);
    expect(outcome).toMatchObject({ change: { slots: null, newEpoch: true }, demand: null, proof: true });
    expect(bytes(view)).toEqual([1]);
    expect(view.epoch).toBe(server.epoch);
    expect(view.alerts.open().size).toBe(0);
    expect(view.rates).toBe(null);
    // A slot that was filled in the old epoch is empty when it comes back.
    server.change([[5, 2]]);
    take(server.diff(1));
    expect(bytes(view)).toEqual([1, 0, 0, 0, 0, 2]);
  });

  test('C2: a snapshot at or below the own position changes nothing', () => {
    const { server, view, take } = setUp();
    server.change([[0, 2]]);
    const old = server.snapshot();
    take(old);
    server.change([[0, 4]]);
    take(server.diff(1));
    expect(take(old).at(-1)).toEqual({ change: null, demand: null, proof: false });
    expect(bytes(view)).toEqual([4]);
  });

  test('C15: after R the next snapshot is taken whatever its s', () => {
    const { server, view, take, last } = setUp();
    server.change([[0, 2]]);
    server.change([[0, 4]]);
    take(server.snapshot());
    view.set(0, 5);
    expect(last(server.snapshot()).change).toBe(null);
    view.wantsSnapshot = false;
    expect(last([server.reset('slow'), ...server.snapshot()]).change).not.toBe(null);
    expect(bytes(view)).toEqual([4]);
  });

  test('C35: a snapshot of the same epoch tells what changed since', () => {
    const { server, take, last } = setUp();
    server.change([
      [0, 2],
      [1, 2],
      [2, 4],
    ]);
    take(server.snapshot());
    server.change([
      [1, 4],
      [2, 4 | 16],
      [3, 1],
    ]);
    const { change } = last(server.snapshot());
    expect(change!.recent.map(({ slot, from, to }) => [slot, from, to])).toEqual([
      [1, 2, 4],
      [3, 0, 1],
    ]);
  });
});

describe('diffs', () => {
  test('C3: f ≤ own < s is applied in absolute states, from any f, and twice changes nothing', () => {
    const { server, view, take, last } = setUp();
    server.change([
      [0, 2],
      [1, 2],
    ]);
    take(server.snapshot());
    server.change([[1, 3]]);
    take(server.diff(1));
    server.change([
      [1, 4],
      [300, 2],
    ]);
    const merged = server.diff(0);
    expect(last(merged)).toMatchObject({ change: { slots: [0, 1, 300] }, demand: null, proof: true });
    expect(view.seq).toBe(3);
    expect(view.states).toEqual(server.states);
    const version = view.version;
    expect(last(merged).change).toBe(null);
    expect(view.version).toBe(version);
  });

  test('C2: a diff at or below the own position changes nothing', () => {
    const { server, view, take, last } = setUp();
    server.change([[0, 2]]);
    take(server.snapshot());
    server.change([[0, 3]]);
    const late = server.diff(1);
    server.change([[0, 4]]);
    take(server.diff(1));
    expect(last(late)).toEqual({ change: null, demand: null, proof: false });
    expect(bytes(view)).toEqual([4]);
  });

  test('C4: f above the own position changes nothing and demands a resync', () => {
    const { server, view, take, last } = setUp();
    server.change([[0, 2]]);
    take(server.snapshot());
    server.change([[0, 3]]);
    server.change([[0, 4]]);
    expect(last(server.diff(2))).toEqual({ change: null, demand: 'gap', proof: false });
    expect(bytes(view)).toEqual([2]);
    expect(last(server.diff(1)).demand).toBe(null);
  });

  test('C6: a diff or a beat of another epoch demands a resync and changes nothing', () => {
    const { server, view, take, last } = setUp();
    server.change([[0, 2]]);
    take(server.snapshot());
    server.restart();
    server.change([[0, 4]]);
    expect(last(server.diff(0)).demand).toBe('epoch');
    expect(last([server.beat()]).demand).toBe('epoch');
    expect(bytes(view)).toEqual([2]);
  });

  test('C7: a diff that contradicts itself changes nothing and demands a resync', () => {
    const { server, view, take, last } = setUp();
    server.change([[0, 2]]);
    take(server.snapshot());
    server.change([[0, 4]]);
    const diff = diffOf(server.diff(1));
    const wrong: Partial<DiffFrame>[] = [
      { states: Uint8Array.of(4, 4) },
      { slots: Uint8Array.of(0x80) },
      { slots: Uint8Array.of(0, 0), states: Uint8Array.of(4, 4) },
      { slots: encodeSlots([2 ** 24]) },
      { slots: encodeSlots([2 ** 32 - 1]) },
    ];
    for (const change of wrong) expect(last([{ ...diff, ...change }]).demand).toBe('bad');
    expect(bytes(view)).toEqual([2]);
    expect(view.seq).toBe(1);
  });

  test('C13: bytes are changed in place; the array grows without being copied per diff', () => {
    const { server, view, take, last } = setUp();
    server.change([[999, 2]]);
    take(server.snapshot());
    const array = view.states;
    server.change([[5, 2]]);
    take(server.diff(1));
    expect(view.states).toBe(array);
    server.change([[1_000, 2]]);
    expect(last(server.diff(2)).change!.slots).toEqual([1_000]);
    expect(view.states.length).toBe(1_001);
    expect(view.states.buffer).toBe(array.buffer);
    server.change([[5_000, 3]]);
    take(server.diff(3));
    expect(view.states).toEqual(server.states);
  });

  test('C35: recent changes name changes of state, not of overlays, and at most 50', () => {
    const { server, take, last } = setUp();
    server.change(Array.from({ length: 100 }, (_, slot) => [slot, 4] as const));
    take(server.snapshot());
    server.change([
      [0, 4 | 16],
      [1, 2],
    ]);
    expect(last(server.diff(1)).change!.recent).toMatchObject([{ slot: 1, from: 4, to: 2 }]);
    server.change(Array.from({ length: 100 }, (_, slot) => [slot, 5] as const));
    expect(last(server.diff(2)).change!.recent.length).toBe(50);
  });
});

describe('beats and digests', () => {
  test('C5: a beat changes no state; one with s above the own is a gap, one below is nothing', () => {
    const { server, view, take, last } = setUp();
    server.change([[0, 2]]);
    take(server.snapshot());
    const early = server.beat();
    expect(last([early])).toEqual({ change: null, demand: null, proof: true });
    expect(view.rates).toEqual({ heartbeatsPerSecond: 10, blind: false });
    server.change([[0, 4]]);
    expect(last([server.beat()])).toEqual({ change: null, demand: 'gap', proof: false });
    take(server.diff(1));
    expect(last([early])).toEqual({ change: null, demand: null, proof: false });
  });

  test('C10: a digest that differs at the same position demands a snapshot, which is then taken', () => {
    const { server, view, take, last } = setUp();
    server.change([
      [0, 2],
      [1, 2],
    ]);
    take(server.snapshot());
    view.set(1, 4);
    expect(last([server.beat()]).demand).toBe('digest');
    expect(view.wantsSnapshot).toBe(true);
    // One demand is enough: what comes before the snapshot is applied and not judged.
    server.change([[0, 3]]);
    expect(last(server.diff(1))).toMatchObject({ change: { slots: [0] }, demand: null, proof: false });
    expect(last([server.beat()]).demand).toBe(null);
    expect(last(server.snapshot())).toMatchObject({ demand: null, proof: true });
    expect(bytes(view)).toEqual([3, 2]);
  });

  test('C10: a snapshot and a diff with a wrong digest are caught too', () => {
    const { server, last } = setUp();
    server.change([[0, 2]]);
    const [alerts, snapshot] = server.snapshot() as [Frame, SnapshotFrame];
    expect(last([alerts, { ...snapshot, dig: '0000000000000000' }]).demand).toBe('digest');
    expect(last(server.snapshot()).demand).toBe(null);
    server.change([[0, 4]]);
    const diff = diffOf(server.diff(1));
    expect(last([{ ...diff, dig: '0123456789abcdef' }])).toMatchObject({
      change: { slots: [0] },
      demand: 'digest',
    });
  });

  test('C16: a frame proves freshness only with an agreeing digest and a newer ts', () => {
    const { server, take, last } = setUp();
    server.change([[0, 2]]);
    take(server.snapshot());
    const beat = server.beat();
    expect(last([beat]).proof).toBe(true);
    expect(last([beat]).proof).toBe(false);
    expect(last([server.beat()]).proof).toBe(true);
  });
});

describe('alerts', () => {
  test('C8: alerts of the own epoch are taken whatever their position, without moving it', () => {
    const { server, view, take } = setUp();
    server.change([[0, 2]]);
    take(server.snapshot());
    server.change([], [anAlert(A)]);
    server.change([], [anAlert(B)]);
    const [ahead] = server.diff(2) as [Frame];
    take([ahead]);
    expect([...view.alerts.open().keys()]).toEqual([B]);
    take(server.diff(1));
    expect(view.alerts.open()).toEqual(server.openAlerts());
    expect(view.seq).toBe(3);
  });

  test('C9: alerts of an epoch whose snapshot has not come are held and taken with it', () => {
    const { server, view, take } = setUp();
    server.change([[0, 4]], [anAlert(A)]);
    const [alerts, snapshot] = server.snapshot() as [Frame, Frame];
    take([alerts]);
    expect(view.alerts.open().size).toBe(0);
    take([snapshot]);
    expect([...view.alerts.open().keys()]).toEqual([A]);
    server.restart();
    server.change([[0, 4]], [anAlert(B)]);
    const [others] = server.snapshot() as [Frame];
    server.restart();
    server.change([[0, 4]]);
    take([others, server.snapshot()[1]!]);
    expect(view.alerts.open().size).toBe(0);
  });

  test('C9: what another connection brings between those alerts and their snapshot does not replace them', () => {
    const { server, view, take } = setUp();
    server.change([[0, 4]], [anAlert(A)]);
    const before = server.seq;
    server.change([[1, 4]], [anAlert(B)]);
    const [whole, snapshot] = server.snapshot() as [Frame, Frame];
    const [changes] = server.diff(before) as [Frame];
    expect([whole, changes].map(({ t }) => t)).toEqual(['A', 'A']);
    take([whole, changes, snapshot]);
    expect([...view.alerts.open().keys()].sort()).toEqual([A, B]);
  });
});

test('C7: an unknown frame is ignored', () => {
  const { server, view, take, last } = setUp();
  server.change([[0, 2]]);
  take(server.snapshot());
  const version = view.version;
  expect(last([{ t: 'Z' } as unknown as Frame])).toEqual({ change: null, demand: null, proof: false });
  expect(view.version).toBe(version);
});

test('C14: counts come from the bytes; acknowledged and maintenance are disjoint parts of down', () => {
  const { server, view, take } = setUp();
  server.change([
    [0, 1],
    [1, 2],
    [2, 2 | 32],
    [3, 3],
    [4, 4],
    [5, 4 | 16],
    [6, 4 | 32],
    [7, 4 | 16 | 32 | 64],
    [8, 5],
    [11, 2],
  ]);
  take(server.snapshot());
  const counts = { total: 10, pending: 1, up: 3, late: 1, down: 4, left: 1, acknowledged: 1, maintenance: 2 };
  expect(view.counts()).toEqual(counts);
  server.change([
    [4, 2],
    [9, 2],
    [8, 0],
  ]);
  take(server.diff(1));
  expect(view.counts()).toEqual({ ...counts, up: 5, down: 3, left: 0 });
  take([server.reset('old'), ...server.snapshot()]);
  expect(view.counts()).toEqual({ ...counts, up: 5, down: 3, left: 0 });
});

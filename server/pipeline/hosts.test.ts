import { describe, expect, test } from 'vitest';
import { HostState } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { StoreUnavailable } from '../store/store.ts';
import { batchOf, MINUTE_MS, pipelineFleet as setUp } from '../testing/pipeline-fleet.ts';

const WEB = { row: 0, name: 'web' };
const WEB_ID = hostIdHex('web');
const NAMED = { name: 'web', labels: { rack: 'r1' }, intervalMs: 60_000 };
const HOUR_MS = 60 * MINUTE_MS;
const order = {
  batchId: 'b',
  by: 'bob',
  comment: null,
  expiresInMs: null,
  maxOpenedSeq: null,
  filterInWords: null,
};

type Fleet = ReturnType<typeof setUp>;
const rows = (fleet: Fleet) => fleet.rows();
const audit = async ({ store }: Fleet) => (await store.audit({ limit: 99 })).entries;
const newest = async ({ store }: Fleet) => (await store.events({ limit: 1 })).events[0];

describe('hosts named before they are heard', () => {
  test('P20: stored and recorded first, then watched for; its first heartbeat is an up', async () => {
    const fleet = setUp();
    const disk = Promise.withResolvers<void>();
    fleet.store.slowly = disk.promise;
    const answer = fleet.pipeline.expectHost(NAMED, 'ada');
    expect(fleet.expected).toEqual([]);
    disk.resolve();
    expect(await answer).toBe('expected');
    expect(fleet.expected).toMatchObject([{ ...NAMED, id: WEB_ID }]);
    expect(await rows(fleet)).toEqual([
      { ...NAMED, id: WEB_ID, registeredAt: 1_000_000, confirmed: true, unheard: true, left: null },
    ]);
    expect(await newest(fleet)).toMatchObject({ kind: 'registered', by: 'ada', host: 'web', at: 1_000_000 });
    fleet.take([{ ...WEB, labels: { rack: 'r1' } }], { row: 0, kind: 'pending', atMs: 1_000_001 });
    expect(fleet.live.stateAt(0)).toBe(HostState.pending);
    expect(fleet.live.transitions()).toEqual({ up: 0, late: 0, down: 0, left: 0 });
    fleet.take([], { row: 0, kind: 'up', atMs: 1_000_002 });
    fleet.take([], { row: 0, kind: 'down', atMs: 1_100_000 }, { row: 0, kind: 'up', atMs: 1_100_001 });
    expect(await fleet.history()).toEqual(['registered', 'up', 'down', 'up']);
    expect((await rows(fleet))[0]).not.toHaveProperty('unheard');
  });

  test('P20: its first heartbeat is an up also when the server was started again before it', async () => {
    const fleet = setUp();
    await fleet.pipeline.expectHost(NAMED, 'ada');
    fleet.take([WEB], { row: 0, kind: 'pending', atMs: 1_000_001 });
    fleet.pipeline.writeRows([0]);
    const again = setUp({ store: fleet.store, nowMs: 2_000_000 });
    await again.restore();
    again.take([], { row: 0, kind: 'up', atMs: 2_000_001 });
    expect(await again.history()).toEqual(['registered', 'up']);
    const third = setUp({ store: fleet.store, nowMs: 3_000_000 });
    await third.restore();
    third.take([], { row: 0, kind: 'up', atMs: 3_000_001 });
    expect(await third.history()).toEqual(['registered', 'up']);
  });

  test('P20: heard while it is being stored, it is the same host, registered once', async () => {
    const fleet = setUp();
    const disk = Promise.withResolvers<void>();
    fleet.store.slowly = disk.promise;
    const answer = fleet.pipeline.expectHost(NAMED, 'ada');
    fleet.take([{ ...WEB, labels: { rack: 'r2' } }], { row: 0, kind: 'up', atMs: 1_000_001 });
    disk.resolve();
    expect(await answer).toBe('expected');
    fleet.take([{ ...WEB, labels: { rack: 'r3' } }]);
    expect((await fleet.history()).sort()).toEqual(['registered', 'up']);
    expect(await rows(fleet)).toMatchObject([{ labels: { rack: 'r3' }, confirmed: true }]);
  });

  test('P44: heard once before the engine knew its name, it is down with an alert all the same', async () => {
    const fleet = setUp();
    const disk = Promise.withResolvers<void>();
    fleet.store.slowly = disk.promise;
    const answer = fleet.pipeline.expectHost(NAMED, 'ada');
    fleet.take([WEB], { row: 0, kind: 'up', atMs: 1_000_001 });
    disk.resolve();
    await answer;
    fleet.take([], { row: 0, kind: 'down', atMs: 1_100_000, heardOnce: true });
    expect(fleet.alerts.openOf(WEB_ID)).not.toBeNull();
    fleet.tickAt(1_100_000 + 5 * MINUTE_MS);
    expect(fleet.directory.size).toBe(1);
  });

  test.each(['engine', 'live log'])(
    'P45: no room in the %s: out of the register, and a fault',
    async (where) => {
      const fleet = setUp({ slots: 1 });
      fleet.take([{ row: 7, name: 'other' }], { row: 7, kind: 'up', atMs: 1 });
      expect(await fleet.pipeline.expectHost(NAMED, 'ada')).toBe('expected');
      if (where === 'engine') fleet.pipeline.take({ ...batchOf([], []), refused: [WEB_ID] });
      else fleet.take([WEB], { row: 0, kind: 'pending', atMs: 1_000_001 });
      expect((await rows(fleet)).map(({ name }) => name)).toEqual(['other']);
      expect(await newest(fleet)).toMatchObject({
        kind: 'removed',
        by: 'system',
        hostId: WEB_ID,
        host: 'web',
      });
      expect(fleet.faults[0]?.message).toContain('web was named, but there is no room to watch for it');
      expect(await fleet.pipeline.expectHost(NAMED, 'ada')).toBe('expected');
    },
  );

  test('P21: known when there is such a host or such a wish; full at MAX_HOSTS, wishes counted', async () => {
    const fleet = setUp({ maxHosts: 2 });
    fleet.take([WEB], { row: 0, kind: 'up', atMs: 1 });
    expect(await fleet.pipeline.expectHost(NAMED, 'ada')).toBe('known');
    const db = { ...NAMED, name: 'db' };
    expect(await fleet.pipeline.expectHost(db, 'ada')).toBe('expected');
    expect(await fleet.pipeline.expectHost(db, 'ada')).toBe('known');
    expect(await fleet.pipeline.expectHost({ ...NAMED, name: 'mail' }, 'ada')).toBe('full');
    expect(fleet.expected).toHaveLength(1);
    expect(await audit(fleet)).toMatchObject([{ actor: 'ada', action: 'expect-host', target: 'db' }]);
  });

  test('P22: one that never comes goes down with an alert that says it was never heard', async () => {
    const fleet = setUp();
    fleet.setColumns(0, { intervalMs: 60_000, timeoutMs: 300_000, sourceIndex: null });
    await fleet.pipeline.expectHost(NAMED, 'ada');
    fleet.take([WEB], { row: 0, kind: 'pending', atMs: 1_000_001 });
    fleet.take([], { row: 0, kind: 'down', atMs: 1_300_000, unheard: true });
    expect(fleet.alerts.openOf(WEB_ID)).toMatchObject({
      evidence: { unheard: true, source: null, intervalMs: 60_000 },
      reason: expect.stringContaining('since the server started (or the host was named)'),
    });
    expect(fleet.directory.evidenceOf(0)).toMatchObject({ unheard: true });
    fleet.take([], { row: 0, kind: 'up', atMs: 1_400_000 }, { row: 0, kind: 'down', atMs: 1_500_000 });
    expect(fleet.directory.evidenceOf(0)).not.toHaveProperty('unheard');
  });

  test('P15, P23: refused: nothing is watched for; one heard meanwhile registers like any other', async () => {
    const fleet = setUp();
    fleet.store.writable = false;
    await expect(fleet.pipeline.expectHost(NAMED, 'ada')).rejects.toThrow(StoreUnavailable);
    fleet.store.writable = true;
    fleet.store.failing = true;
    await expect(fleet.pipeline.expectHost(NAMED, 'ada')).rejects.toThrow(StoreUnavailable);
    const disk = Promise.withResolvers<void>();
    fleet.store.slowly = disk.promise;
    const answer = fleet.pipeline.expectHost(NAMED, 'ada');
    fleet.take([WEB], { row: 0, kind: 'up', atMs: 1_000_001 });
    disk.resolve();
    await expect(answer).rejects.toThrow(StoreUnavailable);
    expect([fleet.expected, await audit(fleet)]).toEqual([[], []]);
    expect((await fleet.history()).sort()).toEqual(['registered', 'up']);
    expect(await rows(fleet)).toMatchObject([{ id: WEB_ID, name: 'web' }]);
  });
});

describe('removal by hand', () => {
  test('P24: stored first, with its event, its closed alert and one line of audit; then gone', async () => {
    const fleet = setUp();
    fleet.take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 2 });
    const disk = Promise.withResolvers<void>();
    fleet.store.slowly = disk.promise;
    const answer = fleet.pipeline.removeHosts([WEB_ID, WEB_ID, hostIdHex('nobody')], 'ada');
    fleet.live.publish(0);
    expect([fleet.directory.size, fleet.removed, fleet.live.counts().down]).toEqual([1, [], 1]);
    disk.resolve();
    expect(await answer).toEqual({ removed: 1, ids: [WEB_ID] });
    fleet.live.publish(0);
    expect([fleet.directory.size, fleet.removed, fleet.live.counts().total]).toEqual([0, [[0, 0]], 0]);
    expect(await newest(fleet)).toMatchObject({ kind: 'removed', by: 'ada', host: 'web', at: 1_000_000 });
    expect(await fleet.store.alert(`${WEB_ID}-1`)).toMatchObject({
      closedAt: 1_000_000,
      reason: expect.stringMatching(/^removed by ada while it was down: no heartbeat/),
    });
    const shown = fleet.live.framesFrom(null, 0).flatMap((frame) => (frame.t === 'A' ? frame.alerts : []));
    expect(shown).toEqual([]);
    expect(await rows(fleet)).toEqual([]);
    expect((await fleet.store.load(0)).tombstones).toEqual([WEB_ID]);
    expect(await audit(fleet)).toMatchObject([{ actor: 'ada', action: 'remove-hosts', target: 'web' }]);
  });

  test('P25: refused: the host stays, and what happened meanwhile happens then, in order', async () => {
    const fleet = setUp();
    fleet.take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 2 });
    const disk = Promise.withResolvers<void>();
    fleet.store.slowly = disk.promise;
    fleet.store.failing = true;
    const answer = fleet.pipeline.removeHosts([WEB_ID], 'ada');
    fleet.take([{ ...WEB, labels: { rack: 'r1' } }], { row: 0, kind: 'up', atMs: 3 });
    fleet.take([], { row: 0, kind: 'late', atMs: 4 }, { row: 0, kind: 'down', atMs: 5 });
    expect(fleet.live.stateAt(0)).toBe(HostState.down);
    expect(fleet.directory.labelsOf(0).rack).toBeUndefined();
    disk.resolve();
    await expect(answer).rejects.toThrow(StoreUnavailable);
    fleet.live.publish(0);
    expect(await fleet.history()).toEqual(['registered', 'down', 'up', 'down']);
    expect(fleet.alerts.openOf(WEB_ID)).toMatchObject({ episode: 1, openedAt: 2 });
    expect(await fleet.store.alert(`${WEB_ID}-1`)).toMatchObject({ closedAt: null });
    expect(await rows(fleet)).toMatchObject([{ labels: { rack: 'r1' } }]);
    expect([fleet.removed, await audit(fleet)]).toEqual([[], []]);
  });

  test('P26: while it is being removed its alert cannot be acknowledged, and it is not removed twice', async () => {
    const fleet = setUp();
    const pod = { row: 0, name: 'web', labels: { ephemeral: '1' } };
    fleet.take([pod], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'left', atMs: 2 });
    fleet.take([{ row: 1, name: 'db' }], { row: 1, kind: 'up', atMs: 1 }, { row: 1, kind: 'down', atMs: 2 });
    const disk = Promise.withResolvers<void>();
    fleet.store.slowly = disk.promise;
    const ids = [WEB_ID, hostIdHex('db')];
    const answer = fleet.pipeline.removeHosts(ids, 'ada');
    const second = fleet.pipeline.removeHosts(ids, 'bob');
    fleet.store.slowly = null;
    const ack = fleet.pipeline.acknowledge({ ids: [`${hostIdHex('db')}-1`] }, order);
    fleet.pipeline.writeRows([0, 1]);
    fleet.tickAt(2 + 5 * MINUTE_MS);
    expect(fleet.directory.size).toBe(2);
    disk.resolve();
    expect(await answer).toMatchObject({ removed: 2 });
    expect(await second).toMatchObject({ removed: 0 });
    expect(await ack).toMatchObject({ acked: 0, skipped: 1 });
    expect(fleet.removed).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(await rows(fleet)).toEqual([]);
  });

  test('P47: nobody is shown as unhandled on the way out', async () => {
    const fleet = setUp();
    const each = Array.from({ length: 700 }, (_, row) => row);
    fleet.take(each.map((row) => ({ row, name: `h${row}` })));
    fleet.take([], ...each.map((row) => ({ row, kind: 'up', atMs: 1 }) as const));
    fleet.take([], ...each.map((row) => ({ row, kind: 'down', atMs: 2 }) as const));
    await expect.poll(() => fleet.alerts.openCount).toBe(700);
    const downHosts = each.map((row) => hostIdHex(`h${row}`));
    await fleet.pipeline.acknowledge({ downHosts }, order);
    fleet.live.publish(0);
    const seen: { down: number; acknowledged: number }[] = [];
    const look = (): void => {
      fleet.live.publish(0);
      seen.push(fleet.live.counts());
      if (seen.at(-1)!.down > 0) setImmediate(look);
    };
    setImmediate(look);
    expect(await fleet.pipeline.removeHosts(downHosts, 'ada')).toEqual({ removed: 700 });
    await expect.poll(() => seen.at(-1)?.down).toBe(0);
    expect(seen.some(({ down }) => down > 0 && down < 700)).toBe(true);
    expect(seen.filter(({ down, acknowledged }) => down !== acknowledged)).toEqual([]);
  });

  test('P27: a later heartbeat brings it back with its history; its next down is a new episode', async () => {
    const fleet = setUp();
    fleet.take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 2 });
    await fleet.pipeline.removeHosts([WEB_ID], 'ada');
    fleet.take([{ row: 5, name: 'web' }], { row: 5, kind: 'up', atMs: 3 }, { row: 5, kind: 'down', atMs: 4 });
    expect(await fleet.history()).toEqual(['registered', 'down', 'removed', 'returned', 'down']);
    expect(fleet.alerts.openOf(WEB_ID)?.episode).toBe(2);
    expect(await rows(fleet)).toMatchObject([{ id: WEB_ID }]);
    expect((await fleet.store.load(0)).tombstones).toEqual([]);
  });

  test('P28: more than 5,000 go in portions, each whole or not at all; the answer counts them', async () => {
    const fleet = setUp();
    const names = Array.from({ length: 5_003 }, (_, row) => `h${row}`);
    const ids = names.map(hostIdHex);
    fleet.take(
      names.map((name, row) => ({ row, name })),
      ...names.map((_, row) => ({ row, kind: 'up', atMs: 1 }) as const),
    );
    await expect.poll(() => fleet.directory.size, { timeout: 10_000 }).toBe(5_003);
    fleet.store.failing = true;
    await expect(fleet.pipeline.removeHosts(ids, 'ada')).rejects.toThrow(StoreUnavailable);
    expect(fleet.directory.size).toBe(5_003);
    fleet.store.failing = false;
    expect(await fleet.pipeline.removeHosts(ids, 'ada')).toEqual({ removed: 5_003 });
    expect([fleet.directory.size, fleet.removed.length]).toEqual([0, 5_003]);
    expect((await audit(fleet)).map(({ target, detail }) => [target, detail])).toEqual([
      [null, '3 hosts: h5000, h5001, h5002'],
      [null, '5000 hosts: h0, h1, h2, h3, h4 and 4995 more'],
    ]);
  });
});

describe('hosts that leave by themselves', () => {
  test('P29: an ephemeral host goes 24 h after its down, its alert closed by the system; others stay', async () => {
    const fleet = setUp();
    const pod = { row: 1, name: 'pod', labels: { ephemeral: '1' } };
    fleet.take([WEB, pod], { row: 0, kind: 'up', atMs: 1 }, { row: 1, kind: 'up', atMs: 1 });
    fleet.take([], { row: 0, kind: 'down', atMs: 1_000 }, { row: 1, kind: 'down', atMs: 1_000 });
    fleet.tickAt(1_000 + 24 * HOUR_MS - 1);
    expect(fleet.directory.size).toBe(2);
    fleet.tickAt(1_000 + 24 * HOUR_MS);
    expect([fleet.directory.find('web'), fleet.directory.find('pod')]).toEqual([0, null]);
    const id = hostIdHex('pod');
    expect(await fleet.store.alert(`${id}-1`)).toMatchObject({
      closedAt: 1_000 + 24 * HOUR_MS,
      reason: expect.stringMatching(/^removed by system while it was down: /),
    });
    expect(await newest(fleet)).toMatchObject({ kind: 'removed', by: 'system', hostId: id });
    expect((await rows(fleet)).map(({ name }) => name)).toEqual(['web']);
    fleet.take([{ row: 9, name: 'pod' }], { row: 9, kind: 'up', atMs: 2_000 + 24 * HOUR_MS });
    expect((await fleet.history()).at(-1)).toBe('returned');
  });

  test('P29: heard again it stays; down again it has 24 h anew', () => {
    const fleet = setUp();
    const pod = { row: 0, name: 'pod', labels: { ephemeral: '1' } };
    fleet.take([pod], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 1_000 });
    fleet.take([], { row: 0, kind: 'up', atMs: HOUR_MS }, { row: 0, kind: 'down', atMs: 2 * HOUR_MS });
    fleet.tickAt(26 * HOUR_MS - 1);
    expect(fleet.directory.size).toBe(1);
    fleet.tickAt(26 * HOUR_MS);
    expect(fleet.directory.size).toBe(0);
  });

  test('P30: labels count as they are when the time has come', () => {
    const fleet = setUp();
    const labels = { ephemeral: '1' };
    fleet.take([
      { row: 0, name: 'a', labels },
      { row: 1, name: 'b' },
    ]);
    fleet.take([], { row: 0, kind: 'up', atMs: 1 }, { row: 1, kind: 'up', atMs: 1 });
    fleet.take([], { row: 0, kind: 'left', atMs: 1_000 }, { row: 1, kind: 'left', atMs: 1_000 });
    fleet.nowMs = 2_000;
    fleet.take([
      { row: 0, name: 'a', labels: {} },
      { row: 1, name: 'b', labels },
    ]);
    fleet.tickAt(2_000 + 5 * MINUTE_MS);
    expect([fleet.directory.find('a'), fleet.directory.find('b')]).toEqual([0, null]);
  });
});

import { describe, expect, test } from 'vitest';
import { ACKNOWLEDGED, HostState } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { MINUTE_MS, pipelineFleet as setUp, type TryingStore } from '../testing/pipeline-fleet.ts';

const HOUR_MS = 60 * MINUTE_MS;
const START_MS = 1_000_000;
const order = {
  batchId: 'b',
  by: 'ada',
  comment: 'on it',
  expiresInMs: null,
  maxOpenedSeq: null,
  filterInWords: null,
};
const NAMES = ['up', 'down', 'acked', 'left', 'once'];
const idOf = (name: string) => hostIdHex(name);

/** A run that ends with one host in every state, `late` ones counting as up. */
async function firstRun(labels: Record<string, string> = {}): Promise<TryingStore> {
  const fleet = setUp({ nowMs: START_MS });
  fleet.setColumns(4, { heardAgain: false });
  fleet.take(NAMES.map((name, row) => ({ row, name, labels })));
  fleet.take([], ...NAMES.map((_, row) => ({ row, kind: 'up', atMs: START_MS }) as const));
  fleet.take([], { row: 1, kind: 'down', atMs: START_MS + 1 }, { row: 2, kind: 'down', atMs: START_MS + 2 });
  fleet.take([], { row: 3, kind: 'left', atMs: START_MS + 3 }, { row: 0, kind: 'late', atMs: START_MS + 4 });
  await fleet.pipeline.acknowledge({ ids: [`${idOf('acked')}-1`] }, order);
  return fleet.store;
}

async function secondRun(store: TryingStore, nowMs = START_MS + 10_000) {
  store.batches.length = 0;
  const fleet = setUp({ store, nowMs, epoch: 'fedcba9876543210' });
  await fleet.restore();
  const byteOf = (name: string): number => fleet.live.stateAt(fleet.directory.find(name)!);
  const rowOf = (name: string): number => fleet.directory.placeOf(fleet.directory.find(name)!).row;
  return { ...fleet, fleet, byteOf, rowOf };
}

describe('restore', () => {
  test('P34: all start pending but those that are down, acknowledged or not, and those that left', async () => {
    const { byteOf, restored, live, directory, fleet } = await secondRun(await firstRun({ rack: 'r1' }));
    expect(NAMES.map(byteOf)).toEqual([
      HostState.pending,
      HostState.down,
      HostState.down | ACKNOWLEDGED,
      HostState.left,
      HostState.pending,
    ]);
    const told = Object.fromEntries(
      restored.map(({ id, ...host }) => [NAMES.find((name) => idOf(name) === id), host]),
    );
    const known = { intervalMs: 1_000, confirmed: true, named: true };
    expect(told).toEqual({
      up: { ...known, state: 'pending' },
      down: { ...known, state: 'down' },
      acked: { ...known, state: 'down' },
      left: { ...known, state: 'left' },
      once: { ...known, state: 'pending', confirmed: false },
    });
    expect(directory.labelsOf(directory.find('left')!).rack).toBe('r1');
    expect(live.seq).toBe(1);
    const frames = live.framesFrom(null, 0);
    const shown = frames.flatMap((frame) => (frame.t === 'A' ? frame.alerts : []));
    expect(shown.map(({ host, ack }) => [host, ack?.by, ack?.comment]).sort()).toEqual([
      ['acked', 'ada', 'on it'],
      ['down', undefined, undefined],
    ]);
    expect(fleet.register.isBehind(0)).toBe(false);
  });

  test('P35: nothing of it happened now: no event, no alert, no row, no transition', async () => {
    const { store, live } = await secondRun(await firstRun());
    expect(store.batches).toEqual([]);
    expect(live.transitions()).toEqual({ up: 0, late: 0, down: 0, left: 0 });
  });

  test('P35: pending becomes up without an event; late, restarted and the rest follow as ever', async () => {
    const { take, rowOf, history, byteOf, live } = await secondRun(await firstRun());
    const before = (await history()).length;
    const row = rowOf('up');
    take([], { row, kind: 'up', atMs: START_MS + 11_000 });
    expect([byteOf('up'), live.transitions().up, (await history()).length]).toEqual([
      HostState.up,
      1,
      before,
    ]);
    take(
      [],
      { row, kind: 'restarted', atMs: START_MS + 12_000 },
      { row, kind: 'down', atMs: START_MS + 20_000 },
    );
    expect((await history()).slice(before)).toEqual(['restarted', 'down']);
  });

  test('P36: a host that was down before has its old alert; its recovery closes it, resumable as ever', async () => {
    const { take, rowOf, history, alerts, byteOf, store } = await secondRun(await firstRun());
    const before = (await history()).length;
    const row = rowOf('acked');
    const id = `${idOf('acked')}-1`;
    expect(alerts.openOf(idOf('acked'))).toMatchObject({ id, openedAt: START_MS + 2 });
    take([], { row, kind: 'up', atMs: START_MS + 11_000 });
    expect((await history()).slice(before)).toEqual(['up']);
    expect(await store.alert(id)).toMatchObject({ closedAt: START_MS + 11_000 });
    take([], { row, kind: 'down', atMs: START_MS + 71_000 });
    expect(byteOf('acked')).toBe(HostState.down | ACKNOWLEDGED);
    expect(await store.alert(id)).toMatchObject({ closedAt: null, ack: { by: 'ada' } });
  });

  test('P36, A25: what recovered before the restart is resumed after it, within its time and not later', async () => {
    for (const [gapMs, episode] of [
      [60_000, 1],
      [60_001, 2],
    ] as const) {
      const first = await firstRun();
      const again = setUp({ store: first, nowMs: START_MS + 10 });
      await again.restore();
      const slot = again.directory.find('acked')!;
      again.take([], { row: again.directory.placeOf(slot).row, kind: 'up', atMs: START_MS + 11_000 });
      const { take, rowOf, alerts } = await secondRun(first, START_MS + 12_000);
      take([], { row: rowOf('acked'), kind: 'down', atMs: START_MS + 11_000 + gapMs });
      expect(alerts.openOf(idOf('acked'))).toMatchObject({
        episode,
        ack: episode === 1 ? { by: 'ada' } : null,
      });
    }
  });

  test('P37: states have the instants at which they began, pending ones the start', async () => {
    const { directory } = await secondRun(await firstRun());
    const changedAt = (name: string): number => directory.changedAtMsOf(directory.find(name)!) - START_MS;
    expect(NAMES.map(changedAt)).toEqual([10_000, 1, 2, 3, 10_000]);
  });

  test('P38: ephemeral hosts go when they would have gone, also while the server was away; others stay', async () => {
    const store = await firstRun({ ephemeral: '1' });
    const { tickAt, directory, live, history } = await secondRun(store, START_MS + 5 * MINUTE_MS + 2);
    const shown = () => NAMES.filter((name) => directory.find(name) !== null);
    expect(shown()).toEqual(NAMES);
    tickAt(START_MS + 5 * MINUTE_MS + 3);
    expect(shown()).toEqual(['up', 'down', 'acked', 'once']);
    tickAt(START_MS + 24 * HOUR_MS + 1);
    expect(shown()).toEqual(['up', 'acked', 'once']);
    tickAt(START_MS + 24 * HOUR_MS + 2);
    expect(shown()).toEqual(['up', 'once']);
    expect(live.counts()).toMatchObject({ total: 2, pending: 2 });
    expect((await history()).filter((kind) => kind === 'removed')).toHaveLength(3);
    const late = await secondRun(await firstRun({ ephemeral: '1' }), START_MS + 25 * HOUR_MS);
    expect(late.directory.size).toBe(2);
    const permanent = await secondRun(await firstRun(), START_MS + 25 * HOUR_MS);
    expect(permanent.directory.size).toBe(5);
  });

  test('P38: removed hosts are told from new ones, and their episodes go on counting', async () => {
    const store = await firstRun();
    const fleet = setUp({ store, nowMs: START_MS + 10 });
    await fleet.restore();
    await fleet.pipeline.removeHosts([idOf('down')], 'ada');
    const { take, history, alerts, directory } = await secondRun(store);
    expect(directory.find('down')).toBeNull();
    take([{ row: 9, name: 'down' }], { row: 9, kind: 'up', atMs: START_MS + 11_000 });
    expect((await history()).at(-1)).toBe('returned');
    take([], { row: 9, kind: 'down', atMs: START_MS + 20_000 });
    expect(alerts.openOf(idOf('down'))?.episode).toBe(2);
  });

  test('P39: one that died while the server was away is down with a new alert that says so', async () => {
    const { take, rowOf, history, alerts } = await secondRun(await firstRun());
    take([], { row: rowOf('up'), kind: 'down', atMs: START_MS + 15_000, unheard: true });
    expect((await history()).at(-1)).toBe('down');
    expect(alerts.openOf(idOf('up'))).toMatchObject({ episode: 1, evidence: { unheard: true } });
    take([], { row: rowOf('once'), kind: 'down', atMs: START_MS + 15_000, unheard: true, heardOnce: true });
    expect(alerts.openOf(idOf('once'))).toBeNull();
  });

  test('P40: an open alert of a host that is not in the register is closed by the system', async () => {
    const store = await firstRun();
    await store.append({ removed: [{ id: idOf('down'), at: START_MS + 5 }] }, 'history');
    const { alerts, live } = await secondRun(store);
    expect([alerts.openOf(idOf('down')), alerts.openCount, live.counts().down]).toEqual([null, 1, 1]);
    expect(await store.alert(`${idOf('down')}-1`)).toMatchObject({
      closedAt: START_MS + 10_000,
      reason: expect.stringMatching(/^removed by system/),
    });
  });

  test('P41: what a down or a leave rested on is known again', async () => {
    const { directory } = await secondRun(await firstRun());
    const evidence = (name: string) => directory.evidenceOf(directory.find(name)!);
    expect(evidence('down')).toMatchObject({ kind: 'timeout', source: '10.1.4.7', lostBeats: 2 });
    expect(evidence('left')).toMatchObject({ kind: 'bye' });
    expect(evidence('up')).toBeNull();
  });

  test('P42, A27: an acknowledgement that expired while the server was away has ended at the first look', async () => {
    const fleet = setUp({ nowMs: START_MS });
    fleet.take([{ row: 0, name: 'web' }], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 2 });
    await fleet.pipeline.acknowledge({ ids: [`${idOf('web')}-1`] }, { ...order, expiresInMs: 5_000 });
    const inTime = await secondRun(fleet.store, START_MS + 4_999);
    expect(inTime.live.stateAt(0)).toBe(HostState.down | ACKNOWLEDGED);
    const { live, history, store } = await secondRun(fleet.store, START_MS + 5_000);
    expect([live.stateAt(0), live.seq, live.transitions().down]).toEqual([HostState.down, 1, 0]);
    expect((await history()).slice(-2)).toEqual(['acknowledged', 'unacknowledged']);
    expect((await store.events({ limit: 1 })).events[0]).toMatchObject({ by: 'system' });
  });

  test('P42: however many they are, they have ended and gone before the first publication', async () => {
    const MANY = 1_300;
    const fleet = setUp({ nowMs: START_MS });
    const each = Array.from({ length: 2 * MANY }, (_, row) => row);
    const labels = (row: number): Record<string, string> => (row < MANY ? {} : { ephemeral: '1' });
    fleet.take(each.map((row) => ({ row, name: `h${row}`, labels: labels(row) })));
    fleet.take([], ...each.map((row) => ({ row, kind: 'up', atMs: START_MS }) as const));
    fleet.take([], ...each.map((row) => ({ row, kind: 'down', atMs: START_MS }) as const));
    await expect.poll(() => fleet.alerts.openCount).toBe(2 * MANY);
    const downHosts = each.slice(0, MANY).map((row) => idOf(`h${row}`));
    await fleet.pipeline.acknowledge({ downHosts }, { ...order, expiresInMs: 5_000 });
    const { live } = await secondRun(fleet.store, START_MS + 24 * HOUR_MS);
    expect([live.seq, live.counts()]).toMatchObject([1, { total: MANY, down: MANY, acknowledged: 0 }]);
  });

  test('P37, P38: a resumed episode: down, and to be removed, since its newest down', async () => {
    const fleet = setUp({ nowMs: START_MS });
    const pod = { row: 0, name: 'pod', labels: { ephemeral: '1' } };
    fleet.take([pod], { row: 0, kind: 'up', atMs: START_MS }, { row: 0, kind: 'down', atMs: START_MS });
    for (let atMs = START_MS; atMs < START_MS + 25 * HOUR_MS; atMs += HOUR_MS) {
      fleet.take([], { row: 0, kind: 'up', atMs: atMs + HOUR_MS - MINUTE_MS });
      fleet.take([], { row: 0, kind: 'down', atMs: atMs + HOUR_MS });
    }
    const { directory, alerts, tickAt } = await secondRun(fleet.store, START_MS + 26 * HOUR_MS);
    expect(alerts.openOf(idOf('pod'))).toMatchObject({ episode: 1, openedAt: START_MS });
    expect(directory.changedAtMsOf(0)).toBe(START_MS + 25 * HOUR_MS);
    tickAt(START_MS + 49 * HOUR_MS - 1);
    expect(directory.size).toBe(1);
    tickAt(START_MS + 49 * HOUR_MS);
    expect(directory.size).toBe(0);
  });

  test('P46: the clock was set back: what lies ahead was now', async () => {
    const first = await firstRun({ ephemeral: '1' });
    const episode = { alert: { host: 'up' }, timeoutMs: 5_000, closedBy: 'up', batchId: null } as const;
    const id = `${idOf('up')}-1`;
    const closed = { id, hostId: idOf('up'), episode: 1, openedAt: START_MS, closedAt: START_MS + 9 };
    const verdict = { reason: 'silent', evidence: null, incidentId: null };
    const ack = { by: 'ada', at: START_MS + 5, comment: null, expiresAt: START_MS + 100_005 };
    const alert = { ...episode.alert, ...closed, ...verdict, ack };
    await first.append({ episodes: [{ ...episode, alert, downAt: START_MS }] }, 'history');
    const nowMs = START_MS - HOUR_MS;
    const { take, alerts, store, directory, rowOf, tickAt } = await secondRun(first, nowMs);
    expect(directory.changedAtMsOf(directory.find('down')!)).toBe(nowMs);
    expect(await store.alert(`${idOf('acked')}-1`)).toMatchObject({ openedAt: nowMs, ack: { at: nowMs } });
    take([], { row: rowOf('acked'), kind: 'up', atMs: nowMs + 10 });
    expect(await store.alert(`${idOf('acked')}-1`)).toMatchObject({ openedAt: nowMs, closedAt: nowMs + 10 });
    take([], { row: rowOf('up'), kind: 'down', atMs: nowMs + 60_000 });
    expect(alerts.openOf(idOf('up'))).toMatchObject({ episode: 1, ack: { expiresAt: nowMs + 100_000 } });
    // Gone when it would have gone had its time begun now.
    tickAt(nowMs + 5 * MINUTE_MS);
    expect(directory.find('left')).toBeNull();
    const later = await secondRun(await firstRun(), nowMs);
    later.take([], { row: later.rowOf('down'), kind: 'up', atMs: nowMs + 1 });
    later.take([], { row: later.rowOf('down'), kind: 'down', atMs: nowMs + 60_002 });
    expect(later.alerts.openOf(idOf('down'))?.episode).toBe(2);
  });

  test('P43: hosts of before have the first slots; a live log without room for all of them is an error', async () => {
    const { directory, take, live } = await secondRun(await firstRun());
    take([{ row: 20, name: 'new' }], { row: 20, kind: 'up', atMs: START_MS + 20_000 });
    expect([directory.find('new'), live.slotCount]).toEqual([5, 6]);
    const tooSmall = setUp({ store: await firstRun(), slots: 4 });
    await expect(tooSmall.restore()).rejects.toThrow('the live log has room for 4 hosts; the register has 5');
  });
});

test('P53: the engine is told which policy a host of before is under, and what it said last with a tag', async () => {
  const first = setUp();
  first.take([
    { row: 0, name: 'far', labels: { net: 'mobile' } },
    { row: 1, name: 'near', labels: { net: 'lan' } },
  ]);
  const fleet = setUp({ store: first.store });
  const run = { incarnation: 77, seq: 5 };
  await fleet.restore({
    policyOf: ({ net }) => (net === 'mobile' ? 2 : 0),
    runOf: (id) => (id === idOf('near') ? run : null),
  });
  const told = fleet.restored.map(({ id, policy, incarnation, seq }) => {
    return [id === idOf('far') ? 'far' : 'near', policy, incarnation, seq];
  });
  expect(told.sort()).toEqual([
    ['far', 2, undefined, undefined],
    ['near', 0, 77, 5],
  ]);
  const again = setUp({ store: first.store });
  await again.restore();
  expect(again.restored.map(({ policy }) => policy)).toEqual([undefined, undefined]);
});

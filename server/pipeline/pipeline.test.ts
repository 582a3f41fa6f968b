import { describe, expect, test } from 'vitest';
import { ACKNOWLEDGED, HostState } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { StoreUnavailable } from '../store/store.ts';
import { batchOf, MINUTE_MS, type Step, pipelineFleet as setUp } from '../testing/pipeline-fleet.ts';

const WEB = { row: 0, name: 'web' };
const WEB_ID = hostIdHex('web');
const order = {
  batchId: 'b',
  by: 'ada',
  comment: null,
  expiresInMs: null,
  maxOpenedSeq: null,
  filterInWords: null,
};

test('P55: hosts without a slot are not watched, and one line of the log is told of all of them', () => {
  const fleet = setUp({ slots: 1 });
  fleet.take([WEB], { row: 0, kind: 'up', atMs: 1 });
  for (const row of [1, 2, 3]) fleet.take([{ row, name: `forged-${row}` }], { row, kind: 'up', atMs: 2 });
  expect(fleet.removed).toEqual([
    [0, 1],
    [0, 2],
    [0, 3],
  ]);
  expect(fleet.faults).toHaveLength(3);
  expect(new Set(fleet.faults.map(({ message }) => message))).toEqual(
    new Set(['no slot is free: more hosts came and went than MAX_HOSTS allows for']),
  );
});

describe('history', () => {
  test('P1, P2: registered, down, up, left, restarted are recorded, late is not', async () => {
    const { take, history, live } = setUp();
    take([WEB], { row: 0, kind: 'up', atMs: 1 });
    take([], { row: 0, kind: 'late', atMs: 2 });
    expect(live.stateAt(0)).toBe(HostState.late);
    take([], { row: 0, kind: 'up', atMs: 3 }, { row: 0, kind: 'restarted', atMs: 4 });
    take(
      [],
      { row: 0, kind: 'late', atMs: 5 },
      { row: 0, kind: 'down', atMs: 6 },
      { row: 0, kind: 'up', atMs: 7 },
    );
    take([], { row: 0, kind: 'left', atMs: 8 }, { row: 0, kind: 'up', atMs: 9 });
    expect(await history()).toEqual(['registered', 'restarted', 'down', 'up', 'left', 'up']);
  });

  test('P54: what a shard tells again is no news', async () => {
    const { take, history, alerts, directory } = setUp();
    take([{ ...WEB, labels: { rack: 'r1' } }], { row: 0, kind: 'up', atMs: 1 });
    take([], { row: 0, kind: 'down', atMs: 90_000 });
    const before = alerts.openOf(WEB_ID);
    take([{ row: 0, name: null, id: WEB_ID }], { row: 0, kind: 'down', atMs: 91_000 });
    expect(alerts.openOf(WEB_ID)).toEqual(before);
    expect([directory.nameOf(0), directory.labelsOf(0).rack]).toEqual(['web', 'r1']);
    expect(directory.changedAtMsOf(0)).toBe(90_000);
    expect(await history()).toEqual(['registered', 'down']);
  });

  test('P3: evidence and words are the same on event, alert and host', async () => {
    const { take, store, alerts, directory } = setUp();
    take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 90_000 });
    const [event] = (await store.events({ limit: 1 })).events;
    const evidence = {
      kind: 'timeout',
      silentMs: 5_000,
      intervalMs: 1_000,
      source: '10.1.4.7',
      lostBeats: 2,
      expectedBeats: 60,
    };
    const reason =
      'no heartbeat for 5.0 s, one expected every 1.0 s; last from 10.1.4.7; 3 % lost in the minute before';
    expect(event).toMatchObject({ kind: 'down', at: 90_000, reason, evidence });
    expect(alerts.openOf(WEB_ID)).toMatchObject({ reason, evidence, openedAt: 90_000 });
    expect(directory.evidenceOf(0)).toEqual(evidence);
    take([], { row: 0, kind: 'left', atMs: 91_000 });
    expect(alerts.get(`${WEB_ID}-1`)).toMatchObject({ closedAt: 91_000, evidence: { kind: 'bye' } });
  });

  test('L52: the engine’s instant reaches the live log as it is; history and alerts have whole ms', async () => {
    const { take, live, store, alerts } = setUp();
    take([WEB], { row: 0, kind: 'up', atMs: 1_000.625 });
    take([], { row: 0, kind: 'down', atMs: 90_000.375 });
    expect(live.changesAfter(0, 9).ticks.map(([, , changes]) => changes)).toEqual([
      [[1_000.625, 1]],
      [[90_000.375, 1]],
    ]);
    const diff = live.framesFrom({ e: live.epoch, s: 1 }, 1_000_000).at(-1);
    expect(diff).toMatchObject({ t: 'D', t0: 90_000.375 });
    expect((await store.events({ limit: 1 })).events[0]!.at).toBe(90_000);
    expect(alerts.openOf(WEB_ID)!.openedAt).toBe(90_000);
    take([], { row: 0, kind: 'restarted', atMs: 90_001.875 });
    expect(live.changesAfter(2, 9).ticks.map(([, , changes]) => changes)).toEqual([[[90_001.875, 1]]]);
  });

  test('P7: a name that comes later and new labels are announced without a change of state', () => {
    const { take, live, directory } = setUp();
    take([{ row: 0, name: null, id: WEB_ID }], { row: 0, kind: 'up', atMs: 1 });
    const { seq } = live;
    take([{ ...WEB, labels: { rack: 'r1' } }]);
    expect(live.seq).toBe(seq + 1);
    expect([live.stateAt(0), live.changedSeqAt(0), live.transitions().up]).toEqual([
      HostState.up,
      seq + 1,
      1,
    ]);
    expect([directory.nameOf(0), directory.labelsOf(0).rack]).toEqual(['web', 'r1']);
    take([{ ...WEB, labels: { rack: 'r1' } }]);
    expect(live.seq).toBe(seq + 1);
  });
});

describe('alerts', () => {
  test('A14: bit 16 is there exactly while the open episode is acknowledged', async () => {
    const { take, live, pipeline } = setUp();
    const byte = () => {
      live.publish(0);
      return live.stateAt(0);
    };
    take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 2 });
    expect(byte()).toBe(HostState.down);
    await pipeline.acknowledge({ ids: [`${WEB_ID}-1`] }, order);
    expect(byte()).toBe(HostState.down | ACKNOWLEDGED);
    take([], { row: 0, kind: 'up', atMs: 3 });
    expect(byte()).toBe(HostState.up);
    take([], { row: 0, kind: 'down', atMs: 4 });
    expect(byte()).toBe(HostState.down | ACKNOWLEDGED);
    await pipeline.unacknowledge({ ids: [`${WEB_ID}-1`] }, 'ada');
    expect(byte()).toBe(HostState.down);
  });

  test('A21: an episode that ended while its acknowledgement was being stored is not shown open again', async () => {
    const { take, live, pipeline, store } = setUp();
    take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 2 });
    const disk = Promise.withResolvers<void>();
    store.slowly = disk.promise;
    const answer = pipeline.acknowledge({ ids: [`${WEB_ID}-1`] }, order);
    take(
      [],
      { row: 0, kind: 'left', atMs: 3 },
      { row: 0, kind: 'up', atMs: 4 },
      { row: 0, kind: 'down', atMs: 5 },
    );
    disk.resolve();
    expect(await answer).toMatchObject({ acked: 1 });
    live.publish(6);
    const shown = live.framesFrom(null, 6).flatMap((frame) => (frame.t === 'A' ? frame.alerts : []));
    expect(shown.map(({ id }) => id)).toEqual([`${WEB_ID}-2`]);
    expect(live.stateAt(0)).toBe(HostState.down);
  });

  test('A11: what is skipped is answered with the state now, published or not', async () => {
    const { take, pipeline } = setUp();
    take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 2 });
    pipeline.take(batchOf([], [{ row: 0, kind: 'up', atMs: 3 }]));
    const { results } = await pipeline.acknowledge({ ids: [`${WEB_ID}-1`, `${'0'.repeat(16)}-1`] }, order);
    expect(results).toMatchObject([
      { outcome: 'skipped', state: 'up', ack: null },
      { outcome: 'skipped', state: null, ack: null },
    ]);
  });

  test('A23: a host heard only once goes down without an episode', async () => {
    const { take, alerts, pipeline, history } = setUp();
    take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 2, heardOnce: true });
    expect(alerts.openOf(WEB_ID)).toBeNull();
    expect(await history()).toEqual(['registered', 'down']);
    expect(await pipeline.acknowledge({ downHosts: [WEB_ID] }, order)).toMatchObject({
      acked: 0,
      skipped: 1,
    });
  });

  test('P9, A20: an acknowledgement that cannot be stored fails and leaves no trace; watching goes on', async () => {
    const { take, live, store, pipeline, alerts, history } = setUp();
    take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 2 });
    store.failing = true;
    await expect(pipeline.acknowledge({ ids: [`${WEB_ID}-1`] }, order)).rejects.toThrow(StoreUnavailable);
    live.publish(0);
    expect([live.stateAt(0), alerts.isAcknowledged(WEB_ID)]).toEqual([HostState.down, false]);
    take([], { row: 0, kind: 'up', atMs: 3 });
    expect(live.stateAt(0)).toBe(HostState.up);
    expect(await history()).toEqual(['registered', 'down', 'up']);
    expect(store.batches.flatMap(({ audit }) => audit ?? [])).toEqual([]);
  });

  test('P9, A20: an episode that closed while its acknowledgement failed to be stored is kept without it', async () => {
    const { take, live, store, pipeline } = setUp();
    take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 2 });
    const disk = Promise.withResolvers<void>();
    store.slowly = disk.promise;
    store.failing = true;
    const answer = pipeline.acknowledge({ ids: [`${WEB_ID}-1`] }, order);
    take([], { row: 0, kind: 'up', atMs: 3 });
    disk.resolve();
    await expect(answer).rejects.toThrow(StoreUnavailable);
    expect(await store.alert(`${WEB_ID}-1`)).toMatchObject({ closedAt: 3, ack: null });
    take([], { row: 0, kind: 'down', atMs: 4 });
    expect(live.stateAt(0)).toBe(HostState.down);
  });
});

describe('removal', () => {
  test('P1, P4: heard only once: removed 5 minutes after its down, and returned when it comes again', async () => {
    const { take, tickAt, live, directory, removed, history } = setUp();
    take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 1_000, heardOnce: true });
    tickAt(1_000 + 5 * MINUTE_MS - 1);
    expect(live.stateAt(0)).toBe(HostState.down);
    tickAt(1_000 + 5 * MINUTE_MS);
    expect([live.stateAt(0), directory.size, removed]).toEqual([HostState.empty, 0, [[0, 0]]]);
    take([{ row: 7, name: 'web' }], { row: 7, kind: 'up', atMs: 400_000 });
    expect(directory.find('web')).toBe(1);
    expect(await history()).toEqual(['registered', 'down', 'removed', 'returned']);
  });

  test('P4: heard again in time, it stays', () => {
    const { take, tickAt, directory } = setUp();
    take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 1_000, heardOnce: true });
    take([], { row: 0, kind: 'up', atMs: 2_000 });
    tickAt(60 * MINUTE_MS);
    expect(directory.find('web')).toBe(0);
  });

  test('P5: what left is removed after 5 minutes when it is ephemeral, else it stays', () => {
    const { take, tickAt, directory, live } = setUp();
    const pod = { row: 1, name: 'pod', labels: { ephemeral: '1' } };
    take([WEB, pod], { row: 0, kind: 'up', atMs: 1 }, { row: 1, kind: 'up', atMs: 1 });
    take([], { row: 0, kind: 'left', atMs: 1_000 }, { row: 1, kind: 'left', atMs: 1_000 });
    tickAt(1_000 + 5 * MINUTE_MS - 1);
    expect(directory.size).toBe(2);
    tickAt(1_000 + 5 * MINUTE_MS);
    expect([directory.find('web'), directory.find('pod'), live.counts().left]).toEqual([0, null, 1]);
  });

  test('P6: what was under way for a removed row changes nothing', () => {
    const { take, tickAt, directory, live } = setUp();
    take([WEB], { row: 0, kind: 'up', atMs: 1 }, { row: 0, kind: 'down', atMs: 1_000, heardOnce: true });
    tickAt(1_000 + 5 * MINUTE_MS);
    take([{ ...WEB, labels: { rack: 'r9' } }], { row: 0, kind: 'up', atMs: 302_000 });
    expect([directory.size, live.counts().total]).toEqual([0, 0]);
  });
});

test('P8: batches longer than a slice are handled in order', async () => {
  const { pipeline, live, directory } = setUp();
  const count = 12_000;
  const hosts = Array.from({ length: count }, (_, row) => ({ row, name: `h${row}` }));
  const all = (kind: Step['kind'], atMs: number) => hosts.map(({ row }) => ({ row, kind, atMs }));
  pipeline.take(batchOf(hosts, all('up', 1)));
  pipeline.take(batchOf([], all('down', 2)));
  pipeline.take(batchOf([], [{ row: 11_999, kind: 'up', atMs: 3 }]));
  live.publish(0);
  expect(live.counts().down).toBe(0);
  const counts = () => {
    live.publish(0);
    return live.counts();
  };
  await expect.poll(counts, { timeout: 10_000 }).toMatchObject({ total: count, up: 1, down: count - 1 });
  expect(live.stateAt(directory.find('h11999')!)).toBe(HostState.up);
  pipeline.stop();
});

test('P8: many removals, and many acknowledgements that expire, are handled in slices', async () => {
  const { pipeline, live, directory, tickAt, alerts } = setUp();
  const rows = Array.from({ length: 5_000 }, (_, row) => row);
  const hosts = rows.map((row) => ({ row, name: `h${row}` }));
  const down = (row: number): Step => ({ row, kind: 'down', atMs: 1_000, heardOnce: row < 2_500 });
  pipeline.take(
    batchOf(hosts, [...rows.map((row): Step => ({ row, kind: 'up', atMs: 1 })), ...rows.map(down)]),
  );
  await expect.poll(() => alerts.openCount, { timeout: 10_000 }).toBe(2_500);
  const downHosts = hosts.map(({ name }) => hostIdHex(name));
  await pipeline.acknowledge({ downHosts }, { ...order, expiresInMs: 1_000 });
  live.publish(1_000);
  expect(live.counts()).toMatchObject({ down: 5_000, acknowledged: 2_500 });
  tickAt(2_000_000);
  expect(directory.size).toBeGreaterThan(2_500);
  expect(live.counts().acknowledged).toBeGreaterThan(0);
  const counts = () => {
    live.publish(2_000_000);
    return live.counts();
  };
  await expect
    .poll(counts, { timeout: 10_000 })
    .toMatchObject({ total: 2_500, down: 2_500, acknowledged: 0 });
  pipeline.stop();
});

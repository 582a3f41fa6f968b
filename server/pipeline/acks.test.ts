import { describe, expect, test } from 'vitest';
import { ACKNOWLEDGED, HostState } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { StoreUnavailable } from '../store/store.ts';
import { pipelineFleet as setUp } from '../testing/pipeline-fleet.ts';

const idOf = (row: number): string => hostIdHex(`h${row}`);
const alertOf = (row: number): string => `${idOf(row)}-1`;
const ACKED = HostState.down | ACKNOWLEDGED;
const order = (over: object = {}) => ({
  batchId: 'b',
  by: 'ada',
  comment: null,
  expiresInMs: null,
  maxOpenedSeq: null,
  filterInWords: null,
  ...over,
});

/** `count` hosts, all of them down. */
function fleetOf(count: number) {
  const fleet = setUp();
  const rows = Array.from({ length: count }, (_, row) => row);
  fleet.take(
    rows.map((row) => ({ row, name: `h${row}` })),
    ...rows.map((row) => ({ row, kind: 'up', atMs: 1 }) as const),
    ...rows.map((row) => ({ row, kind: 'down', atMs: 2 }) as const),
  );
  const byte = (row: number): number => {
    fleet.live.publish(0);
    return fleet.live.stateAt(row);
  };
  /** Commands wait for the disk, from now on until the function it gives is called. */
  const disk = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    fleet.store.slowly = promise;
    return (): void => {
      fleet.store.slowly = null;
      resolve();
    };
  };
  const audit = async () => (await fleet.store.audit({ limit: 99 })).entries;
  return { ...fleet, fleet, byte, disk, audit };
}

describe('commands and the store', () => {
  test('A35: acknowledged in the store before it is answered, and shown no earlier', async () => {
    const { pipeline, store, byte, fleet } = fleetOf(1);
    const disk = Promise.withResolvers<void>();
    store.slowly = disk.promise;
    let answered = false;
    const answer = pipeline.acknowledge({ ids: [alertOf(0)] }, order()).then((it) => {
      answered = true;
      return it;
    });
    await fleet.history();
    expect([answered, byte(0)]).toEqual([false, HostState.down]);
    disk.resolve();
    expect(await answer).toMatchObject({ acked: 1, results: [{ outcome: 'acked', ack: { by: 'ada' } }] });
    expect(await store.alert(alertOf(0))).toMatchObject({ ack: { by: 'ada' } });
    expect(byte(0)).toBe(ACKED);
  });

  test('A35: not shown earlier either when the host recovers and goes down again meanwhile; an undo likewise', async () => {
    const { pipeline, disk, byte, take, live } = fleetOf(1);
    const shownAcks = () => {
      const frames = live.framesFrom(null, 0).flatMap((frame) => (frame.t === 'A' ? frame.alerts : []));
      return frames.map(({ ack }) => ack?.by ?? null);
    };
    const flap = (atMs: number) => {
      take([], { row: 0, kind: 'up', atMs }, { row: 0, kind: 'down', atMs: atMs + 1 });
      return [byte(0), shownAcks()];
    };
    let end = disk();
    const ack = pipeline.acknowledge({ ids: [alertOf(0)] }, order());
    expect(flap(3)).toEqual([HostState.down, [null]]);
    end();
    expect(await ack).toMatchObject({ acked: 1 });
    expect([byte(0), shownAcks()]).toEqual([ACKED, ['ada']]);
    end = disk();
    const undo = pipeline.unacknowledge({ batchId: 'b' }, 'ada');
    expect(flap(5)).toEqual([ACKED, ['ada']]);
    end();
    expect(await undo).toMatchObject({ unacked: 1 });
    expect([byte(0), shownAcks()]).toEqual([HostState.down, [null]]);
  });

  test('P15: while nothing can be stored a command is refused before anything is decided', async () => {
    const { pipeline, store, alerts, byte } = fleetOf(2);
    await pipeline.acknowledge({ ids: [alertOf(0)] }, order());
    store.writable = false;
    const commands = [
      () => pipeline.acknowledge({ ids: [alertOf(1)] }, order()),
      () => pipeline.acknowledge({ downHosts: [idOf(1)] }, order()),
      () => pipeline.unacknowledge({ ids: [alertOf(0)] }, 'ada'),
      () => pipeline.removeHosts([idOf(0)], 'ada'),
    ];
    for (const command of commands) {
      const answer = command();
      expect([alerts.isAcknowledged(idOf(0)), alerts.isAcknowledged(idOf(1))]).toEqual([true, false]);
      await expect(answer).rejects.toThrow(new StoreUnavailable('no space left'));
    }
    expect([byte(0), byte(1)]).toEqual([ACKED, HostState.down]);
  });

  test('P16: one line of audit a command that changed something, with counts and the filter in words', async () => {
    const { pipeline, audit } = fleetOf(3);
    await pipeline.acknowledge({ ids: [alertOf(0)] }, order({ comment: 'disk', expiresInMs: 60_000 }));
    const downHosts = [idOf(0), idOf(1), idOf(2), hostIdHex('nobody')];
    await pipeline.acknowledge({ downHosts }, order({ batchId: 'b2', filterInWords: 'rack is r1' }));
    await pipeline.acknowledge({ ids: [alertOf(0)] }, order({ batchId: 'b3', by: 'bob' }));
    await pipeline.unacknowledge({ batchId: 'b2' }, 'eve');
    await pipeline.unacknowledge({ batchId: 'b2' }, 'eve');
    expect((await audit()).toReversed()).toEqual([
      {
        at: 1_000_000,
        actor: 'ada',
        action: 'acknowledge',
        target: 'b',
        detail:
          '1 acknowledged, 0 already acknowledged, 0 skipped; by id; until 1970-01-01T00:17:40.000Z; comment: disk',
      },
      {
        at: 1_000_000,
        actor: 'ada',
        action: 'acknowledge',
        target: 'b2',
        detail: '2 acknowledged, 1 already acknowledged, 1 skipped; filter: rack is r1',
      },
      {
        at: 1_000_000,
        actor: 'eve',
        action: 'unacknowledge',
        target: 'b2',
        detail: '2 ended, 0 skipped; undo of its batch',
      },
    ]);
  });

  test('A31: an undo that cannot be stored leaves all as it was, and can be tried again', async () => {
    const { pipeline, store, byte, disk, history, audit } = fleetOf(2);
    await pipeline.acknowledge({ downHosts: [idOf(0), idOf(1)] }, order());
    const end = disk();
    store.failing = true;
    const undo = pipeline.unacknowledge({ batchId: 'b' }, 'ada');
    expect(byte(0)).toBe(ACKED);
    end();
    await expect(undo).rejects.toThrow(StoreUnavailable);
    expect([byte(0), byte(1), (await history()).filter((kind) => kind === 'unacknowledged')]).toEqual([
      ACKED,
      ACKED,
      [],
    ]);
    expect((await store.alert(alertOf(1)))?.ack?.by).toBe('ada');
    expect(await audit()).toHaveLength(1);
    store.failing = false;
    expect(await pipeline.unacknowledge({ batchId: 'b' }, 'ada')).toEqual({ unacked: 2, skipped: 0 });
  });

  test.each([
    {
      refused: false,
      second: { acked: 1, alreadyAcked: 1, skipped: 0 },
      third: { alreadyAcked: 2, skipped: 0 },
    },
    {
      refused: true,
      second: { acked: 1, alreadyAcked: 0, skipped: 1 },
      third: { alreadyAcked: 1, skipped: 1 },
    },
  ])(
    'A34: who is told of an acknowledgement that is not stored yet is told when it is (refused: $refused)',
    async ({ refused, second, third }) => {
      const { pipeline, store, disk, byte, fleet } = fleetOf(2);
      const end = disk();
      store.failing = refused;
      const first = pipeline.acknowledge({ ids: [alertOf(0)] }, order());
      first.catch(() => {});
      // The store refuses the first alone, and takes the others without waiting.
      Object.assign(store, { failing: false, slowly: null });
      const answered: string[] = [];
      const ack = (targets: Parameters<typeof pipeline.acknowledge>[0], by: string) =>
        pipeline.acknowledge(targets, order({ batchId: by, by })).then((answer) => {
          answered.push(by);
          return answer;
        });
      const bob = ack({ ids: [alertOf(0), alertOf(1)] }, 'bob');
      const eve = ack({ downHosts: [idOf(0), idOf(1)] }, 'eve');
      await fleet.history();
      expect(answered).toEqual([]);
      end();
      if (refused) await expect(first).rejects.toThrow(StoreUnavailable);
      const taken = { outcome: 'acked', ack: { by: 'bob' } };
      const other = refused
        ? { outcome: 'skipped', state: 'down', ack: null }
        : { outcome: 'alreadyAcked', ack: { by: 'ada' } };
      expect(await bob).toMatchObject({ ...second, results: [other, taken] });
      expect(await eve).toMatchObject({ ...third, acked: 0 });
      expect([byte(0), byte(1)]).toEqual([refused ? HostState.down : ACKED, ACKED]);
    },
  );
});

describe('what an acknowledgement does not do', () => {
  test('A33: it never lowers the down count, and lower still is nothing but what is unhandled', async () => {
    const { pipeline, live } = fleetOf(4);
    await pipeline.acknowledge({ ids: [alertOf(0), alertOf(1)] }, order());
    live.publish(0);
    expect(live.counts()).toMatchObject({ down: 4, acknowledged: 2, maintenance: 0, total: 4 });
    await pipeline.unacknowledge({ ids: [alertOf(0)] }, 'bob');
    live.publish(0);
    expect(live.counts()).toMatchObject({ down: 4, acknowledged: 1 });
  });

  test('A38: a recovery of an acknowledged host is told as any other', async () => {
    const { pipeline, history, take, store } = fleetOf(1);
    await pipeline.acknowledge({ ids: [alertOf(0)] }, order());
    take([], { row: 0, kind: 'up', atMs: 3 });
    expect(await history()).toEqual(['registered', 'down', 'acknowledged', 'up']);
    expect(await store.alert(alertOf(0))).toMatchObject({ closedAt: 3, ack: { by: 'ada' } });
  });
});

describe('bulk', () => {
  test('A37: 12,431 by filter: one command, decided at one point, undone as exactly those', async () => {
    const count = 12_431;
    const { pipeline, live, alerts, take, store } = fleetOf(count);
    await expect.poll(() => alerts.openCount, { timeout: 10_000 }).toBe(count);
    await pipeline.acknowledge({ ids: [alertOf(7)] }, order({ batchId: 'mine', by: 'bob' }));
    take([], { row: 9, kind: 'up', atMs: 3 });
    const downHosts = Array.from({ length: count }, (_, row) => idOf(row));
    store.batches.length = 0;
    const answer = pipeline.acknowledge({ downHosts }, order({ filterInWords: 'all' }));
    // After the point at which it was decided.
    take([], { row: 9, kind: 'down', atMs: 4 }, { row: 10, kind: 'up', atMs: 4 });
    expect(await answer).toEqual({ acked: count - 2, alreadyAcked: 1, skipped: 1, batchId: 'b' });
    live.publish(0);
    expect(live.counts()).toMatchObject({ down: count - 1, acknowledged: count - 2 });
    expect(live.stateAt(9)).toBe(HostState.down);
    const commands = store.batches.filter(({ audit }) => audit !== undefined);
    expect(commands).toMatchObject([{ episodes: { length: count - 2 }, events: { length: count - 2 } }]);
    // The one that recovered did so too long ago to get it back.
    expect(await pipeline.unacknowledge({ batchId: 'b' }, 'ada')).toEqual({
      unacked: count - 3,
      skipped: 1,
    });
    live.publish(0);
    expect(live.counts()).toMatchObject({ down: count - 1, acknowledged: 1 });
    expect([live.stateAt(7), alerts.openOf(idOf(7))?.ack?.by]).toEqual([ACKED, 'bob']);
  });
});

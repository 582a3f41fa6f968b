import { describe, expect, test } from 'vitest';
import { HostState } from '../../lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { viewHostColumns } from './host-columns-view.ts';
import { checkExpected, packRestored } from './known-hosts.ts';
import { INCARNATION, POLICY, restoredHosts, ShardProbe, START_MS } from './testing/shard-probe.ts';

describe('restored', () => {
  test('E52: rows in the order given, and nothing told of it', () => {
    const probe = new ShardProbe();
    probe.restore({ c: {}, a: { state: 'down' }, b: { state: 'left' } });
    expect(['c', 'a', 'b'].map((name) => probe.rowOf(name))).toEqual([0, 1, 2]);
    expect(['c', 'a', 'b'].map((name) => probe.state(name))).toEqual(['pending', 'down', 'left']);
    probe.text('d');
    expect(probe.rowOf('d')).toBe(3);
    expect(probe.news()).toEqual(['d up']);
    expect(probe.described.map(({ name }) => name)).toEqual(['d']);
  });

  test('E53: a pending host is never late, goes down at its timeout, and is up by a heartbeat', () => {
    const probe = new ShardProbe();
    probe.restore({ a: {}, b: {}, slow: { intervalMs: 10_000 }, quick: { intervalMs: 20 } });
    expect(probe.pass(490)).toEqual([]);
    expect(probe.pass(10)).toEqual(['quick down']);
    expect(probe.pass(4_490)).toEqual([]);
    probe.beat('b');
    expect(probe.news().at(-1)).toBe('b up');
    expect(probe.pass(10)).toEqual(['a down']);
    expect(probe.pass(2_490)).toEqual(['b late']);
    expect(probe.pass(60_000)).toEqual(['b down', 'slow down']);
    probe.text('slow');
    expect(probe.news().at(-1)).toBe('slow up');
  });

  test('E53: beside hosts of its class that are late, in whatever order they were known', () => {
    const probe = new ShardProbe();
    probe.restore({ a: {} });
    probe.text('early');
    probe.pass(2_000);
    probe.expect('named');
    probe.text('later');
    probe.news();
    const words = probe.pass(60_000);
    expect(words).toEqual(['early late', 'later late', 'early down', 'a down', 'later down', 'named down']);
    expect(probe.events.filter(({ kind }) => kind === 'down').map(({ atMs }) => atMs - START_MS)).toEqual([
      5_000, 5_000, 7_000, 7_000,
    ]);
  });

  test('E53: the policy of now makes the timeout, and a new interval acts with the heartbeat', () => {
    const probe = new ShardProbe({ policy: { misses: 3, minTimeoutMs: 1_000, maxTimeoutMs: 4_000 } });
    probe.restore({ short: { intervalMs: 10 }, long: { intervalMs: 655_350 }, other: { intervalMs: 1_000 } });
    probe.beat('other', { intervalMs: 500 });
    probe.news();
    expect(probe.pass(990)).toEqual([]);
    expect(probe.pass(3_000)).toEqual(['short down', 'other late', 'other down']);
    expect(probe.pass(10)).toEqual(['long down']);
  });

  test('E54: down and left stay so in silence, and any first heartbeat makes them up', () => {
    for (const state of ['down', 'left'] as const) {
      const probe = new ShardProbe();
      probe.restore({ binary: { state }, text: { state }, hello: { state }, counted: { state } });
      expect(probe.pass(60_000)).toEqual([]);
      expect(probe.beat('binary', { seq: 900, incarnation: INCARNATION - 1e9 })).toBe('accepted');
      expect(probe.text('text')).toBe('accepted');
      expect(probe.hello('hello', {}, { seq: 7 })).toBe('accepted');
      expect(probe.text('counted seq=44')).toBe('accepted');
      expect(probe.news()).toEqual(['binary up', 'text up', 'hello up', 'counted up']);
      expect(probe.beat('binary', { seq: 900, incarnation: INCARNATION - 1e9 })).toBe('replay');
    }
  });

  test('E54: a bye is a first heartbeat too', () => {
    const probe = new ShardProbe();
    probe.restore({ a: { state: 'down' }, b: {}, c: { state: 'left' } });
    for (const name of ['a', 'b', 'c']) expect(probe.bye(name)).toBe('accepted');
    expect(probe.news()).toEqual(['a left', 'b left']);
    expect(probe.pass(60_000)).toEqual([]);
  });

  test('E55: heard once in an earlier run, and never again', () => {
    const probe = new ShardProbe();
    probe.restore({ once: { confirmed: false }, sure: {}, again: { confirmed: false } });
    expect(probe.read('once').heardAgain).toBe(false);
    expect(probe.read('sure').heardAgain).toBe(true);
    probe.beat('again');
    expect(probe.read('again').heardAgain).toBe(true);
    probe.pass(60_000);
    const downs = probe.events.filter(({ kind }) => kind === 'down');
    expect(Object.fromEntries(downs.map(({ host, heardOnce }) => [host, heardOnce]))).toEqual({
      once: true,
      sure: false,
      again: false,
    });
  });

  test('E56: what the store knew of a host is not lost, and not asked for twice', () => {
    const probe = new ShardProbe();
    probe.restore({ a: {}, b: {}, nameless: { named: false } });
    probe.text('a');
    probe.text('nameless');
    expect(probe.described.map(({ name }) => name)).toEqual(['nameless']);
    probe.text('a rack=r1');
    probe.text('a rack=r1');
    probe.hello('b', { rack: 'r2' });
    probe.hello('b', { rack: 'r2' }, { seq: 2 });
    expect(probe.described.map(({ row, name, labels }) => [row, name, { ...labels }])).toEqual([
      [2, 'nameless', {}],
      [0, 'a', { rack: 'r1' }],
      [1, 'b', { rack: 'r2' }],
    ]);
  });

  test('E57: the limit counts restored hosts and stops new ones only', () => {
    const hostCount = new Int32Array(1);
    const probe = new ShardProbe({ maxHosts: 2, hostCount });
    probe.restore({ a: {}, b: { state: 'down' }, c: { state: 'left' } });
    expect(hostCount[0]).toBe(3);
    expect(probe.beat('new')).toBe('host_limit');
    expect(probe.beat('c')).toBe('accepted');
    probe.shard.remove(probe.rowOf('a'), probe.nowMs);
    expect(probe.beat('new')).toBe('host_limit');
    probe.shard.remove(probe.rowOf('b'), probe.nowMs);
    expect(probe.beat('new')).toBe('accepted');
    expect(hostCount[0]).toBe(2);
  });

  test('E18 E53: a pending host can be removed, and is a new one then', () => {
    const probe = new ShardProbe();
    probe.restore({ a: {}, b: {} });
    probe.shard.remove(0, probe.nowMs);
    expect(probe.pass(60_000)).toEqual(['b down']);
    probe.beat('a');
    expect(probe.rowOf('a')).toBe(2);
  });

  test('E64: nor is one that the shard has not placed yet', () => {
    const { columns } = new ShardProbe();
    expect(viewHostColumns(columns, 0, POLICY)).toMatchObject({
      heard: false,
      lastSeenAtMs: 0,
      sourceIndex: null,
    });
  });

  test('E64: not heard in this run: no last-seen instant, and silence from the listening', () => {
    const probe = new ShardProbe({ maxHosts: 4 });
    probe.restore({ a: {}, b: {}, c: { state: 'down' } });
    expect(probe.read('a')).toMatchObject({ heard: false, lastSeenAtMs: 0, sourceIndex: null });
    probe.nowMs += 100;
    probe.source = '10.0.0.1';
    probe.beat('b');
    expect(probe.read('b')).toMatchObject({ heard: true, lastSeenAtMs: START_MS + 100, sourceIndex: 0 });
    probe.pass(60_000);
    probe.beat('c');
    expect(
      probe.events.map(({ host, kind, unheard, lastSeenAtMs }) => [
        host,
        kind,
        unheard,
        lastSeenAtMs - START_MS,
      ]),
    ).toEqual([
      ['b', 'up', false, 100],
      ['b', 'late', false, 100],
      ['a', 'down', true, 0],
      ['b', 'down', false, 100],
      ['c', 'up', false, 60_100],
    ]);
    for (let i = 0; i < 2_000; i++) {
      probe.source = `10.2.${i >> 8}.${i & 255}`;
      probe.beat('a', { seq: 1 + i });
    }
    expect(probe.read('a')).toMatchObject({ heard: true, sourceIndex: null });
  });

  test('E65: what cannot be a host is refused by name', () => {
    const host = restoredHosts({ a: {} })[0]!;
    for (const id of [
      '',
      'x',
      'ABCDEF0123456789',
      '0123456789abcde',
      '0123456789abcdef0',
      '0123456789abcde/',
    ]) {
      expect(() => packRestored([host, { ...host, id }])).toThrow(RangeError);
    }
    for (const intervalMs of [0, 9, -1, 655_351, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => packRestored([{ ...host, intervalMs }])).toThrow(host.id);
    }
    const named = { id: host.id, name: 'a', labels: {}, intervalMs: 1_000 };
    expect(() => checkExpected(named)).not.toThrow();
    expect(() => checkExpected({ ...named, name: 'a b' })).toThrow(/"a b" is no host name/);
    expect(() => checkExpected({ ...named, intervalMs: 5 })).toThrow(
      /intervalMs is 5, allowed are 10 to 655000/,
    );
    expect(packRestored([{ ...host, id: 'fedcba9876543210' }])).toMatchObject({
      idHigh: Uint32Array.of(0xfedcba98),
      idLow: Uint32Array.of(0x76543210),
    });
    const probe = new ShardProbe();
    probe.restore({ a: {}, b: {} });
    expect(() => probe.restore({ c: {} })).toThrow(/once and first/);
    expect(() => new ShardProbe().restore({ a: {}, again: { id: hostIdHex('a') } })).toThrow(/twice/);
  });
});

describe('named by an operator', () => {
  test('E62: described, pending, down with an alert, up by a heartbeat', () => {
    const probe = new ShardProbe();
    probe.pass(1_000);
    probe.expect('a', { labels: { zone: 'eu', rack: 'r1' }, intervalMs: 2_000 });
    probe.expect('b');
    expect(probe.state('a')).toBe('pending');
    expect(probe.described[0]).toMatchObject({ row: 0, hostId: hostIdHex('a'), name: 'a' });
    expect(Object.entries(probe.described[0]!.labels)).toEqual([
      ['rack', 'r1'],
      ['zone', 'eu'],
    ]);
    expect(probe.events[0]).toMatchObject({
      host: 'a',
      kind: 'pending',
      unheard: true,
      atMs: START_MS + 1_000,
      lastSeenAtMs: START_MS + 1_000,
    });
    expect(probe.read('a')).toMatchObject({
      heard: false,
      heardAgain: true,
      intervalMs: 2_000,
      timeoutMs: 10_000,
    });
    probe.news();
    expect(probe.pass(4_990)).toEqual([]);
    expect(probe.pass(10)).toEqual(['b down']);
    expect(probe.events[0]).toMatchObject({
      heardOnce: false,
      unheard: true,
      lastSeenAtMs: START_MS + 1_000,
    });
    expect(probe.pass(4_990)).toEqual([]);
    probe.text('a');
    expect(probe.described).toHaveLength(2);
    probe.text('a zone=us');
    expect({ ...probe.described[2]?.labels }).toEqual({ zone: 'us' });
    expect(probe.pass(2_500)).toEqual(['a late']);
  });

  test('E62: one heartbeat of a named host confirms nothing that was not so before', () => {
    const probe = new ShardProbe();
    probe.expect('a');
    probe.beat('a');
    probe.pass(6_000);
    expect(probe.events.at(-1)).toMatchObject({ kind: 'down', heardOnce: false, unheard: false });
  });

  test('E63, E67: of known hosts nothing is told; one beyond the limit is refused', () => {
    const hostCount = new Int32Array(1);
    const probe = new ShardProbe({ maxHosts: 2, hostCount });
    probe.beat('up');
    probe.pass(3_000);
    probe.expect('up', { intervalMs: 60_000, labels: { rack: 'r1' } });
    expect(probe.state('up')).toBe('late');
    expect(probe.read('up').intervalMs).toBe(1_000);
    probe.expect('named');
    probe.expect('named', { intervalMs: 60_000 });
    expect(probe.refused).toEqual([]);
    probe.expect('third');
    expect([hostCount[0], probe.refused]).toEqual([2, [hostIdHex('third')]]);
    expect(probe.described).toHaveLength(2);
    expect(probe.news()).toEqual([`${hostIdHex('up')} up`, `${hostIdHex('up')} late`, 'named pending']);
    expect(probe.state('third')).toBe('unknown');
    expect(probe.read('named').intervalMs).toBe(1_000);
  });

  test('E63: naming takes no token of those who register by themselves', () => {
    const probe = new ShardProbe({ maxHosts: 4_000 });
    probe.source = '10.0.0.1';
    let registered = 0;
    while (probe.beat(`h${registered}`) === 'accepted') registered++;
    expect(registered).toBeLessThan(4_000);
    probe.expect('named');
    expect(probe.state('named')).toBe('pending');
  });
});

test('E36 E53: many pending hosts of many classes go down in bounded portions, each once', () => {
  const probe = new ShardProbe({ maxHosts: 10_000 });
  const hosts = Array.from(
    { length: 9_000 },
    (_, i) => [`h${i}`, { intervalMs: 100 + (i % 7) * 10 }] as const,
  );
  probe.restore(Object.fromEntries(hosts));
  for (let i = 0; i < 60; i++) {
    probe.nowMs += 100;
    probe.tick(START_MS);
  }
  const portions: number[] = [];
  for (let more = true; more; ) {
    more = probe.tick();
    portions.push(probe.news().length);
  }
  expect(Math.max(...portions)).toBeLessThanOrEqual(4_096);
  expect(portions.reduce((sum, n) => sum + n, 0)).toBe(9_000);
  expect(probe.columns.state.subarray(0, 9_000).every((state) => state === HostState.down)).toBe(true);
});

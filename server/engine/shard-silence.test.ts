import { describe, expect, test } from 'vitest';
import { HostState } from '../../lib/protocol/host.ts';
import { POLICY, ShardProbe, START_MS } from './testing/shard-probe.ts';

describe('silence', () => {
  test('E32: up, late, down at their instants, and up again by a beat', () => {
    const probe = new ShardProbe();
    probe.hello('a');
    probe.pass(2_490);
    expect(probe.state('a')).toBe('up');
    probe.pass(10);
    expect(probe.state('a')).toBe('late');
    probe.beat('a', { seq: 2 });
    expect(probe.state('a')).toBe('up');
    probe.pass(4_990);
    expect(probe.state('a')).toBe('late');
    probe.pass(10);
    expect(probe.state('a')).toBe('down');
    expect(probe.pass(60_000)).toEqual([]);
    probe.beat('a', { seq: 3 });
    expect(probe.news()).toEqual(['a up', 'a late', 'a up', 'a late', 'a down', 'a up']);
  });

  test('E32: a verdict says when it fell and when the host was last seen', () => {
    const probe = new ShardProbe();
    probe.beat('a');
    probe.pass(5_000);
    expect(
      probe.events.map(({ kind, atMs, lastSeenAtMs }) => [kind, atMs - START_MS, lastSeenAtMs - START_MS]),
    ).toEqual([
      ['up', 0, 0],
      ['late', 2_500, 0],
      ['down', 5_000, 0],
    ]);
  });

  test('E31 E32: without a late phase a host goes from up to down', () => {
    const probe = new ShardProbe({ policy: { ...POLICY, misses: 2 } });
    probe.hello('a');
    probe.news();
    expect(probe.pass(1_990)).toEqual([]);
    expect(probe.pass(10)).toEqual(['a down']);
  });

  test('E33: silent for both since the last look: down at once', () => {
    const probe = new ShardProbe();
    probe.hello('a');
    probe.news();
    for (let i = 0; i < 60; i++) {
      probe.nowMs += 100;
      probe.tick(START_MS);
    }
    probe.tick();
    expect(probe.news()).toEqual(['a down']);
  });

  test('E34: a changed interval acts at the beat that announces it', () => {
    const probe = new ShardProbe();
    probe.beat('a', { seq: 1, intervalMs: 10_000 });
    probe.beat('b', { seq: 1 });
    probe.pass(200);
    probe.beat('a', { seq: 3, intervalMs: 200 });
    probe.beat('a', { seq: 2, intervalMs: 60_000 });
    expect(probe.read('a')).toMatchObject({ intervalMs: 200, timeoutMs: 1_000 });
    probe.pass(990);
    expect(probe.state('a')).toBe('late');
    probe.pass(10);
    expect(probe.state('a')).toBe('down');
    expect(probe.state('b')).toBe('up');
    probe.beat('b', { seq: 2, intervalMs: 10_000 });
    probe.pass(20_000);
    expect(probe.state('b')).toBe('up');
  });

  test('E36: one call is bounded, and the next goes on', () => {
    const probe = new ShardProbe({ maxHosts: 10_000 });
    for (let i = 0; i < 9_000; i++) probe.text(`h${i} interval=${i % 2 === 0 ? '1s' : '900ms'}`);
    for (let i = 0; i < 60; i++) {
      probe.nowMs += 100;
      probe.tick(START_MS);
    }
    probe.news();
    const portions: number[] = [];
    for (let more = true; more; ) {
      more = probe.tick();
      portions.push(probe.news().length);
    }
    expect(Math.max(...portions)).toBeLessThanOrEqual(4_096);
    expect(portions.length).toBeGreaterThan(2);
    expect(portions.reduce((sum, n) => sum + n, 0)).toBe(9_000);
    expect(probe.columns.state.subarray(0, 9_000).every((state) => state === HostState.down)).toBe(true);
  });

  test('E37: nobody is judged beyond the horizon', () => {
    const probe = new ShardProbe();
    probe.hello('a');
    probe.news();
    for (let i = 0; i < 100; i++) {
      probe.nowMs += 100;
      probe.tick(START_MS + 2_499);
      probe.tick(Number.NEGATIVE_INFINITY);
    }
    expect(probe.news()).toEqual([]);
    probe.tick(START_MS + 2_500);
    probe.tick(START_MS + 4_999);
    expect(probe.news()).toEqual(['a late']);
    probe.tick(START_MS + 5_000);
    expect(probe.news()).toEqual(['a down']);
  });

  test('E38: the down of a host heard once says so', () => {
    const probe = new ShardProbe();
    probe.hello('once');
    probe.hello('twice');
    probe.hello('twice', {}, { seq: 2 });
    probe.hello('duplicate');
    probe.hello('duplicate');
    probe.text('text');
    probe.text('text');
    probe.pass(6_000);
    const downs = probe.events.filter(({ kind }) => kind === 'down');
    expect(Object.fromEntries(downs.map(({ host, heardOnce }) => [host, heardOnce]))).toEqual({
      once: true,
      twice: false,
      duplicate: true,
      text: false,
    });
    expect(probe.events.filter(({ kind, heardOnce }) => kind !== 'down' && heardOnce)).toEqual([]);
    probe.beat('once', { seq: 2 });
    probe.pass(6_000);
    expect(probe.events.at(-1)).toMatchObject({ host: 'once', kind: 'down', heardOnce: false });
  });
});

describe('blind spans', () => {
  test("E39 E40: a stall is nobody's silence, and each host gets its interval more after it", () => {
    const probe = new ShardProbe();
    probe.hello('a');
    probe.news();
    probe.pass(1_000);
    probe.stall(60_000);
    probe.tick();
    expect(probe.shard.clock.blindMs).toBe(60_000);
    expect(probe.pass(2_490)).toEqual([]);
    expect(probe.pass(10)).toEqual(['a late']);
    expect(probe.pass(2_490)).toEqual([]);
    expect(probe.pass(10)).toEqual(['a down']);
  });

  test('E39: a real death is found between stalls without end', () => {
    const probe = new ShardProbe();
    probe.hello('a');
    probe.news();
    for (let i = 0; i < 40 && probe.state('a') !== 'down'; i++) {
      probe.stall(300);
      probe.tick();
      probe.pass(200);
    }
    expect(probe.state('a')).toBe('down');
    expect(probe.nowMs - START_MS).toBeLessThanOrEqual(6_000 * 2.5 + 500);
  });
});

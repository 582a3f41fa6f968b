import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HostState, STATE_NAMES } from '../../lib/protocol/host.ts';
import { POLICY, ShardProbe, START_MS } from './testing/shard-probe.ts';
import { lateMsOf, type TimeoutPolicy, timeoutClasses, timeoutMsOf } from './timeout-class.ts';

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

type Step =
  | { kind: 'beat'; host: number; back: number; interval: number }
  | { kind: 'bye'; host: number }
  | { kind: 'pass'; spanMs: number; lagMs: number };

/** What a full scan says, written without lists, classes in order or heads: each host by itself. */
class ScanOracle {
  readonly #policy: TimeoutPolicy;
  readonly #spans: [number, number][] = [];
  readonly #graceMs: (intervalMs: number) => number;
  readonly hosts = new Map<
    number,
    { state: string; seenAtMs: number; intervalMs: number; seqs: Set<number>; high: number }
  >();
  #turnAtMs = START_MS;

  constructor(policy: TimeoutPolicy) {
    this.#policy = policy;
    const classes = timeoutClasses(policy);
    this.#graceMs = (intervalMs) => classes.graceMs[classes.ofInterval[intervalMs / 10]!]!;
  }

  turn(nowMs: number): void {
    if (nowMs - this.#turnAtMs > 250) this.#spans.push([this.#turnAtMs, nowMs]);
    this.#turnAtMs = nowMs;
  }

  #observed(atMs: number): number {
    let blindMs = 0;
    for (const [from, to] of this.#spans) blindMs += Math.max(0, Math.min(to, atMs) - from);
    return atMs - blindMs;
  }

  scan(horizonMs: number): void {
    const resumedAtMs = this.#spans.at(-1)?.[1];
    for (const host of this.hosts.values()) {
      if (host.state !== 'up' && host.state !== 'late') continue;
      let start = this.#observed(host.seenAtMs);
      if (resumedAtMs !== undefined) {
        const latest = Math.min(start, this.#observed(resumedAtMs)) + this.#graceMs(host.intervalMs);
        start = Math.max(start, latest);
      }
      const silentMs = this.#observed(horizonMs) - start;
      if (silentMs >= timeoutMsOf(host.intervalMs, this.#policy)) host.state = 'down';
      else if (silentMs >= (lateMsOf(host.intervalMs, this.#policy) ?? Number.POSITIVE_INFINITY)) {
        host.state = 'late';
      }
    }
  }

  beat(id: number, seq: number, intervalMs: number, nowMs: number): void {
    const host = this.hosts.get(id);
    if (host === undefined) {
      this.hosts.set(id, { state: 'up', seenAtMs: nowMs, intervalMs, seqs: new Set([seq]), high: seq });
    } else if (!host.seqs.has(seq) && seq > host.high - 64) {
      host.seqs.add(seq);
      if (seq < host.high) return;
      Object.assign(host, { state: 'up', seenAtMs: nowMs, intervalMs, high: seq });
    }
  }
}

test.each([
  ['the default policy', POLICY],
  ['a policy with clamped classes', { misses: 3, minTimeoutMs: 1_000, maxTimeoutMs: 4_000 }],
])('E35: looking at heads finds what a full scan finds (%s)', { timeout: 60_000 }, (_, policy) => {
  const interval = fc.constantFrom(10, 100, 200, 210, 1_000, 1_010, 1_020, 1_500, 5_000);
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('beat' as const),
        host: fc.nat(9),
        // Mostly the next seq; else a loss, a reordering or a duplicate.
        back: fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, fc.integer({ min: -5, max: 5 })),
        interval,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('pass' as const),
        spanMs: fc.oneof(
          { weight: 6, arbitrary: fc.integer({ min: 0, max: 250 }) },
          { weight: 1, arbitrary: fc.integer({ min: 251, max: 6_000 }) },
        ),
        lagMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('bye' as const), host: fc.nat(9) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 300 }), (steps) => {
      const probe = new ShardProbe({ policy });
      const oracle = new ScanOracle(policy);
      const seqs = new Map<number, number>();
      const intervals = new Map<number, number>();
      const rows = new Map<number, number>();
      let horizonMs = START_MS;
      probe.tick(horizonMs);
      for (const one of steps) {
        if (one.kind === 'pass') {
          probe.nowMs += one.spanMs;
          oracle.turn(probe.nowMs);
          horizonMs = Math.max(horizonMs, probe.nowMs - one.lagMs);
          probe.tick(horizonMs);
          oracle.scan(horizonMs);
        } else if (one.kind === 'beat') {
          const seq = Math.max(1, (seqs.get(one.host) ?? 100) - one.back);
          seqs.set(one.host, Math.max(seq, seqs.get(one.host) ?? 0));
          // Hosts mostly keep the interval they announced.
          const intervalMs = one.back === -1 ? (intervals.get(one.host) ?? one.interval) : one.interval;
          intervals.set(one.host, intervalMs);
          const known = oracle.hosts.get(one.host);
          // A silent host's refused beats may start a new window (E25): not what is compared here.
          const silentMs = probe.nowMs - (known?.seenAtMs ?? probe.nowMs);
          if (known !== undefined && seq <= known.high && silentMs >= timeoutMsOf(known.intervalMs, policy)) {
            continue;
          }
          probe.beat(`h${one.host}`, { seq, intervalMs });
          oracle.beat(one.host, seq, intervalMs, probe.nowMs);
        } else {
          const host = oracle.hosts.get(one.host);
          if (host === undefined) continue;
          const seq = host.high + 1;
          seqs.set(one.host, seq);
          probe.bye(`h${one.host}`, { seq });
          host.seqs.add(seq);
          Object.assign(host, { state: 'left', seenAtMs: probe.nowMs, high: seq });
        }
        for (const [id, host] of oracle.hosts) {
          const row = rows.get(id) ?? probe.rowOf(`h${id}`);
          rows.set(id, row);
          const state = STATE_NAMES[probe.columns.state[row]!];
          if (state !== host.state) throw new Error(`h${id} is ${state}, a scan says ${host.state}`);
        }
      }
    }),
    { numRuns: 250 },
  );
});

import fc from 'fast-check';
import { test } from 'vitest';
import { STATE_NAMES } from '../../lib/protocol/host.ts';
import { POLICY, ShardProbe, START_MS } from './testing/shard-probe.ts';
import { lateMsOf, type TimeoutPolicy, timeoutClasses, timeoutMsOf } from './timeout-class.ts';

type Step =
  | { kind: 'beat'; host: number; back: number; interval: number }
  | { kind: 'bye'; host: number }
  | { kind: 'expect'; host: number; interval: number }
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
      if (host.state !== 'up' && host.state !== 'late' && host.state !== 'pending') continue;
      let start = this.#observed(host.seenAtMs);
      if (resumedAtMs !== undefined) {
        const latest = Math.min(start, this.#observed(resumedAtMs)) + this.#graceMs(host.intervalMs);
        start = Math.max(start, latest);
      }
      const silentMs = this.#observed(horizonMs) - start;
      if (silentMs >= timeoutMsOf(host.intervalMs, this.#policy)) host.state = 'down';
      else if (host.state === 'pending') continue;
      else if (silentMs >= (lateMsOf(host.intervalMs, this.#policy) ?? Number.POSITIVE_INFINITY)) {
        host.state = 'late';
      }
    }
  }

  /** Known without having been heard. */
  know(id: number, state: string, intervalMs: number, nowMs: number): void {
    if (this.hosts.has(id)) return;
    this.hosts.set(id, { state, seenAtMs: nowMs, intervalMs, seqs: new Set(), high: 0 });
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
])(
  'E35 E53 E54 E62: looking at heads finds what a full scan finds (%s)',
  { timeout: 60_000 },
  (_, policy) => {
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
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('expect' as const), host: fc.nat(13), interval }),
      },
    );
    // Hosts 6 to 11 may be known from before: some never beat, the others do.
    const restored = fc.uniqueArray(
      fc.record({
        host: fc.integer({ min: 6, max: 11 }),
        state: fc.constantFrom('pending' as const, 'pending' as const, 'down' as const, 'left' as const),
        intervalMs: interval,
      }),
      { selector: ({ host }) => host },
    );
    fc.assert(
      fc.property(restored, fc.array(step, { minLength: 20, maxLength: 300 }), (before, steps) => {
        const probe = new ShardProbe({ policy });
        const oracle = new ScanOracle(policy);
        const seqs = new Map<number, number>();
        const intervals = new Map<number, number>();
        const rows = new Map<number, number>();
        let horizonMs = START_MS;
        probe.restore(Object.fromEntries(before.map(({ host, ...fields }) => [`h${host}`, fields])));
        for (const { host, state, intervalMs } of before) oracle.know(host, state, intervalMs, START_MS);
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
            if (
              known !== undefined &&
              seq <= known.high &&
              silentMs >= timeoutMsOf(known.intervalMs, policy)
            ) {
              continue;
            }
            probe.beat(`h${one.host}`, { seq, intervalMs });
            oracle.beat(one.host, seq, intervalMs, probe.nowMs);
          } else if (one.kind === 'expect') {
            probe.expect(`h${one.host}`, { intervalMs: one.interval });
            oracle.know(one.host, 'pending', one.interval, probe.nowMs);
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
  },
);

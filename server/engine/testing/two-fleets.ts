/**
 * A random fleet under a real shard and under a full scan at once, step by step: beats with losses and reorderings,
 * text, byes, removals, new labels, blind spans, a bar that rises and falls. For property tests of detection.
 */
import fc from 'fast-check';
import { STATE_NAMES } from '../../../lib/protocol/host.ts';
import { type DetectorPolicies, policyOf, readPolicies } from '../detector/policies.ts';
import { ROW_STATE } from '../layout.ts';
import { ScanOracle } from '../simulation/scan-oracle.ts';
import type { TimeoutPolicy } from '../timeout-class.ts';
import { ShardProbe, START_MS } from './shard-probe.ts';

const TEXT =
  'd=patient fixed misses=10; d=hasty fixed misses=2; d=radio loss-window received=10 of=20; ' +
  'd=strict loss-window received=3 of=3; d=wide loss-window received=20 of=64; ' +
  'd=batch adaptive z=8 floor=2s cap=60s; d=nervous adaptive z=1 floor=100ms cap=1s';
const read = readPolicies(TEXT);
export const POLICIES: DetectorPolicies = 'value' in read ? read.value : [];
const LABELS = ['none', 'patient', 'hasty', 'radio', 'strict', 'wide', 'batch', 'nervous'];

export type Step =
  | { kind: 'beat'; host: number; back: number; interval: number; label: string | null }
  | { kind: 'text'; host: number; interval: number }
  | { kind: 'bye' | 'ended' | 'remove' | 'anew'; host: number }
  | { kind: 'expect'; host: number; interval: number; label: string }
  | { kind: 'bar'; misses: number }
  | { kind: 'pass'; spanMs: number; lagMs: number };

const BINARY = 7;
/** These count no seq. */
const TEXT_HOSTS = [10, 11, 12];
const CONNECTION = 5;

function policyOfLabel(label: string): number {
  return policyOf(POLICIES, { d: label });
}

const interval = fc.constantFrom(10, 100, 200, 210, 1_000, 1_010, 5_000, 60_000);
const label = fc.constantFrom(...LABELS);
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('beat' as const),
      host: fc.nat(BINARY),
      // Mostly the next seq; else a loss, a reordering or a duplicate.
      back: fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, fc.integer({ min: -30, max: 5 })),
      interval,
      label: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, label),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('text' as const),
      host: fc.constantFrom(...TEXT_HOSTS),
      interval,
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      spanMs: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 0, max: 250 }) },
        { weight: 1, arbitrary: fc.integer({ min: 251, max: 9_000 }) },
      ),
      lagMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 400 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('bye' as const, 'ended' as const, 'remove' as const, 'anew' as const),
      host: fc.nat(BINARY),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('expect' as const), host: fc.nat(9), interval, label }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('bar' as const), misses: fc.constantFrom(0, 5, 8, 30) }),
  },
);

export const restored = fc.uniqueArray(
  fc.record({
    host: fc.nat(BINARY),
    state: fc.constantFrom('pending' as const, 'pending' as const, 'down' as const, 'left' as const),
    intervalMs: interval,
    label,
  }),
  { selector: ({ host }) => host, maxLength: 5 },
);

/** One fleet under the real shard and under the scan, side by side. */
export class TwoFleets {
  readonly probe: ShardProbe;
  readonly oracle: ScanOracle;
  readonly #policy: TimeoutPolicy;
  readonly #seqs = new Map<number, number>();
  readonly #runs = new Map<number, number>();
  readonly #intervals = new Map<number, number>();
  readonly #labels = new Map<number, string>();
  /** Whose newest beat came over the connection, as the shard knows. */
  readonly #connected = new Set<number>();
  readonly #rows = new Map<string, number>();
  #horizonMs = START_MS;
  #misses = 0;

  constructor(policy: TimeoutPolicy, probe = new ShardProbe({ policy, policies: POLICIES })) {
    this.#policy = policy;
    this.probe = probe;
    this.probe.connection = CONNECTION;
    this.oracle = new ScanOracle(policy, POLICIES);
    this.oracle.turn(START_MS);
  }

  restore(
    before: readonly {
      host: number;
      state: 'pending' | 'down' | 'left';
      intervalMs: number;
      label: string;
    }[],
  ): void {
    const hosts = before.map(({ host, state, intervalMs, label: text }) => {
      this.oracle.know(`h${host}`, state, policyOfLabel(text), intervalMs, START_MS);
      this.#labels.set(host, text);
      this.#intervals.set(host, intervalMs);
      return [`h${host}`, { state, intervalMs, policy: policyOfLabel(text) }] as const;
    });
    this.probe.restore(Object.fromEntries(hosts));
    this.probe.tick(START_MS);
  }

  run(one: Step): void {
    const { probe, oracle } = this;
    if (one.kind === 'pass') {
      probe.nowMs += one.spanMs;
      oracle.turn(probe.nowMs);
      this.#horizonMs = Math.max(this.#horizonMs, probe.nowMs - one.lagMs);
      probe.shard.tick(
        probe.nowMs,
        this.#horizonMs,
        probe.nowMs,
        Math.max(this.#policy.misses, this.#misses),
      );
      probe.collect();
      oracle.scan(this.#horizonMs, this.#misses > this.#policy.misses ? this.#misses : 0);
    } else if (one.kind === 'bar') this.#misses = one.misses;
    else if (one.kind === 'beat') this.#beat(one);
    else if (one.kind === 'text') {
      const intervalMs = this.#intervals.get(one.host) ?? one.interval;
      this.#intervals.set(one.host, intervalMs);
      const text = LABELS[(one.host % 3) + 3]!;
      probe.text(`h${one.host} interval=${intervalMs}ms d=${text}`);
      oracle.beat(`h${one.host}`, null, policyOfLabel(text), intervalMs, probe.nowMs);
    } else if (one.kind === 'expect') {
      if (!oracle.hosts.has(`h${one.host}`)) this.#labels.set(one.host, one.label);
      probe.expect(`h${one.host}`, { intervalMs: one.interval, labels: { d: one.label } });
      oracle.know(`h${one.host}`, 'pending', policyOfLabel(one.label), one.interval, probe.nowMs);
    } else if (oracle.hosts.has(`h${one.host}`)) this.#happen(one.kind, one.host);
  }

  #happen(kind: 'bye' | 'ended' | 'remove' | 'anew', host: number): void {
    const { probe, oracle } = this;
    const name = `h${host}`;
    if (kind === 'remove') {
      this.#connected.delete(host);
      probe.shard.remove(probe.rowOf(name), probe.nowMs);
      oracle.hosts.delete(name);
      this.#rows.delete(name);
      return;
    }
    if (!this.#seqs.has(host)) return;
    if (kind === 'ended') {
      if (!this.#connected.has(host)) return;
      probe.ended(name, CONNECTION, 'closed');
      oracle.ended(name);
      return;
    }
    if (kind === 'anew') {
      const { intervalMs, policy } = oracle.hosts.get(name)!;
      this.#runs.set(host, (this.#runs.get(host) ?? START_MS) + 1);
      this.#seqs.set(host, 1);
      this.#connected.add(host);
      probe.beat(name, { seq: 1, intervalMs, incarnation: this.#runs.get(host)! });
      oracle.beat(name, 1, policy, intervalMs, probe.nowMs, true);
      return;
    }
    const seq = this.#seqs.get(host)! + 1;
    this.#seqs.set(host, seq);
    probe.bye(name, { seq, incarnation: this.#runs.get(host) ?? START_MS });
    oracle.bye(name, seq, probe.nowMs);
  }

  #beat({ host, back, interval: other, label: otherLabel }: Step & { kind: 'beat' }): void {
    const { probe, oracle } = this;
    const name = `h${host}`;
    const known = oracle.hosts.get(name);
    const newest = this.#seqs.get(host) ?? 100;
    const seq = Math.max(1, newest - back);
    // Who is refused is judged elsewhere (E20, E21, E25).
    if (known !== undefined && seq <= newest && (known.seqs === null || known.seqs.has(seq))) return;
    if (seq <= newest && (known?.state === 'down' || known?.state === 'left' || newest - seq > 60)) return;
    this.#seqs.set(host, Math.max(seq, newest));
    // Hosts mostly keep the interval they announced.
    const intervalMs = back === -1 ? (this.#intervals.get(host) ?? other) : other;
    const text = otherLabel ?? this.#labels.get(host) ?? 'none';
    const refreshes = known === undefined || known.seqs === null || seq > known.high;
    if (refreshes) {
      this.#connected.add(host);
      this.#intervals.set(host, intervalMs);
      this.#labels.set(host, text);
    }
    probe.hello(name, { d: text }, { seq, intervalMs, incarnation: this.#runs.get(host) ?? START_MS });
    oracle.beat(name, seq, policyOfLabel(text), intervalMs, probe.nowMs);
  }

  /** The shard died in this step and was made anew: of its host nothing is known any longer. */
  takeOver(interrupted: Step | null): void {
    const { probe, oracle } = this;
    if (interrupted?.kind === 'pass') this.#settle();
    else if (interrupted !== null && 'host' in interrupted) {
      const name = `h${interrupted.host}`;
      if (probe.state(name) !== 'unknown') probe.shard.remove(probe.rowOf(name), probe.nowMs);
      this.#rows.delete(name);
      oracle.hosts.delete(name);
    }
    this.#connected.clear();
    oracle.takeOver(probe.nowMs);
  }

  /** Of a scan that was not finished each host may have been judged or not. */
  #settle(): void {
    const { probe, oracle } = this;
    const before = new Map([...oracle.hosts].map(([name, { state }]) => [name, state]));
    oracle.scan(this.#horizonMs, this.#misses > this.#policy.misses ? this.#misses : 0);
    for (const [name, host] of oracle.hosts) {
      const state = probe.state(name);
      if (state !== host.state && state !== before.get(name)) {
        throw new Error(`${name} is ${state}, was ${before.get(name)}, a scan says ${host.state}`);
      }
      host.state = state as typeof host.state;
    }
  }

  /** A look at the row it had last spares a search by its hashed name. */
  #stateOf(name: string): string {
    let row = this.#rows.get(name);
    if (row === undefined) {
      if (this.probe.state(name) === 'unknown') return 'unknown';
      row = this.probe.rowOf(name);
      this.#rows.set(name, row);
    }
    return STATE_NAMES[this.probe.columns.state[row]! & ROW_STATE]!;
  }

  compare(): void {
    for (const [name, host] of this.oracle.hosts) {
      const state = this.#stateOf(name);
      if (state !== host.state) {
        throw new Error(`${name} (policy ${host.policy}) is ${state}, a scan says ${host.state}`);
      }
    }
  }
}

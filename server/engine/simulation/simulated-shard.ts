/**
 * One real shard with its socket's queue and the queue of what others hand over to it, beside a full scan that is
 * told of what was accepted. Time is handed in. After every tick both must say the same of every host.
 */
import { HostState, STATE_NAMES } from '../../../lib/protocol/host.ts';
import { type DetectorPolicies, policyOf } from '../detector/policies.ts';
import type { ShardBatch } from '../events.ts';
import { packRestored, type RestoredHost } from '../known-hosts.ts';
import { allocateShardMemory, openShardColumns, ROW_STATE, type ShardColumns } from '../layout.ts';
import { ObservedClock } from '../observed-clock.ts';
import { type HandOver, Shard } from '../shard.ts';
import { SourceBook } from '../source-book.ts';
import type { TimeoutPolicy } from '../timeout-class.ts';
import { ScanOracle } from './scan-oracle.ts';
import type { Message } from './simulated-host.ts';

export type ShardSettings = {
  readonly policy: TimeoutPolicy;
  readonly policies: DetectorPolicies;
  readonly shards: number;
  readonly maxHosts: number;
  readonly hostCount: Int32Array;
  /** Name of a host id. */
  nameOf(id: string): string;
};

export class SimulatedShard {
  readonly number: number;
  readonly columns: ShardColumns;
  readonly oracle: ScanOracle;
  /** What the kernel keeps until it is read. */
  readonly socket: Message[] = [];
  readonly handedOver: Message[] = [];
  /** All that this shard had read up to then has been handed over. */
  publishedAtMs = 0;
  /** Up to which it judged last. */
  horizonMs = 0;
  /** Where on the simulated axis it is stalled until. */
  stalledUntilMs = 0;
  #shard: Shard;
  readonly #settings: ShardSettings;
  readonly #book = new SourceBook(1_024);
  readonly #source = this.#book.ofText('127.0.0.1');
  readonly #others: () => readonly SimulatedShard[];
  /** Newest run that was accepted of a host; none after a restart of the server. */
  readonly #runs = new Map<string, number>();
  readonly #rows = new Map<string, number>();
  #current: Message | null = null;
  #aliveAtMs: number;
  #mergedBefore = 0;

  constructor(
    number: number,
    settings: ShardSettings,
    others: () => readonly SimulatedShard[],
    nowMs: number,
  ) {
    this.number = number;
    this.#settings = settings;
    this.#others = others;
    this.columns = openShardColumns(allocateShardMemory(settings.maxHosts), settings.maxHosts);
    this.oracle = new ScanOracle(settings.policy, settings.policies);
    this.#shard = this.#open(new ObservedClock());
    this.#aliveAtMs = nowMs;
    this.oracle.turn(nowMs);
    this.#shard.clock.alive(nowMs);
  }

  get counters(): Shard['counters'] {
    return this.#shard.counters;
  }

  #open(clock: ObservedClock): Shard {
    const { policy, policies, shards, maxHosts, hostCount } = this.#settings;
    return new Shard({
      ...{ shard: this.number, shards, columns: this.columns, hostCount, maxHosts, policy, policies },
      ...{ seed: 0x5eed, clock, sources: this.#book, tags: null },
      handOver: shards === 1 ? null : this.#handOver,
    });
  }

  readonly #handOver: HandOver = (owner) => {
    this.#others()[owner]!.handedOver.push(this.#current!);
    return true;
  };

  restore(hosts: readonly (RestoredHost & { readonly name: string })[], nowMs: number): void {
    const packed = packRestored(hosts);
    this.#shard.restore(packed, 0, packed.length, nowMs);
    hosts.forEach(({ name, state, named, policy = 0, intervalMs }, row) => {
      this.oracle.know(name, state, policy, intervalMs, nowMs, named);
      this.#rows.set(name, row);
    });
  }

  /** Its thread died and another goes on with its columns, its socket and its queues. */
  succeed(nowMs: number): void {
    const before = this.#shard.counters;
    this.#mergedBefore = this.merged;
    const clock = new ObservedClock();
    clock.takeOver(this.#aliveAtMs, nowMs);
    this.#aliveAtMs = nowMs;
    this.#shard = this.#open(clock);
    this.#shard.adopt(nowMs);
    Object.assign(this.#shard.counters, { read: before.read, accepted: before.accepted });
    this.#shard.counters.rejected.set(before.rejected);
    this.oracle.takeOver(nowMs);
  }

  /** One turn of its loop: reads all there is. */
  turn(nowMs: number): void {
    this.#aliveAtMs = nowMs;
    this.#shard.clock.alive(nowMs);
    this.oracle.turn(nowMs);
    for (const message of this.socket.splice(0)) this.#receive(message, nowMs);
    this.publishedAtMs = nowMs;
  }

  /** Judges as of what all have handed over, and checks every host; gives those that went down by that. */
  tick(nowMs: number, misses: number): string[] {
    const horizonMs = Math.min(...this.#others().map(({ publishedAtMs }) => publishedAtMs));
    this.horizonMs = horizonMs;
    for (const message of this.handedOver.splice(0)) this.#receive(message, nowMs);
    this.oracle.turn(nowMs);
    this.#aliveAtMs = nowMs;
    this.#lookForRows();
    const before = [...this.#rows].filter(([, row]) => this.#stateOf(row) !== HostState.down);
    this.#shard.tick(nowMs, horizonMs, nowMs, misses);
    this.oracle.scan(horizonMs, misses > this.#settings.policy.misses ? misses : 0);
    this.#compare();
    return before.filter(([, row]) => this.#stateOf(row) === HostState.down).map(([name]) => name);
  }

  /** All it has to tell, in batches. */
  *news(): Generator<ShardBatch> {
    while (this.#shard.hasNews) yield this.#shard.take();
  }

  get merged(): number {
    return this.#mergedBefore + this.#shard.newsMerged;
  }

  rowOf(name: string): number {
    return this.#rows.get(name)!;
  }

  #stateOf(row: number): number {
    return this.columns.state[row]! & ROW_STATE;
  }

  /** Main may not have been told of all. */
  #lookForRows(): void {
    if (this.#rows.size >= this.oracle.hosts.size) return;
    const { rows, idHigh, idLow } = this.columns;
    const hex = (word: number): string => word.toString(16).padStart(8, '0');
    for (let row = 0; row < rows; row++) {
      if (this.#stateOf(row) === HostState.empty) continue;
      this.#rows.set(this.#settings.nameOf(hex(idHigh[row]!) + hex(idLow[row]!)), row);
    }
  }

  remove(name: string, nowMs: number): void {
    this.#shard.remove(this.#rows.get(name)!, nowMs);
    this.oracle.hosts.delete(name);
    this.#runs.delete(name);
    this.#rows.delete(name);
  }

  #receive(message: Message, nowMs: number): void {
    const { host, bytes, seq, incarnation, bye, intervalMs, label } = message;
    const accepted = this.#shard.counters.accepted;
    this.#current = message;
    this.#shard.receive(bytes, 0, bytes.length, this.#source, nowMs);
    if (this.#shard.counters.accepted === accepted) return;
    const run = this.#runs.get(host.name);
    const anew = run !== undefined && incarnation > run;
    this.#runs.set(host.name, Math.max(run ?? 0, incarnation));
    const policy = label === null ? null : policyOf(this.#settings.policies, { d: label });
    if (bye) this.oracle.bye(host.name, seq, nowMs, anew);
    else this.oracle.beat(host.name, seq, policy, intervalMs, nowMs, anew);
  }

  #compare(): void {
    for (const [name, { state, policy }] of this.oracle.hosts) {
      const row = this.#rows.get(name);
      const found = row === undefined ? 'unknown' : STATE_NAMES[this.#stateOf(row)];
      if (found !== state) {
        throw new Error(`shard ${this.number}: ${name} (policy ${policy}) is ${found}, a scan says ${state}`);
      }
    }
  }

  /** Hosts in the columns. */
  get hosts(): number {
    return this.columns.state.filter((state) => (state & ROW_STATE) !== HostState.empty).length;
  }
}

/**
 * The whole engine with time handed in: hosts, a network, several shards with hand-over between them, and what main
 * knows, which at times takes no news; troubles of every kind by a seeded chance. After every tick the invariants are checked; what breaks one is
 * thrown with the seed that shows it again. Cost: about a second for two minutes of 40 hosts.
 */

import { Detectors } from '../detector/detectors.ts';
import { type DetectorPolicies, policyOf, readPolicies } from '../detector/policies.ts';
import { missesAt } from '../drop-share.ts';
import { type ShardBatch, TransitionKind } from '../events.ts';
import type { RestoredHost } from '../known-hosts.ts';
import { HEARD_AGAIN, POLICY_SHIFT, ROW_STATE, type ShardColumns } from '../layout.ts';
import { ownerOfId } from './owner.ts';
import { SeededRandom } from './seeded-random.ts';
import { type Message, SimulatedHost } from './simulated-host.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { type ShardSettings, SimulatedShard } from './simulated-shard.ts';
import { TruthCheck, type Watching } from './truth-check.ts';

export const STEP_MS = 10;
const TICK_MS = 50;
const START_MS = 1_800_000_000_000;
const USUAL_LOSS = 0.01;
/** At the end nothing happens for longer than any timeout: then everything must be as it is. */
const CALM_MS = 90_000;

const POLICY = { misses: 5, minTimeoutMs: 500, maxTimeoutMs: 3_600_000 };
const read = readPolicies(
  'd=patient fixed misses=10; d=hasty fixed misses=3; d=radio loss-window received=10 of=20; d=batch adaptive',
);
const POLICIES: DetectorPolicies = 'value' in read ? read.value : [];
const DETECTORS = new Detectors(POLICY, POLICIES);
const LABELS = ['none', 'patient', 'hasty', 'radio', 'batch'];
const INTERVALS_MS = [1_000, 1_000, 1_010, 1_500, 2_000, 5_000];

export type SimulationOptions = {
  readonly seed: number;
  readonly spanMs: number;
  readonly hosts: number;
  /** So many of them come and go all the time; none unless given. */
  readonly flapping?: number;
  /** For tests of the simulation itself: does something to a shard's columns before each tick of it. */
  sabotage?(columns: ShardColumns, elapsedMs: number): void;
};

export type SimulationResult = {
  readonly seed: number;
  readonly shards: number;
  readonly sent: number;
  readonly read: number;
  readonly downs: number;
  /** Downs of hosts that lived, all explained by what was lost. */
  readonly mistaken: number;
  readonly deaths: number;
  readonly troubles: Readonly<Record<string, number>>;
  /** Transitions that main was never told, because newer ones of the same host came before it listened. */
  readonly merged: number;
};

/** Main listens for a while, and then takes nothing for a while, ms. */
const LISTENS_MS = [0, 10_000] as const;
const BUSY_MS = [0, 60_000] as const;
/** From one change of a flapping host to the next, ms. */
const FLAP_MS = [100, 8_000] as const;

/** What main knows of a host, by what it was told. */
type Known = { readonly shard: number; readonly row: number; state: number; named: boolean };

export function simulate(options: SimulationOptions): SimulationResult {
  const simulation = new Simulation(options);
  try {
    return simulation.run();
  } catch (error) {
    const { seed, spanMs, hosts, flapping = 0 } = options;
    const words = error instanceof Error ? error.message : String(error);
    const again = `run.ts --seed ${seed} --span ${spanMs / 1_000}s --hosts ${hosts}${flapping > 0 ? ` --flapping ${flapping}` : ''}`;
    throw new Error(`seed ${seed}, ${simulation.elapsedMs} ms in: ${words} (again: ${again})`, {
      cause: error,
    });
  }
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #random: SeededRandom;
  readonly #network: SimulatedNetwork<Message>;
  readonly #hosts: SimulatedHost[];
  readonly #byId = new Map<string, SimulatedHost>();
  readonly #byName = new Map<string, SimulatedHost>();
  readonly #shardCount: number;
  readonly #hostCount = new Int32Array(1);
  #shards: SimulatedShard[] = [];
  readonly #known = new Map<string, Known>();
  /** Hosts that went down with an alert, of which main has not been told a down since. */
  readonly #owed = new Set<string>();
  readonly #truth: TruthCheck;
  /** Of its own, so that the troubles of a seed stay what they are. */
  readonly #mainRandom: SeededRandom;
  /** When each flapping host changes next. */
  readonly #flapAtMs: number[];
  #busyFromMs = 0;
  #busyUntilMs = 0;
  #merged = 0;
  readonly #troubles: Record<string, number> = {};
  #nowMs = START_MS;
  /** Nobody listens before this. */
  #awayUntilMs = 0;
  #lossyUntilMs = 0;
  #dropShare = 0;
  #misses = POLICY.misses;
  #sent = 0;
  #read = 0;
  #arrived = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const random = new SeededRandom(options.seed);
    this.#random = random;
    this.#mainRandom = new SeededRandom(options.seed + 0x6d61_696e);
    this.#shardCount = 1 + random.below(3);
    const quality = {
      ...{ loss: USUAL_LOSS, duplication: 0.01, meanDelayMs: random.pick([5, 20, 300]) },
      maxDelayMs: random.pick([400, 2_500]),
    };
    this.#network = new SimulatedNetwork(quality, STEP_MS, random);
    this.#hosts = Array.from({ length: options.hosts }, (_, i) => {
      const startAtMs = START_MS + random.between(0, 5_000);
      return new SimulatedHost(`h${i}`, random.pick(INTERVALS_MS), random.pick(LABELS), startAtMs);
    });
    this.#flapAtMs = Array.from({ length: options.flapping ?? 0 }, () => START_MS + FLAP_MS[1]);
    for (const host of this.#hosts) {
      this.#byId.set(host.id, host);
      this.#byName.set(host.name, host);
    }
    this.#truth = new TruthCheck(POLICY.misses, quality.maxDelayMs + 2 * TICK_MS);
    this.#start([]);
  }

  get elapsedMs(): number {
    return this.#nowMs - START_MS;
  }

  /** A server begins with what the register has. */
  #start(register: readonly (RestoredHost & { readonly name: string })[]): void {
    this.#hostCount[0] = 0;
    const settings: ShardSettings = {
      ...{
        policy: POLICY,
        policies: POLICIES,
        shards: this.#shardCount,
        maxHosts: 256,
        hostCount: this.#hostCount,
      },
      nameOf: (id) => this.#byId.get(id)!.name,
    };
    this.#shards = Array.from(
      { length: this.#shardCount },
      (_, i) => new SimulatedShard(i, settings, () => this.#shards, this.#nowMs),
    );
    this.#known.clear();
    this.#owed.clear();
    for (const shard of this.#shards) {
      const own = register.filter(({ id }) => ownerOfId(id, this.#shardCount) === shard.number);
      shard.restore(own, this.#nowMs);
      own.forEach(({ id, named }, row) => {
        this.#known.set(id, {
          shard: shard.number,
          row,
          state: shard.columns.state[row]! & ROW_STATE,
          named,
        });
      });
      shard.publishedAtMs = this.#nowMs;
    }
    this.#truth.countsFrom(this.#nowMs);
  }

  run(): SimulationResult {
    const endMs = START_MS + this.#options.spanMs;
    while (this.#nowMs < endMs) {
      this.#trouble();
      this.#flap();
      this.#step();
    }
    this.#calm(0);
    this.#busyFromMs = Number.POSITIVE_INFINITY;
    while (this.#nowMs < endMs + CALM_MS) this.#step();
    this.#checkEnd();
    const { deaths, downs, mistaken } = this.#truth;
    const { seed } = this.#options;
    return {
      ...{ seed, shards: this.#shardCount, sent: this.#sent, read: this.#read + this.#readNow() },
      ...{ downs, mistaken, deaths, troubles: this.#troubles, merged: this.#merged + this.#mergedNow() },
    };
  }

  #step(): void {
    this.#nowMs += STEP_MS;
    for (const host of this.#hosts)
      for (const message of host.due(this.#nowMs, this.#random)) this.#send(message);
    const isAway = this.#nowMs < this.#awayUntilMs;
    if (!isAway && this.#awayUntilMs > 0) this.#comeBack();
    this.#arrive(isAway);
    if (!isAway) this.#serve();
  }

  #send(message: Message): void {
    this.#sent++;
    if (!message.bye) message.host.lostInARow++;
    this.#network.send(message, this.#nowMs);
  }

  /** Into the sockets, by chance and not by owner, as where nothing steers. */
  #arrive(isAway: boolean): void {
    for (const message of this.#network.arrivals(this.#nowMs)) {
      if (isAway || this.#random.happens(this.#dropShare)) continue;
      this.#arrived++;
      message.host.arrived(message, this.#nowMs);
      this.#random.pick(this.#shards).socket.push(message);
    }
  }

  #serve(): void {
    const awake = this.#shards.filter(({ stalledUntilMs }) => stalledUntilMs <= this.#nowMs);
    // No thread waits for another.
    awake.sort(() => this.#random.next() - 0.5);
    for (const shard of awake) shard.turn(this.#nowMs);
    if (this.#nowMs % TICK_MS !== 0) return;
    for (const shard of awake) this.#tell(shard);
    this.#checkCounters();
    if (awake.length < this.#shards.length) return;
    for (const [id, { shard, row }] of this.#known) {
      const host = this.#byId.get(id)!;
      const { columns } = this.#shards[shard]!;
      this.#truth.stillWaitedFor(
        host,
        columns.state[row]! & ROW_STATE,
        this.#watching(columns, row),
        this.#nowMs,
      );
    }
  }

  #watching(columns: ShardColumns, row: number): Watching {
    const detector = DETECTORS.detector(columns.state[row]! >>> POLICY_SHIFT);
    return { detector, intervalMs: columns.interval[row]! * 10, misses: this.#misses };
  }

  /** A tick of the shard, and what main makes of its news when it listens. */
  #tell(shard: SimulatedShard, mainListens = !this.#isMainBusy()): void {
    this.#options.sabotage?.(shard.columns, this.elapsedMs);
    for (const name of shard.tick(this.#nowMs, this.#misses)) {
      const host = this.#byName.get(name)!;
      const row = shard.rowOf(name);
      // One that was heard only once alerts nobody: heard again, it need not be told.
      if ((shard.columns.history[row]! & HEARD_AGAIN) !== 0) this.#owed.add(host.id);
      this.#truth.down(host, this.#watching(shard.columns, row), shard.horizonMs, this.#nowMs);
    }
    if (mainListens) this.#hear(shard);
  }

  #isMainBusy(): boolean {
    if (this.#nowMs >= this.#busyUntilMs && this.#busyFromMs !== Number.POSITIVE_INFINITY) {
      this.#busyFromMs = this.#nowMs + this.#mainRandom.between(...LISTENS_MS);
      this.#busyUntilMs = this.#busyFromMs + this.#mainRandom.between(...BUSY_MS);
    }
    return this.#nowMs >= this.#busyFromMs;
  }

  #hear(shard: SimulatedShard): void {
    for (const batch of shard.news()) this.#hearBatch(shard, batch);
    for (const [id, { shard: at, row, state }] of this.#known) {
      if (at !== shard.number) continue;
      const { name } = this.#byId.get(id)!;
      const column = shard.columns.state[row]! & ROW_STATE;
      if (column !== state) throw new Error(`main was told ${state} of ${name}, which is ${column}`);
      if (this.#owed.has(id)) throw new Error(`main was never told that ${name} went down`);
    }
  }

  #hearBatch(shard: SimulatedShard, { described, transitions }: ShardBatch): void {
    for (const { hostId, row, name } of described) {
      const known = this.#known.get(hostId);
      const named = name !== null || known?.named === true;
      if (known !== undefined && known.row === row) known.named = named;
      else this.#known.set(hostId, { shard: shard.number, row, state: 0, named });
    }
    const idOfRow = new Map(
      [...this.#known].filter(([, { shard: at }]) => at === shard.number).map(([id, { row }]) => [row, id]),
    );
    for (let i = 0; i < transitions.length; i++) {
      const row = transitions.rows[i]!;
      const id = idOfRow.get(row);
      if (id === undefined)
        throw new Error(`shard ${shard.number} tells of row ${row}, which it never described`);
      const kind = transitions.kinds[i]!;
      if (kind === TransitionKind.restarted) continue;
      const known = this.#known.get(id)!;
      known.state = kind;
      if (kind === TransitionKind.down) this.#owed.delete(id);
    }
  }

  #mergedNow(): number {
    return this.#shards.reduce((sum, { merged }) => sum + merged, 0);
  }

  #readNow(): number {
    return this.#shards.reduce((sum, { counters }) => sum + counters.read, 0);
  }

  #checkCounters(): void {
    let waiting = 0;
    for (const { counters, socket, handedOver } of this.#shards) {
      const rejected = counters.rejected.reduce((sum, each) => sum + each, 0);
      if (counters.read !== counters.accepted + rejected)
        throw new Error('read is not accepted and rejected');
      waiting += socket.length + handedOver.length;
    }
    const read = this.#readNow();
    if (this.#read + read + waiting !== this.#arrived) {
      throw new Error(`${this.#arrived} arrived, ${this.#read + read} were judged and ${waiting} wait`);
    }
    const hosts = this.#shards.reduce((sum, shard) => sum + shard.hosts, 0);
    if (this.#hostCount[0] !== hosts)
      throw new Error(`${this.#hostCount[0]} hosts are counted, ${hosts} are there`);
  }

  /** Nothing is lost any longer: who lives is up (or delayed), who does not is down, gone, or was never heard. */
  #checkEnd(): void {
    for (const host of this.#hosts) {
      const state = this.#known.get(host.id)?.state ?? TransitionKind.down;
      const isUp = state === TransitionKind.up || state === TransitionKind.late;
      const fits = host.isAlive ? isUp : state >= TransitionKind.down;
      if (!fits)
        throw new Error(`${host.name}, which ${host.isAlive ? 'lives' : 'is dead'}, ends as ${state}`);
    }
  }

  /** About one trouble in a second and a half. */
  #trouble(): void {
    if (this.#nowMs >= this.#lossyUntilMs && this.#lossyUntilMs > 0) this.#calm(USUAL_LOSS);
    if (this.#nowMs < this.#awayUntilMs || !this.#random.happens(STEP_MS / 1_500)) return;
    const kinds = [
      'die',
      'die',
      'return',
      'return',
      'leave',
      'relabel',
      'remove',
      'stall',
      'stallAll',
      'crash',
    ] as const;
    const kind = this.#random.pick([...kinds, 'restart', 'loss', 'drops', 'slow'] as const);
    this.#troubles[kind] = (this.#troubles[kind] ?? 0) + 1;
    const host = this.#random.pick(this.#hosts);
    if (kind === 'die' && host.isAlive) this.#truth.died(host, this.#nowMs);
    else if (kind === 'return' && !host.isAlive) host.restart(this.#nowMs);
    else if (kind === 'leave' && host.isAlive) this.#send(host.leave(this.#nowMs));
    else if (kind === 'relabel') host.relabel(this.#random.pick(LABELS));
    else if (kind === 'slow' && host.isAlive)
      host.changeInterval(this.#random.pick(INTERVALS_MS), this.#nowMs);
    else if (kind === 'remove') this.#remove(host);
    else if (kind === 'stall') this.#stall([this.#random.pick(this.#shards)]);
    else if (kind === 'stallAll') this.#stall(this.#shards);
    else if (kind === 'crash') this.#crash();
    else if (kind === 'restart') this.#stop();
    else if (kind === 'loss') {
      this.#network.quality.loss = this.#random.pick([0.1, 0.3, 0.6]);
      this.#lossyUntilMs = this.#nowMs + this.#random.between(2_000, 15_000);
    } else if (kind === 'drops') {
      this.#dropShare = this.#random.pick([0.1, 0.4, 0.8]);
      this.#misses = missesAt(this.#dropShare, POLICY.misses);
      this.#lossyUntilMs = this.#nowMs + this.#random.between(2_000, 15_000);
    }
  }

  #flap(): void {
    this.#flapAtMs.forEach((atMs, i) => {
      if (this.#nowMs < atMs) return;
      this.#flapAtMs[i] = this.#nowMs + this.#mainRandom.between(...FLAP_MS);
      const host = this.#hosts[i]!;
      if (!host.isAlive) host.restart(this.#nowMs);
      else if (this.#mainRandom.happens(0.5)) this.#truth.died(host, this.#nowMs);
      else this.#send(host.leave(this.#nowMs));
    });
  }

  #calm(loss: number): void {
    this.#network.quality.loss = loss;
    this.#dropShare = 0;
    this.#misses = POLICY.misses;
    this.#lossyUntilMs = 0;
  }

  /** By an operator, who sees it down or gone. */
  #remove(host: SimulatedHost): void {
    const known = this.#known.get(host.id);
    if (known === undefined || known.state < TransitionKind.down) return;
    // A thread that stands still obeys nobody.
    if (this.#shards[known.shard]!.stalledUntilMs > this.#nowMs) return;
    this.#shards[known.shard]!.remove(host.name, this.#nowMs);
    this.#known.delete(host.id);
    this.#owed.delete(host.id);
  }

  #stall(shards: readonly SimulatedShard[]): void {
    const untilMs = this.#nowMs + this.#random.between(100, 6_000);
    for (const shard of shards) shard.stalledUntilMs = Math.max(shard.stalledUntilMs, untilMs);
    this.#truth.countsFrom(untilMs + TICK_MS);
  }

  #crash(): void {
    const shard = this.#random.pick(this.#shards);
    // What it had noted to be told has been told: a death in the middle of something is another test's.
    if (shard.stalledUntilMs > this.#nowMs) return;
    this.#tell(shard, true);
    this.#tell(shard, true);
    shard.succeed(this.#nowMs);
    this.#truth.countsFrom(this.#nowMs);
  }

  #stop(): void {
    // Before it ends a shard tells all that waits.
    if (this.#isMainBusy()) for (const shard of this.#shards) this.#hear(shard);
    this.#merged += this.#mergedNow();
    for (const { counters, socket, handedOver } of this.#shards) {
      this.#read += counters.read + socket.length + handedOver.length;
    }
    this.#awayUntilMs = this.#nowMs + this.#random.between(100, 8_000);
  }

  #comeBack(): void {
    this.#awayUntilMs = 0;
    const register = [...this.#known].map(([id, { state, named }]) => {
      const { name, intervalMs, label } = this.#byId.get(id)!;
      const kept =
        state === TransitionKind.down ? 'down' : state === TransitionKind.left ? 'left' : 'pending';
      const policy = named ? policyOf(POLICIES, { d: label }) : 0;
      return { id, name, intervalMs, state: kept, confirmed: true, named, policy } as const;
    });
    this.#start(register);
  }
}

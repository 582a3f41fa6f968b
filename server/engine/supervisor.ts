/**
 * Starts the shards, hands their batches to main, sends each host to the shard that owns it, reads their shared
 * memory, stops them. Main thread; knows no rule of liveness. Cost: a batch is one message, a read is a few
 * typed-array loads.
 */
import { randomInt } from 'node:crypto';
import type { TcpHealth } from '../../lib/protocol/api.ts';
import type { RejectReason } from '../../lib/protocol/heartbeat.ts';
import { type Clock, clockFrom } from '../clock.ts';
import { NO_POLICIES } from './detector/policies.ts';
import { checkOptions, type EngineOptions, MOST_HOSTS } from './engine-options.ts';
import {
  bufferNotice,
  chooseReceiver,
  type EngineSockets,
  openEngineSockets,
  type ReceiverName,
} from './engine-sockets.ts';
import type { ShardBatch } from './events.ts';
import { allocateRing } from './hand-over.ts';
import { type HostColumnsView, viewHostColumns } from './host-columns-view.ts';
import { type IngestStats, shardsStats } from './ingest-stats.ts';
import {
  checkExpected,
  type ExpectedHost,
  type HostPlace,
  highWord,
  type RestoredHosts,
  RestoredPacker,
} from './known-hosts.ts';
import { allocateShardMemory, allocateStats } from './layout.ts';
import { ownerOf } from './message-fields.ts';
import { allocateDoubts } from './self-doubt.ts';
import { allocateControl, type BoundAddress, type ShardMemory } from './shard-messages.ts';
import { type ShardFrame, ShardThread } from './shard-thread.ts';
import { TaggedRuns } from './tags/tagged-runs.ts';
import { noteConnected } from './tcp/note-connected.ts';
import type { TcpListener } from './tcp/tcp-listener.ts';
import { openTcpOutlet } from './tcp-outlet.ts';
import { type TimeoutPolicy, timeoutMsOf } from './timeout-class.ts';

export type Engine = {
  readonly shards: number;
  readonly receiver: ReceiverName;
  /** As bound. */
  readonly addresses: readonly BoundAddress[];
  /** Smallest receive buffer the kernel gave a socket, bytes as it counts them. */
  readonly receiveBufferBytes: number;
  /** One host's shared columns, live and without locks. Throws RangeError for a row that cannot be. */
  read(shard: number, row: number): HostColumnsView;
  ingest(): IngestStats;
  /** What is to be saved against replays, one for each shard; none while no keys are set, or before `restore`. */
  taggedRuns(): readonly TaggedRuns[];
  /** Has every shard placed the hosts known from before? Until then, or when a hold failed, `taggedRuns` lack some. */
  isRestored(): boolean;
  /**
   * Ends the hold: the hosts known from before, each id once, and then everything heard since the sockets listened,
   * as of when it arrived. Gives their places in the same order, or tells `placed` of them, one by one; nothing is told of them until something happens to
   * them. All are kept, also beyond maxHosts, which only stops new ones. Exactly once, when started with `hold`;
   * throws otherwise, and RangeError for an id or an interval that cannot be. Cost: about 0.3 µs a host here.
   */
  restore(hosts: RestoredHosts, placed?: (shard: number, row: number) => void): readonly HostPlace[];
  /**
   * A host named before it is heard: pending, down with an alert when it does not come within its timeout. Comes
   * back as a description and a transition `pending`, or as refused when there is no room. Nothing is told of a host
   * known already. Throws RangeError for what no host can be.
   */
  expect(host: ExpectedHost): void;
  /** Forgets a host. Its row is used again after 10 minutes at the earliest; a later beat registers it anew. */
  remove(shard: number, row: number): void;
  /** Ends the workers and closes the sockets. Idempotent. */
  stop(): Promise<void>;
};

const DEFAULT_TICK_MS = 25;
const MAX_TICK_MS = 50;
/** Of all rings one shard reads from other shards together. */
const RINGS_BYTES = 4 * 1024 * 1024;
const LEAST_RING_BYTES = 256 * 1024;

const NO_TCP: TcpHealth = { connections: 0, refused: 0, oversized: 0, slow: 0, idle: 0 };

/** One ring from each shard to each other: by writer, then by reader; null from a shard to itself. */
function ringsBetween(shards: number): (SharedArrayBuffer | null)[][] {
  const each = 2 ** Math.floor(Math.log2(RINGS_BYTES / Math.max(1, shards - 1)));
  return Array.from({ length: shards }, (_, from) =>
    Array.from({ length: shards }, (__, to) =>
      from === to ? null : allocateRing(Math.max(LEAST_RING_BYTES, each)),
    ),
  );
}

function shardFrames(
  options: EngineOptions,
  policy: TimeoutPolicy,
  sockets: EngineSockets,
  tcpRings: readonly SharedArrayBuffer[],
): ShardFrame[] {
  const { maxHosts, clockOrigin, policies = NO_POLICIES, tags = null } = options;
  const shards = sockets.ofShard.length;
  const rings = ringsBetween(shards);
  const common = {
    ...{ shards, maxHosts, policy, policies, tags, clockOrigin },
    tickMs: Math.max(1, Math.min(MAX_TICK_MS, options.tickMs ?? DEFAULT_TICK_MS)),
    hostCount: new SharedArrayBuffer(4),
    doubts: allocateDoubts(shards),
  };
  return sockets.ofShard.map((own, shard) => ({
    ...common,
    shard,
    sockets: own,
    seed: randomInt(2 ** 32),
    stats: allocateStats(),
    control: allocateControl(),
    ringsIn: [...rings.map((from) => from[shard]!), tcpRings[shard]].filter((ring) => ring != null),
    ringsOut: rings[shard]!,
  }));
}

/** Listens and watches. Rejects as Node does when a socket cannot be bound (code, address, port). */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  checkOptions(options);
  const { misses, minTimeoutMs, maxTimeoutMs, maxHosts, shards, hold = false } = options;
  const onNotice = options.onNotice ?? (() => {});
  const policy: TimeoutPolicy = { misses, minTimeoutMs, maxTimeoutMs };
  const clock: Clock = clockFrom(options.clockOrigin);
  const receiver = chooseReceiver(options.receiver, onNotice);
  const tcpRings = options.tcp ? Array.from({ length: shards }, () => allocateRing()) : [];
  const sockets = await openEngineSockets(
    receiver,
    options.addresses,
    shards,
    options.tcp
      ? {
          outlet: openTcpOutlet(tcpRings),
          clock,
          timeoutMsOf: (intervalMs) => timeoutMsOf(intervalMs, policy),
          onFault: options.onFault,
        }
      : null,
  );
  const onBatch = (batch: ShardBatch): void | Promise<void> => {
    const columns = threads[batch.shard]?.columns;
    if (sockets.tcp !== null && columns) noteConnected(batch, columns, sockets.tcp);
    return options.onBatch(batch);
  };
  const threads = shardFrames(options, policy, sockets, tcpRings).map(
    (frame) => new ShardThread(frame, hold ? null : newMemory(maxHosts), { ...options, onNotice, onBatch }),
  );
  const end = async (): Promise<void> => {
    await sockets.tcp?.close();
    await Promise.all(threads.map((thread) => thread.stop()));
    await sockets.close();
  };
  try {
    const started = await Promise.all(threads.map((thread) => thread.started()));
    const receiveBufferBytes = Math.min(...started.map((one) => one.receiveBufferBytes));
    const notice = bufferNotice(receiveBufferBytes, sockets.wantedBufferBytes);
    if (notice !== null) onNotice(notice);
    const { addresses } = started[0]!;
    const known = { addresses, receiver, receiveBufferBytes };
    return new RunningEngine(known, { ...options, hold }, policy, clock, threads, sockets.tcp, end);
  } catch (error) {
    await end();
    throw error;
  }
}

function newMemory(capacity: number): ShardMemory {
  return { memory: allocateShardMemory(capacity), capacity };
}

class RunningEngine implements Engine {
  readonly shards: number;
  readonly receiver: ReceiverName;
  readonly addresses: readonly BoundAddress[];
  readonly receiveBufferBytes: number;
  readonly #options: EngineOptions & { readonly hold: boolean };
  readonly #policy: TimeoutPolicy;
  readonly #clock: Clock;
  readonly #threads: readonly ShardThread[];
  readonly #tcp: TcpListener | null;
  readonly #end: () => Promise<void>;
  #stopping: Promise<void> | undefined;

  constructor(
    known: Pick<Engine, 'addresses' | 'receiver' | 'receiveBufferBytes'>,
    options: EngineOptions & { readonly hold: boolean },
    policy: TimeoutPolicy,
    clock: Clock,
    threads: readonly ShardThread[],
    tcp: TcpListener | null,
    end: () => Promise<void>,
  ) {
    this.shards = threads.length;
    this.receiver = known.receiver;
    this.addresses = known.addresses;
    this.receiveBufferBytes = known.receiveBufferBytes;
    this.#options = options;
    this.#policy = policy;
    this.#clock = clock;
    this.#threads = threads;
    this.#tcp = tcp;
    this.#end = end;
  }

  // Bound, because callers hand these on by name.
  readonly read = (shard: number, row: number): HostColumnsView => {
    const { columns, tagMarks } = this.#threadAt(shard);
    if (columns === null) throw new RangeError(`shard ${shard} has no rows before restore`);
    const mark = this.#options.tags ? (tagMarks?.[row] ?? 0) : 0;
    return viewHostColumns(columns, row, this.#policy, this.#options.policies, mark);
  };

  readonly taggedRuns = (): readonly TaggedRuns[] => {
    if (!this.#options.tags) return [];
    return this.#threads.flatMap(({ columns, tagMarks }) =>
      columns === null || tagMarks === null ? [] : [new TaggedRuns(columns, tagMarks)],
    );
  };

  readonly isRestored = (): boolean => this.#threads.every((thread) => thread.isRestored);

  readonly ingest = (): IngestStats => {
    const threads = this.#threads;
    const { misses: missesSet } = this.#options;
    const of = shardsStats(
      threads.map(({ stats }) => stats),
      this.#clock(),
    );
    const misses = Math.max(of.misses, missesSet);
    const rejected = { ...of.rejected };
    // What never got to a shard.
    for (const [reason, count] of Object.entries(this.#tcp?.rejected() ?? {})) {
      rejected[reason as RejectReason] += count;
    }
    return {
      ...of,
      read: of.read + (this.#tcp?.read() ?? 0),
      rejected,
      misses,
      missesSet,
      degraded: of.blind || misses > missesSet,
      shardRestarts: threads.reduce((sum, { restarts }) => sum + restarts, 0),
      newsWaiting: threads.reduce((sum, { newsWaiting }) => sum + newsWaiting, 0),
      newsMerged: threads.reduce((sum, { newsMerged }) => sum + newsMerged, 0),
      receiveBufferBytes: this.receiveBufferBytes,
      tcp: this.#tcp?.health() ?? NO_TCP,
    };
  };

  readonly restore = (
    hosts: RestoredHosts,
    placed?: (shard: number, row: number) => void,
  ): readonly HostPlace[] => {
    const { hold, maxHosts } = this.#options;
    if (this.#threads.some(({ columns }) => columns !== null)) {
      throw new Error(`restore: the engine ${hold ? 'was restored before' : 'does not hold'}`);
    }
    const packers = this.#threads.map(() => new RestoredPacker(hosts.length));
    const places: HostPlace[] = [];
    for (const host of hosts) {
      const shard = ownerOf(highWord(host.id), packers.length);
      const row = packers[shard]!.add(host);
      if (placed === undefined) places.push({ shard, row });
      else placed(shard, row);
    }
    // All of it before any is sent: what cannot be is refused as a whole.
    const packed = packers.map((packer) => {
      const capacity = Math.max(maxHosts, packer.length);
      if (capacity > MOST_HOSTS) {
        throw new RangeError(`restore: ${packer.length} hosts; accepted: up to ${MOST_HOSTS} a shard`);
      }
      return { columns: packer.finish(), capacity };
    });
    for (const [shard, { columns, capacity }] of packed.entries()) {
      this.#threads[shard]!.restore(columns, newMemory(capacity));
    }
    return places;
  };

  readonly expect = (host: ExpectedHost): void => {
    checkExpected(host);
    this.#threads[ownerOf(highWord(host.id), this.#threads.length)]!.expect(host);
  };

  readonly remove = (shard: number, row: number): void => this.#threadAt(shard).remove(row);

  readonly stop = (): Promise<void> => {
    this.#stopping ??= this.#end();
    return this.#stopping;
  };

  #threadAt(shard: number): ShardThread {
    const found = this.#threads[shard];
    if (found === undefined) throw new RangeError(`shard ${shard} is not one of 0 to ${this.shards - 1}`);
    return found;
  }
}

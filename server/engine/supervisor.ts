/**
 * Starts the shard workers, hands their batches to main, reads their shared memory, stops them.
 * Main thread; knows no rule of liveness. Cost: a batch is one message, a read is a few typed-array loads.
 */
import { randomInt } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { type Clock, type ClockOrigin, clockFrom } from '../clock.ts';
import type { ShardBatch } from './events.ts';
import { type HostColumnsView, viewHostColumns } from './host-columns-view.ts';
import { type IngestStats, ingestStats } from './ingest-stats.ts';
import {
  checkExpected,
  type ExpectedHost,
  type HostPlace,
  packRestored,
  type RestoredHost,
} from './known-hosts.ts';
import {
  allocateShardMemory,
  allocateStats,
  MAX_ROWS,
  openShardColumns,
  openStats,
  type ShardColumns,
  type ShardStats,
} from './layout.ts';
import {
  type BoundAddress,
  type FromShard,
  isMarked,
  MARK,
  type ShardSetup,
  type StartFailure,
  type ToShard,
} from './shard-messages.ts';
import type { TimeoutPolicy } from './timeout-class.ts';

export type EngineOptions = {
  /** Resolved addresses, one UDP socket each. Port 0 = any free one, then the same for all. */
  readonly addresses: readonly BoundAddress[];
  /** Wanted shards; the receiver may allow fewer: read `Engine.shards`. */
  readonly shards: number;
  readonly maxHosts: number;
  readonly misses: number;
  readonly minTimeoutMs: number;
  readonly maxTimeoutMs: number;
  /** Between two judgements, ms; 50 at most, so that a verdict is never the slow part of what a page shows. */
  readonly tickMs?: number;
  readonly clockOrigin: ClockOrigin;
  readonly receiver: 'auto' | 'dgram';
  /** Read at once and judge nobody until `Engine.restore` has said which hosts are known. */
  readonly hold?: boolean;
  /** Batches of one shard arrive in order. Must not throw. */
  onBatch(batch: ShardBatch): void;
  /** A socket or a worker failed after the start; the shard it names no longer listens. */
  onFault(error: Error): void;
};

export type Engine = {
  readonly shards: number;
  readonly receiver: 'dgram';
  /** As bound. */
  readonly addresses: readonly BoundAddress[];
  /** Smallest receive buffer the kernel gave a socket, bytes as it counts them. */
  readonly receiveBufferBytes: number;
  /** One host's shared columns, live and without locks. Throws RangeError for a row that cannot be. */
  read(shard: number, row: number): HostColumnsView;
  ingest(): IngestStats;
  /**
   * Ends the hold: the hosts known from before, each id once, and then everything heard since the sockets listened,
   * as of when it arrived. Gives their places in the same order; nothing is told of them until something happens to
   * them. All are kept, also beyond maxHosts, which only stops new ones. Exactly once, when started with `hold`;
   * throws otherwise, and RangeError for an id or an interval that cannot be. Cost: about 0.3 µs a host here.
   */
  restore(hosts: readonly RestoredHost[]): readonly HostPlace[];
  /**
   * A host named before it is heard: pending, down with an alert when it does not come within its timeout. Comes
   * back as a description and a transition `pending`, or as refused when there is no room. Nothing is told of a host
   * known already. Throws RangeError for what no host can be.
   */
  expect(host: ExpectedHost): void;
  /** Forgets a host. Its row is used again after 10 minutes at the earliest; a later beat registers it anew. */
  remove(shard: number, row: number): void;
  /** Closes the sockets and ends the workers. Idempotent. */
  stop(): Promise<void>;
};

const MAX_TICK_MS = 50;
const STOP_PATIENCE_MS = 2_000;

/**
 * node:dgram cannot share one port among workers in a way that steers a host to its owner, so one worker reads
 * for the whole fleet; shard numbers stay everywhere, for a receiver that can.
 */
const DGRAM_SHARDS = 1;

/** Most hosts whose rows can be numbered. */
const MOST_HOSTS = Math.floor(MAX_ROWS / 1.25) - 64;

type RunningShard = {
  readonly worker: Worker;
  /** null while it holds. */
  columns: ShardColumns | null;
  readonly stats: ShardStats;
  readonly addresses: readonly BoundAddress[];
  readonly receiveBufferBytes: number;
};

function checkOptions(options: EngineOptions): void {
  const { addresses, maxHosts, misses, minTimeoutMs, maxTimeoutMs } = options;
  if (addresses.length === 0) throw new RangeError('addresses is empty; the engine needs at least one');
  if (!Number.isInteger(maxHosts) || maxHosts < 1 || maxHosts > MOST_HOSTS) {
    throw new RangeError(`maxHosts is ${maxHosts}; accepted: 1 to ${MOST_HOSTS}`);
  }
  if (!(misses >= 1)) throw new RangeError(`misses is ${misses}; accepted: 1 or more`);
  if (!(minTimeoutMs >= 10 && maxTimeoutMs >= minTimeoutMs && Number.isFinite(maxTimeoutMs))) {
    throw new RangeError(
      `minTimeoutMs is ${minTimeoutMs} and maxTimeoutMs ${maxTimeoutMs}; accepted: 10 ≤ minTimeoutMs ≤ maxTimeoutMs`,
    );
  }
}

/** The error Node gave in the worker, with the fields callers look at. */
function startError(failure: StartFailure): Error {
  return Object.assign(new Error(failure.message), {
    code: failure.code,
    syscall: failure.syscall,
    address: failure.address,
    port: failure.port,
  });
}

function startShard(setup: ShardSetup, options: EngineOptions): Promise<RunningShard> {
  const { promise, resolve, reject } = Promise.withResolvers<RunningShard>();
  const worker = new Worker(new URL('./shard.worker.ts', import.meta.url), {
    workerData: setup,
    name: `shard ${setup.shard}`,
  });
  let ready = false;
  worker.on('message', (message: unknown) => {
    if (!isMarked<FromShard>(message)) return;
    if (message.type === 'batch') options.onBatch(message.batch);
    else if (message.type === 'fault') options.onFault(new Error(message.message));
    else if (message.type === 'failed') reject(startError(message.failure));
    else {
      ready = true;
      resolve({
        worker,
        columns: setup.columns === null ? null : openShardColumns(setup.columns, setup.maxHosts),
        stats: openStats(setup.stats),
        addresses: message.addresses,
        receiveBufferBytes: message.receiveBufferBytes,
      });
    }
  });
  worker.on('error', (error) => {
    if (ready) options.onFault(error);
    else reject(error);
  });
  worker.on('exit', (code) => {
    if (!ready) reject(new Error(`shard ${setup.shard} ended with code ${code} before it listened`));
    else if (code !== 0) options.onFault(new Error(`shard ${setup.shard} ended with code ${code}`));
  });
  return promise;
}

/** Sends the hosts known from before, with memory that has room for all of them; gives a view of it. */
function restoreShard(worker: Worker, hosts: readonly RestoredHost[], maxHosts: number): ShardColumns {
  const capacity = Math.max(maxHosts, hosts.length);
  if (capacity > MOST_HOSTS) {
    throw new RangeError(`restore: ${hosts.length} hosts; accepted: up to ${MOST_HOSTS}`);
  }
  const packed = packRestored(hosts);
  const columns = allocateShardMemory(capacity);
  const { idHigh, idLow, interval, flags } = packed;
  worker.postMessage(
    { mark: MARK, type: 'restore', hosts: packed, columns, capacity } satisfies ToShard,
    [idHigh, idLow, interval, flags].map(({ buffer }) => buffer),
  );
  return openShardColumns(columns, capacity);
}

async function stopWorker(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return;
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.postMessage({ mark: MARK, type: 'stop' } satisfies ToShard);
  const patience = setTimeout(() => void worker.terminate(), STOP_PATIENCE_MS);
  await exited;
  clearTimeout(patience);
}

/** Listens and watches. Rejects as Node does when a socket cannot be bound (code, address, port). */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  checkOptions(options);
  const shards = Math.min(Math.max(1, options.shards), DGRAM_SHARDS);
  const { misses, minTimeoutMs, maxTimeoutMs, maxHosts } = options;
  const policy: TimeoutPolicy = { misses, minTimeoutMs, maxTimeoutMs };
  const clock: Clock = clockFrom(options.clockOrigin);
  const hostCount = new SharedArrayBuffer(4);
  const running = await startShard(
    {
      shard: 0,
      shards,
      addresses: options.addresses,
      maxHosts,
      policy,
      tickMs: Math.max(1, Math.min(MAX_TICK_MS, options.tickMs ?? MAX_TICK_MS)),
      clockOrigin: options.clockOrigin,
      seed: randomInt(2 ** 32),
      columns: options.hold ? null : allocateShardMemory(maxHosts),
      stats: allocateStats(),
      hostCount,
    },
    options,
  );
  const all = [running];
  const shardAt = (shard: number): RunningShard => {
    const found = all[shard];
    if (found === undefined) throw new RangeError(`shard ${shard} is not one of 0 to ${all.length - 1}`);
    return found;
  };
  const columnsAt = (shard: number): ShardColumns => {
    const { columns } = shardAt(shard);
    if (columns === null) throw new RangeError(`shard ${shard} has no rows before restore`);
    return columns;
  };
  let stopping: Promise<void> | undefined;
  return {
    shards,
    receiver: 'dgram',
    addresses: running.addresses,
    receiveBufferBytes: running.receiveBufferBytes,
    read: (shard, row) => viewHostColumns(columnsAt(shard), row, policy),
    ingest: () =>
      ingestStats(
        all.map(({ stats }) => stats),
        clock(),
      ),
    restore: (hosts) => {
      if (running.columns !== null) {
        throw new Error(`restore: the engine ${options.hold ? 'was restored before' : 'does not hold'}`);
      }
      running.columns = restoreShard(running.worker, hosts, maxHosts);
      return hosts.map((_, row) => ({ shard: 0, row }));
    },
    expect: (host) => {
      checkExpected(host);
      running.worker.postMessage({ mark: MARK, type: 'expect', host } satisfies ToShard);
    },
    remove: (shard, row) => {
      shardAt(shard).worker.postMessage({ mark: MARK, type: 'remove', row } satisfies ToShard);
    },
    stop: () => {
      stopping ??= Promise.all(all.map(({ worker }) => stopWorker(worker))).then(() => undefined);
      return stopping;
    },
  };
}

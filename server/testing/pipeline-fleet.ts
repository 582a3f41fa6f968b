/** The pipeline with everything it stands on but an engine, whose columns and batches a test writes itself. */
import { canonicalLabels, HostState } from '#lib/protocol/host.ts';
import { AlertBook } from '../alerts/alert-book.ts';
import {
  type ExpectedHost,
  type HostColumnsView,
  type RestoredByWords,
  type RestoredHost,
  type ShardBatch,
  TransitionKind,
  TransitionNote,
  TransitionReason,
} from '../engine/index.ts';
import { hostIdHex } from '../host-id.ts';
import { HostDirectory } from '../live/host-directory.ts';
import { LiveLog } from '../live/live-log.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { Register } from '../pipeline/register.ts';
import { Removals } from '../pipeline/removals.ts';
import { type RestoreParts, readRegister, restoreFleet } from '../pipeline/restore.ts';
import { eachHost } from '../store/host-page.ts';
import { MemoryStore } from '../store/memory/memory-store.ts';
import { type StoreBatch, type StoredHost, StoreUnavailable } from '../store/store.ts';

export type Step = {
  row: number;
  kind: keyof typeof TransitionKind;
  atMs: number;
  heardOnce?: boolean;
  unheard?: boolean;
};
export type Described = { row: number; name: string | null; labels?: Record<string, string>; id?: string };

export const MINUTE_MS = 60_000;

const columns: HostColumnsView = {
  state: HostState.up,
  heard: true,
  heardAgain: true,
  lastSeenAtMs: 0,
  intervalMs: 1_000,
  timeoutMs: 5_000,
  policy: 0,
  detector: { kind: 'fixed', misses: 5 },
  incarnation: null,
  highSeq: 9,
  seen64: 1n,
  lostBeats: 0,
  expectedBeats: 0,
  sourceIndex: 0,
  senderLateMs: 0,
  olderIncarnationRefused: false,
};

export function batchOf(described: readonly Described[], steps: readonly Step[]): ShardBatch {
  const each = (value: (step: Step) => number): number[] => steps.map(value);
  return {
    shard: 0,
    described: described.map(({ row, name, labels = {}, id }) => ({
      row,
      hostId: id ?? hostIdHex(name!),
      name,
      labels: canonicalLabels(Object.entries(labels)),
    })),
    sources: [[0, '10.1.4.7']],
    transitions: {
      length: steps.length,
      rows: Uint32Array.from(each(({ row }) => row)),
      kinds: Uint8Array.from(each(({ kind }) => TransitionKind[kind])),
      reasons: Uint8Array.from(
        each(({ kind }) =>
          kind === 'left' ? TransitionReason.bye : kind === 'down' ? TransitionReason.timeout : 0,
        ),
      ),
      notes: Uint8Array.from(
        each(
          ({ heardOnce, unheard }) =>
            (heardOnce ? TransitionNote.heardOnce : 0) | (unheard ? TransitionNote.unheard : 0),
        ),
      ),
      atMs: Float64Array.from(each(({ atMs }) => atMs)),
      lastSeenAtMs: Float64Array.from(each(({ atMs }) => atMs - 5_000)),
      lostBeats: Uint8Array.from(each(() => 2)),
      expectedBeats: Uint8Array.from(each(() => 60)),
    },
  };
}

/** A store that can refuse as one with a full disk does, and take its time as a slow one does. */
export class TryingStore extends MemoryStore {
  /** Commands are refused. */
  failing = false;
  /** Said before anyone asks it. */
  writable = true;
  slowly: Promise<void> | null = null;
  readonly batches: StoreBatch[] = [];

  override health(): ReturnType<MemoryStore['health']> {
    return { ...super.health(), writable: this.writable, detail: this.writable ? null : 'no space left' };
  }

  override async append(batch: StoreBatch, as: 'history' | 'command'): Promise<void> {
    const { failing, slowly } = this;
    if (as === 'command') {
      if (slowly !== null) await slowly;
      if (failing) throw new StoreUnavailable('no space left');
    }
    this.batches.push(batch);
    await super.append(batch, as);
  }
}

export type FleetOptions = {
  readonly store?: TryingStore;
  readonly maxHosts?: number;
  /** Room of the live log. */
  readonly slots?: number;
  readonly nowMs?: number;
  readonly epoch?: string;
};

export function pipelineFleet({ store, maxHosts, slots, nowMs, epoch }: FleetOptions = {}) {
  const overrides = new Map<number, Partial<HostColumnsView>>();
  const directory = new HostDirectory();
  const parts = {
    nowMs: nowMs ?? 1_000_000,
    removed: [] as [number, number][],
    expected: [] as ExpectedHost[],
    restored: [] as RestoredHost[],
    faults: [] as Error[],
    directory,
    alerts: new AlertBook(),
    removals: new Removals(),
    store: store ?? new TryingStore(),
    live: new LiveLog({
      epoch: epoch ?? '0123456789abcdef',
      capacity: slots ?? 20_000,
      rates: () => ({ heartbeatsPerSecond: 0, blind: false }),
    }),
  };
  const engine = {
    read: (_shard: number, row: number): HostColumnsView => ({ ...columns, ...overrides.get(row) }),
    remove: (shard: number, row: number): void => void parts.removed.push([shard, row]),
    expect: (host: ExpectedHost): void => void parts.expected.push(host),
    restore: (hosts: Iterable<RestoredByWords>, placed: (shard: number, row: number) => void): void => {
      for (const { id, ...host } of hosts) {
        placed(0, parts.restored.push({ ...host, id: directory.names.idOf(id.high, id.low) }) - 1);
      }
    },
  };
  const register = new Register({ engine, directory });
  const onFault = (error: Error): void => void parts.faults.push(error);
  const pipeline = new Pipeline({
    ...parts,
    engine,
    register,
    maxHosts: maxHosts ?? 100_000,
    clock: () => parts.nowMs,
    onFault,
  });
  const take = (described: readonly Described[], ...steps: Step[]): void => {
    pipeline.take(batchOf(described, steps));
    parts.live.publish(parts.nowMs);
  };
  const tickAt = (atMs: number): void => {
    parts.nowMs = atMs;
    pipeline.tick();
    parts.live.publish(atMs);
  };
  /** Oldest first. */
  const history = async (): Promise<string[]> =>
    (await parts.store.events({ limit: 999 })).events.map(({ kind }) => kind).reverse();
  /** What the engine's columns say of a row from now on. */
  const setColumns = (row: number, fields: Partial<HostColumnsView>): void =>
    void overrides.set(row, { ...overrides.get(row), ...fields });
  /** Begins with what the store has, as a server does that starts again. */
  const restore = async (more: Pick<RestoreParts, 'policyOf' | 'runOf'> = {}): Promise<void> => {
    const state = await parts.store.load(parts.nowMs);
    const hosts = await readRegister(parts.store, directory);
    restoreFleet(state, hosts, { ...parts, ...more, engine, onFault });
    pipeline.begin();
    parts.live.publish(parts.nowMs);
  };
  /** The stored register. */
  const rows = async (): Promise<StoredHost[]> => {
    const hosts: StoredHost[] = [];
    for await (const host of eachHost(parts.store.hosts())) hosts.push(host);
    return hosts;
  };
  return Object.assign(parts, {
    rows,
    engine,
    register,
    pipeline,
    take,
    tickAt,
    history,
    setColumns,
    restore,
  });
}

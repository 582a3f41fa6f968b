/**
 * A store that ends with the process, everything in it bounded. Main thread. Its promise of durability is only that
 * of the process, and `durable` says so.
 */
import type { AuditEntry, ServerSettings } from '#lib/protocol/account.ts';
import type { Alert, AlertId } from '#lib/protocol/alert.ts';
import type { StoreHealth } from '#lib/protocol/api.ts';
import type { HostEvent, HostId } from '#lib/protocol/host.ts';
import { pageOf } from '../host-page.ts';
import {
  type AccountChange,
  type AlertQuery,
  type AlertResult,
  type AuditQuery,
  type AuditResult,
  DEFAULT_SETTINGS,
  type EventQuery,
  type EventResult,
  type HostPage,
  type Store,
  type StoreBatch,
  type StoredHost,
  type StoredState,
  type TimelineQuery,
  type TimelineResult,
} from '../store.ts';
import { type TimelineEvent, timelineOf } from '../timeline.ts';
import { MemoryAccounts } from './memory-accounts.ts';
import { MemoryEpisodes } from './memory-episodes.ts';
import { MemoryEvents } from './memory-events.ts';

type MemoryStoreLimits = {
  readonly eventsPerHost: number;
  readonly events: number;
  readonly resolvedAlerts: number;
  readonly tombstones: number;
  readonly audit: number;
};

const MEMORY_STORE_LIMITS: MemoryStoreLimits = {
  eventsPerHost: 200,
  events: 200_000,
  resolvedAlerts: 10_000,
  tombstones: 100_000,
  audit: 10_000,
};

const HOSTS_PAGE = 4_000;

export class MemoryStore implements Store {
  readonly kind = 'memory';
  readonly durable = false;
  readonly #limits: MemoryStoreLimits;
  readonly #events: MemoryEvents;
  readonly #episodes: MemoryEpisodes;
  readonly #hosts = new Map<HostId, StoredHost>();
  /** With the instant of removal, in that order. */
  readonly #tombstones = new Map<HostId, number>();
  readonly #accounts = new MemoryAccounts();
  #settings = DEFAULT_SETTINGS;
  /** By run of the server, then by page. */
  readonly #replayWindows = new Map<string, Map<number, Uint8Array>>();
  /** The first of them is number `#auditBase`. */
  readonly #audit: AuditEntry[] = [];
  #auditBase = 0;
  #startedAtMs = Number.NEGATIVE_INFINITY;

  constructor(limits: Partial<MemoryStoreLimits> = {}) {
    this.#limits = { ...MEMORY_STORE_LIMITS, ...limits };
    this.#events = new MemoryEvents(this.#limits.eventsPerHost, this.#limits.events);
    this.#episodes = new MemoryEpisodes(this.#limits.resolvedAlerts);
  }

  health(): StoreHealth {
    return { kind: this.kind, writable: true, detail: null, waiting: 0, dropped: 0 };
  }

  async load(nowMs: number): Promise<StoredState> {
    this.#startedAtMs = nowMs;
    const episodes = this.#episodes.resumableAt(nowMs);
    const among = new Set(episodes.map(({ alert }) => alert.hostId));
    return {
      episodes,
      tombstones: [...this.#tombstones.keys()],
      episodeNumbers: [...this.#episodes.numbers()].filter(([id]) => !among.has(id)),
      accounts: this.#accounts.all(),
      settings: this.#settings,
    };
  }

  async *hosts(): AsyncGenerator<HostPage> {
    const hosts = [...this.#hosts.values()];
    for (let from = 0; from < hosts.length; from += HOSTS_PAGE) {
      yield pageOf(hosts.slice(from, from + HOSTS_PAGE));
    }
  }

  async append(batch: StoreBatch, _as: 'history' | 'command'): Promise<void> {
    for (const event of batch.events ?? []) this.#events.append(event);
    for (const episode of batch.episodes ?? []) this.#episodes.put(episode);
    for (const { id, at } of batch.removed ?? []) this.#remove(id, at);
    for (const host of batch.hosts ?? []) {
      this.#hosts.set(host.id, host);
      this.#tombstones.delete(host.id);
    }
    this.#record(batch.audit ?? []);
  }

  #remove(id: HostId, at: number): void {
    this.#hosts.delete(id);
    this.#tombstones.delete(id);
    this.#tombstones.set(id, at);
    for (const oldest of this.#tombstones.keys()) {
      if (this.#tombstones.size <= this.#limits.tombstones) break;
      this.#tombstones.delete(oldest);
    }
  }

  #record(entries: readonly AuditEntry[]): void {
    this.#audit.push(...entries);
    const excess = Math.max(0, this.#audit.length - this.#limits.audit);
    this.#audit.splice(0, excess);
    this.#auditBase += excess;
  }

  async changeAccounts(changes: readonly AccountChange[], audit: readonly AuditEntry[]): Promise<void> {
    this.#accounts.change(changes);
    this.#record(audit);
  }

  async changeSettings(settings: ServerSettings, audit: AuditEntry): Promise<void> {
    this.#settings = settings;
    this.#record([audit]);
  }

  async saveReplayWindows(epoch: string, page: number, windows: Uint8Array): Promise<void> {
    const pages = this.#replayWindows.get(epoch) ?? new Map<number, Uint8Array>();
    this.#replayWindows.set(epoch, pages.set(page, windows.slice()));
  }

  async keepReplayWindowsOf(epoch: string): Promise<void> {
    for (const other of this.#replayWindows.keys()) if (other !== epoch) this.#replayWindows.delete(other);
  }

  async *replayWindows(): AsyncGenerator<Uint8Array> {
    for (const pages of [...this.#replayWindows.values()]) yield* [...pages.values()];
  }

  alive(): void {}

  async events(query: EventQuery): Promise<EventResult> {
    return this.#events.query(query);
  }

  async timeline(query: TimelineQuery): Promise<TimelineResult> {
    return timelineOf(query, timelineEvents(this.#events.ofHost(query.hostId)), [
      { startedAtMs: this.#startedAtMs, aliveAtMs: Number.POSITIVE_INFINITY },
    ]);
  }

  alerts(query: AlertQuery): Promise<AlertResult> {
    return this.#episodes.page(query);
  }

  async alert(id: AlertId): Promise<Alert | null> {
    return this.#episodes.get(id);
  }

  async audit({ limit, before }: AuditQuery): Promise<AuditResult> {
    const end = Math.max(0, (before ?? Number.POSITIVE_INFINITY) - this.#auditBase);
    const upTo = Math.min(this.#audit.length, end);
    const from = Math.max(0, upTo - limit);
    return {
      entries: this.#audit.slice(from, upTo).reverse(),
      next: from > 0 ? this.#auditBase + from : null,
    };
  }

  async trim(beforeMs: number): Promise<number> {
    const events = this.#events.trim(beforeMs);
    let others = 0;
    for (const [id, at] of this.#tombstones) if (at < beforeMs && this.#tombstones.delete(id)) others++;
    const kept = this.#audit.filter(({ at }) => at >= beforeMs);
    const audit = this.#audit.length - kept.length;
    this.#audit.splice(0, this.#audit.length, ...kept);
    this.#auditBase += audit;
    const isKnown = (id: HostId) => this.#hosts.has(id) || this.#tombstones.has(id);
    return events + others + audit + this.#episodes.trim(beforeMs, isKnown);
  }

  async close(): Promise<void> {}
}

function* timelineEvents(events: Iterable<HostEvent>): Generator<TimelineEvent> {
  for (const { at, kind, by } of events) yield { at, kind, named: kind === 'registered' && by !== null };
}

/**
 * What waits while nothing can be stored: events in their order and bounded, of episodes and hosts the newest alone.
 * Pure. Cost: O(1) a row. Knows no disk.
 */
import type { AuditEntry } from '#lib/protocol/account.ts';
import type { AlertId } from '#lib/protocol/alert.ts';
import type { HostEvent, HostId } from '#lib/protocol/host.ts';
import type { EpisodeRecord, StoreBatch, StoredHost } from '../store.ts';

export type BacklogLimits = { readonly events: number; readonly audit: number };

type HostChange = { readonly put: StoredHost } | { readonly removedAt: number };

export class Backlog {
  readonly #limits: BacklogLimits;
  #events: HostEvent[] = [];
  #audit: AuditEntry[] = [];
  readonly #episodes = new Map<AlertId, EpisodeRecord>();
  readonly #hosts = new Map<HostId, HostChange>();
  /** Events and audit entries given up, since the start. */
  dropped = 0;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  get rows(): number {
    return this.#events.length + this.#audit.length + this.#episodes.size + this.#hosts.size;
  }

  /** What happened after all that waits. */
  add({ events = [], episodes = [], hosts = [], removed = [], audit = [] }: StoreBatch): void {
    for (const event of events) this.#events.push(event);
    for (const entry of audit) this.#audit.push(entry);
    for (const episode of episodes) this.#episodes.set(episode.alert.id, episode);
    for (const { id, at } of removed) this.#hosts.set(id, { removedAt: at });
    for (const host of hosts) this.#hosts.set(host.id, { put: host });
    this.#bound(1.25);
  }

  /** What happened, in this order, before all that waits: nothing of it replaces what is newer. */
  addBefore(batches: readonly StoreBatch[]): void {
    const older = new Backlog({ events: Number.POSITIVE_INFINITY, audit: Number.POSITIVE_INFINITY });
    for (const batch of batches) older.add(batch);
    this.#events = older.#events.concat(this.#events);
    this.#audit = older.#audit.concat(this.#audit);
    for (const [id, episode] of older.#episodes) if (!this.#episodes.has(id)) this.#episodes.set(id, episode);
    for (const [id, change] of older.#hosts) if (!this.#hosts.has(id)) this.#hosts.set(id, change);
    this.#bound(1.25);
  }

  /** The oldest go first. Beyond the limit by some slack, so that what is kept is not moved for every event. */
  #bound(slack: number): void {
    const { events, audit } = this.#limits;
    if (this.#events.length > events * slack) this.dropped += cutTo(this.#events, events);
    if (this.#audit.length > audit * slack) this.dropped += cutTo(this.#audit, audit);
  }

  /** Takes out the next batch to be stored, at most `limit` rows; null when nothing waits. */
  take(limit: number): StoreBatch | null {
    if (this.rows === 0) return null;
    this.#bound(1);
    let room = limit;
    const taken = <T>(items: T[]): T[] => {
      room -= items.length;
      return items;
    };
    const episodes = taken(takeOf(this.#episodes, room)).map(([, episode]) => episode);
    const changes = taken(takeOf(this.#hosts, room));
    const audit = taken(this.#audit.splice(0, room));
    const events = taken(this.#events.splice(0, room));
    const hosts: StoredHost[] = [];
    const removed: { id: HostId; at: number }[] = [];
    for (const [id, change] of changes) {
      if ('put' in change) hosts.push(change.put);
      else removed.push({ id, at: change.removedAt });
    }
    return { events, episodes, hosts, removed, audit };
  }
}

function cutTo(items: unknown[], limit: number): number {
  const excess = items.length - limit;
  items.splice(0, excess);
  return excess;
}

function takeOf<K, V>(map: Map<K, V>, limit: number): [K, V][] {
  const taken: [K, V][] = [];
  for (const entry of map) {
    if (taken.length >= limit) break;
    taken.push(entry);
    map.delete(entry[0]);
  }
  return taken;
}

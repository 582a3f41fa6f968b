/**
 * A store that ends with the process: events in one bounded ring, open alerts, the newest resolved alerts.
 * Main thread; appends O(1) an item; event queries walk the ring or one host's list, alert queries every alert of
 * that status in slices. Its promise of durability is only that of the process, and `durable` says so.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Alert, AlertId } from '#lib/protocol/alert.ts';
import type { HostEvent, HostId } from '#lib/protocol/host.ts';
import { KeysetWindow } from '../../keyset-window.ts';
import {
  type AlertQuery,
  type AlertResult,
  alertKey,
  compareAlertKeys,
  type EventQuery,
  type EventResult,
  matchesStatus,
  type Store,
  type StoreBatch,
} from '../store.ts';

export type MemoryStoreLimits = {
  readonly eventsPerHost: number;
  readonly events: number;
  readonly resolvedAlerts: number;
};

export const MEMORY_STORE_LIMITS: MemoryStoreLimits = {
  eventsPerHost: 200,
  events: 200_000,
  resolvedAlerts: 10_000,
};

/** Items looked at before other work gets a turn. */
const SLICE = 20_000;

export class MemoryStore implements Store {
  readonly kind = 'memory';
  readonly durable = false;
  readonly #limits: MemoryStoreLimits;
  /** Event number n stands at n modulo the limit; undefined where its host had too many. */
  readonly #ring: (HostEvent | undefined)[] = [];
  #nextNumber = 0;
  /** Numbers of each host's events, oldest first. */
  readonly #ofHost = new Map<HostId, number[]>();
  readonly #open = new Map<AlertId, Alert>();
  /** In the order of closing. */
  readonly #resolved = new Map<AlertId, Alert>();

  constructor(limits: MemoryStoreLimits = MEMORY_STORE_LIMITS) {
    this.#limits = limits;
  }

  async append(batch: StoreBatch): Promise<void> {
    for (const event of batch.events) this.#appendEvent(event);
    for (const alert of batch.alerts) this.#putAlert(alert);
  }

  #appendEvent(event: HostEvent): void {
    const number = this.#nextNumber++;
    const place = number % this.#limits.events;
    const displaced = this.#ring[place];
    if (displaced !== undefined) this.#forgetOldest(displaced.hostId);
    this.#ring[place] = event;
    const numbers = this.#ofHost.get(event.hostId);
    if (numbers === undefined) {
      this.#ofHost.set(event.hostId, [number]);
      return;
    }
    numbers.push(number);
    if (numbers.length > this.#limits.eventsPerHost) {
      this.#ring[numbers.shift()! % this.#limits.events] = undefined;
    }
  }

  /** The displaced event is the oldest of all, so it is also the oldest of its host. */
  #forgetOldest(hostId: HostId): void {
    const numbers = this.#ofHost.get(hostId)!;
    numbers.shift();
    if (numbers.length === 0) this.#ofHost.delete(hostId);
  }

  #putAlert(alert: Alert): void {
    if (alert.closedAt === null) {
      this.#resolved.delete(alert.id);
      this.#open.set(alert.id, alert);
      return;
    }
    this.#open.delete(alert.id);
    this.#resolved.delete(alert.id);
    this.#resolved.set(alert.id, alert);
    for (const oldest of this.#resolved.keys()) {
      if (this.#resolved.size <= this.#limits.resolvedAlerts) break;
      this.#resolved.delete(oldest);
    }
  }

  async events(query: EventQuery): Promise<EventResult> {
    const before = Math.min(query.before ?? this.#nextNumber, this.#nextNumber);
    const numbers =
      query.hostId === undefined
        ? this.#numbersBelow(before)
        : (this.#ofHost.get(query.hostId) ?? []).filter((number) => number < before).reverse();
    const events: HostEvent[] = [];
    let last = 0;
    for (const number of numbers) {
      const event = this.#ring[number % this.#limits.events];
      if (event === undefined || event.at > (query.toMs ?? Number.POSITIVE_INFINITY)) continue;
      if (event.at < (query.fromMs ?? Number.NEGATIVE_INFINITY)) continue;
      if (events.length === query.limit) return { events, next: last };
      events.push(event);
      last = number;
    }
    return { events, next: null };
  }

  *#numbersBelow(before: number): Generator<number> {
    const oldest = Math.max(0, this.#nextNumber - this.#limits.events);
    for (let number = before - 1; number >= oldest; number--) yield number;
  }

  async alerts(query: AlertQuery): Promise<AlertResult> {
    const window = new KeysetWindow(query.limit, compareAlertKeys, query.after ?? null);
    const source = query.status === 'resolved' ? this.#resolved : this.#open;
    let looked = 0;
    for (const alert of source.values()) {
      if (matchesStatus(alert, query.status)) window.offer(alertKey(alert));
      if (++looked % SLICE === 0) await nextTurn();
    }
    const { items, more } = window.finish();
    // Those that changed their status in between two slices are left out.
    const alerts = items.map((key) => source.get(key.id)).filter((alert) => alert !== undefined);
    return { alerts, next: more ? items.at(-1)! : null };
  }

  async alert(id: AlertId): Promise<Alert | null> {
    return this.#open.get(id) ?? this.#resolved.get(id) ?? null;
  }

  async close(): Promise<void> {}
}

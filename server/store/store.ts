/**
 * What the rest of the server may ask of the store: append what happened, read it back newest first. Every
 * implementation passes store.contract.ts. Appends are kept in the order of the calls, also when nobody waits.
 */
import type { Alert, AlertId, AlertStatus } from '#lib/protocol/alert.ts';
import type { HostEvent, HostId } from '#lib/protocol/host.ts';

export type StoreBatch = {
  readonly events: readonly HostEvent[];
  /** Absolute: each replaces what was known under its id. */
  readonly alerts: readonly Alert[];
};

/** Events in the order they were appended, newest first. */
export type EventQuery = {
  readonly hostId?: HostId;
  /** Instants, both inclusive, ms since the epoch. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly limit: number;
  /** Goes on after the page that gave this as its `next`. */
  readonly before?: number;
};

export type EventResult = { readonly events: readonly HostEvent[]; readonly next: number | null };

/** Where a page of alerts ended: its last alert's instant (openedAt, or closedAt when resolved) and id. */
export type AlertKey = { readonly atMs: number; readonly id: AlertId };

/** Open ones newest opened first, resolved ones newest closed first. `open` includes acknowledged ones. */
export type AlertQuery = { readonly status: AlertStatus; readonly limit: number; readonly after?: AlertKey };

export type AlertResult = { readonly alerts: readonly Alert[]; readonly next: AlertKey | null };

export type Store = {
  readonly kind: 'memory' | 'sqlite';
  /** Do appended batches outlive the process? */
  readonly durable: boolean;
  /** Resolves when the batch is kept as well as this store can keep it; rejects when it is not kept at all. */
  append(batch: StoreBatch): Promise<void>;
  events(query: EventQuery): Promise<EventResult>;
  alerts(query: AlertQuery): Promise<AlertResult>;
  alert(id: AlertId): Promise<Alert | null>;
  close(): Promise<void>;
};

export function matchesStatus(alert: Alert, status: AlertStatus): boolean {
  if (status === 'resolved') return alert.closedAt !== null;
  return alert.closedAt === null && (status === 'open' || alert.ack !== null);
}

export function alertKey(alert: Alert): AlertKey {
  return { atMs: alert.closedAt ?? alert.openedAt, id: alert.id };
}

/** Newest first; a total order. */
export function compareAlertKeys(a: AlertKey, b: AlertKey): number {
  return b.atMs - a.atMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

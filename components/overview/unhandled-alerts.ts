/** Which open alerts nobody has taken: newest first for reading, the oldest as the worst. Pure. */
import type { Alert, AlertId } from '@/lib/protocol/alert.ts';

/** Several parts of the page ask for the same map, which is never changed in place. */
const sorted = new WeakMap<ReadonlyMap<AlertId, Alert>, readonly Alert[]>();

/** Newest first; equal instants by id, so that the order is one. O(n log n) once a map. */
export function unhandledAlerts(alerts: ReadonlyMap<AlertId, Alert>): readonly Alert[] {
  const known = sorted.get(alerts);
  if (known !== undefined) return known;
  const unhandled: Alert[] = [];
  for (const alert of alerts.values()) {
    if (alert.closedAt === null && alert.ack === null) unhandled.push(alert);
  }
  unhandled.sort((a, b) => b.openedAt - a.openedAt || (a.id < b.id ? -1 : 1));
  sorted.set(alerts, unhandled);
  return unhandled;
}

/** The one that has waited longest for somebody. */
export function worstOf(newestFirst: readonly Alert[]): Alert | null {
  return newestFirst.at(-1) ?? null;
}

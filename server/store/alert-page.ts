/**
 * One page of alerts out of all there are in memory, in the store's order. Main thread; looks at every alert, in
 * slices.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Alert, AlertId } from '#lib/protocol/alert.ts';
import { KeysetWindow } from '../keyset-window.ts';
import { type AlertQuery, type AlertResult, alertKey, compareAlertKeys, matchesStatus } from './store.ts';

/** Alerts looked at before other work gets a turn. */
const SLICE = 20_000;

export async function pageOfAlerts<T>(
  source: ReadonlyMap<AlertId, T>,
  alertOf: (kept: T) => Alert,
  query: AlertQuery,
): Promise<AlertResult> {
  const window = new KeysetWindow(query.limit, compareAlertKeys, query.after ?? null);
  let looked = 0;
  for (const kept of source.values()) {
    const alert = alertOf(kept);
    if (matchesStatus(alert, query.status)) window.offer(alertKey(alert, query.staleBeforeMs));
    if (++looked % SLICE === 0) await nextTurn();
  }
  const { items, more } = window.finish();
  // Those that changed their status in between two slices are left out.
  const alerts = items
    .map((key) => source.get(key.id))
    .filter((kept) => kept !== undefined)
    .map(alertOf);
  return { alerts, next: more ? items.at(-1)! : null };
}

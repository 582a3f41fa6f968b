/**
 * Owns which alerts a window of the list shows: the server's page, overlaid with what the live view knows by now.
 * Pure. Cost: O(page + live alerts), the latter bounded by the view.
 */
import type { Alert, AlertId } from '@/lib/protocol/alert.ts';
import type { Position } from '@/lib/protocol/position.ts';
import { type AlertQuery, belongs } from './alert-query.ts';

/** A window of the list as the server gave it. */
export type AlertWindow = {
  readonly position: Position;
  readonly alerts: readonly Alert[];
  readonly hasMore: boolean;
  /** What was opened before stands first, on the server's clock. */
  readonly staleBeforeMs: number;
};

/** What the live view says of alerts. */
export type LiveAlerts = {
  readonly epoch: string | null;
  readonly seq: number;
  /** Open episodes by id. */
  readonly open: ReadonlyMap<AlertId, Alert>;
  /** There are more open episodes than `open` holds. */
  readonly truncated: boolean;
};

/**
 * As the server orders its pages: open ones with the stale ones (opened before `staleBeforeMs`) first, then by the
 * instant of opening, newest first; resolved ones by the instant of closing.
 */
export function compareAlerts(
  status: AlertQuery['status'],
  staleBeforeMs: number,
): (a: Alert, b: Alert) => number {
  const resolved = status === 'resolved';
  const fresh = (alert: Alert) => (resolved || alert.openedAt >= staleBeforeMs ? 1 : 0);
  const instant = (alert: Alert) => (resolved ? (alert.closedAt ?? 0) : alert.openedAt);
  return (a, b) => fresh(a) - fresh(b) || instant(b) - instant(a) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/**
 * The alerts to show, at most `limit`. A live alert beats the page's unless the page is ahead of the view (which
 * polls); one that the complete live view no longer holds has closed. New ones join the first window only: in a later
 * one they would stand elsewhere, and its order is the server's.
 */
export function mergeAlerts(
  window: AlertWindow,
  live: LiveAlerts,
  query: AlertQuery,
  limit: number,
): readonly Alert[] {
  const sameRun = live.epoch === window.position.e;
  if (!sameRun) return window.alerts.filter((alert) => belongs(alert, query)).slice(0, limit);

  // Until the view has caught up with the page, what the view lacks may simply be younger than it.
  const complete = !live.truncated && live.seq >= window.position.s;
  const merged = new Map<AlertId, Alert>();
  for (const alert of window.alerts) {
    const known = live.open.get(alert.id);
    if (known === undefined && alert.closedAt === null && complete) continue;
    // The newer of the two is right; at the same position a truncated view may have missed a change.
    const ahead = window.position.s - live.seq;
    const pageWins = known === undefined || ahead > 0 || (live.truncated && ahead === 0);
    merged.set(alert.id, pageWins ? alert : known);
  }
  const compare = compareAlerts(query.status, window.staleBeforeMs);
  const first = query.cursor === null;
  if (first && query.status !== 'resolved') {
    const last = window.hasMore ? window.alerts.at(-1) : undefined;
    for (const alert of live.open.values()) {
      if (!merged.has(alert.id) && (last === undefined || compare(alert, last) <= 0))
        merged.set(alert.id, alert);
    }
  }
  const shown = [...merged.values()].filter((alert) => belongs(alert, query));
  return (first ? shown.sort(compare) : shown).slice(0, limit);
}

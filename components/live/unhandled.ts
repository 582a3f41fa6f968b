/**
 * Owns the number that stands in the navigation, the title and the tab's picture: what is left for somebody to
 * take, exactly as the list of alerts shows it. A host that goes down without an alert (heard only once) is not
 * in it: nobody could take it. Pure.
 */
import { unhandledOf } from '#lib/protocol/host-counts.ts';
import type { LiveState } from '@/lib/client/view-store.ts';
import type { Alert, AlertId } from '@/lib/protocol/alert.ts';

/** The map is never changed in place, and several parts of the page ask for the same one. */
const counted = new WeakMap<ReadonlyMap<AlertId, Alert>, number>();

function countUnhandled(alerts: ReadonlyMap<AlertId, Alert>): number {
  const known = counted.get(alerts);
  if (known !== undefined) return known;
  let count = 0;
  for (const { closedAt, ack } of alerts.values()) if (closedAt === null && ack === null) count++;
  counted.set(alerts, count);
  return count;
}

/**
 * Open alerts nobody has taken, and at most as many as hosts are down and neither acknowledged nor in maintenance
 * (whose alerts wait with them). When there are more open ones than the view holds, those hosts stand for them.
 * O(alerts) once a map.
 */
export function unhandledCount({
  alerts,
  alertsTruncated,
  counts,
}: Pick<LiveState, 'alerts' | 'alertsTruncated' | 'counts'>): number {
  if (counts === null) return countUnhandled(alerts);
  return alertsTruncated ? unhandledOf(counts) : Math.min(countUnhandled(alerts), unhandledOf(counts));
}

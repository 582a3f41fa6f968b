/** The mark before an alert's host. Pure. */
import type { Alert } from '@/lib/protocol/alert.ts';
import type { StateKind } from '../ui/tokens.ts';

/** As the server words the reason of an alert that a removal ended (server/alerts/removal.ts). */
const REMOVED = /^removed by /;

/** `recovered`: its host is up again, and the alert's own end is not here yet. Nobody knows how a removed host is. */
export function alertMark(
  { ack, closedAt, reason }: Pick<Alert, 'ack' | 'closedAt' | 'reason'>,
  recovered: boolean,
): StateKind {
  if (closedAt !== null) return REMOVED.test(reason) ? 'left' : 'up';
  if (recovered) return 'up';
  return ack ? 'acknowledged' : 'down';
}

import type { Evidence, HostId } from './host.ts';

/** Who took an alert, when, and for how long. */
export type Acknowledgement = {
  readonly by: string;
  readonly at: number;
  readonly comment: string | null;
  /** When it ends by itself; null = until recovery. */
  readonly expiresAt: number | null;
};

/** In characters. */
export const MAX_COMMENT_LENGTH = 1_000;

/** `${hostId}-${episode}`. */
export type AlertId = string;

/** One down episode of one host. Open while closedAt is null, acknowledged or not. */
export type Alert = {
  readonly id: AlertId;
  readonly hostId: HostId;
  readonly host: string;
  readonly episode: number;
  readonly openedAt: number;
  readonly closedAt: number | null;
  /** In words (English), as on the host. */
  readonly reason: string;
  /** The same verdict as data, for pages in other languages; null when it is no longer known. */
  readonly evidence: Evidence | null;
  readonly incidentId: string | null;
  readonly ack: Acknowledgement | null;
};

/** `open` = unhandled and acknowledged ones. */
export type AlertStatus = 'open' | 'unhandled' | 'acknowledged' | 'resolved';
export const ALERT_STATUSES: readonly AlertStatus[] = ['open', 'unhandled', 'acknowledged', 'resolved'];

/** An open alert older than this is stale: marked, and sorted before the others. */
export const STALE_AFTER_MS = 24 * 3_600_000;

/** After its recovery a host's next down is the same episode within the longer of these two. */
export const MIN_RESUMPTION_MS = 60_000;
export const RESUMPTION_TIMEOUTS = 3;

export function resumptionMs(timeoutMs: number): number {
  return Math.max(RESUMPTION_TIMEOUTS * timeoutMs, MIN_RESUMPTION_MS);
}

/** acked: now acknowledged; alreadyAcked: success, the first owner stays; skipped: another episode or not down. */
export type AckOutcome = 'acked' | 'alreadyAcked' | 'skipped';

export type AckResult = {
  readonly id: AlertId;
  readonly outcome: AckOutcome;
  /** The host's state now, null when the host is not known. */
  readonly state: string | null;
  readonly ack: Acknowledgement | null;
};

export type AckAnswer = {
  readonly acked: number;
  readonly alreadyAcked: number;
  readonly skipped: number;
  readonly batchId: string;
  readonly results?: readonly AckResult[];
};

export type UnackAnswer = { readonly unacked: number; readonly skipped: number };

const ALERT_ID = /^([0-9a-f]{16})-([1-9][0-9]{0,8})$/;

/** The host and episode an alert id names, or null when it is not of that form. */
export function parseAlertId(id: string): { hostId: HostId; episode: number } | null {
  const match = ALERT_ID.exec(id);
  return match ? { hostId: match[1]!, episode: Number(match[2]) } : null;
}

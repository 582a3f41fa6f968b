/**
 * Owns what the list of alerts shows, as it stands in the address. Pure; what is not understood falls back.
 */
import { ALERT_STATUSES, type Alert, type AlertStatus } from '@/lib/protocol/alert.ts';

/** Rows in one window of the list. */
export const ALERTS_PER_PAGE = 100;
const MAX_CURSOR_LENGTH = 512;
const MAX_PAGE = 1_000_000;

export type AlertQuery = {
  readonly status: AlertStatus;
  /** Among the open ones: leave out those somebody has taken. */
  readonly unhandledOnly: boolean;
  readonly cursor: string | null;
  readonly page: number;
};

export const UNHANDLED_ALERTS: AlertQuery = { status: 'open', unhandledOnly: true, cursor: null, page: 1 };

export function parseAlertQuery(params: Pick<URLSearchParams, 'get'>): AlertQuery {
  const wanted = params.get('status') as AlertStatus;
  const status = ALERT_STATUSES.includes(wanted) ? wanted : 'open';
  const cursor = params.get('cursor');
  const placed = cursor !== null && cursor !== '' && cursor.length <= MAX_CURSOR_LENGTH;
  const page = Number(params.get('page'));
  return {
    status,
    unhandledOnly: status === 'open' && params.get('show') !== 'all',
    cursor: placed ? cursor : null,
    page: placed ? (Number.isInteger(page) && page > 1 && page <= MAX_PAGE ? page : 2) : 1,
  };
}

/** `/alerts` with only what differs from the default, which is: open and unhandled. */
export function alertsAddress(query: Partial<AlertQuery>): string {
  const full = { ...UNHANDLED_ALERTS, ...query };
  const params = new URLSearchParams();
  if (full.status !== 'open') params.set('status', full.status);
  else if (!full.unhandledOnly) params.set('show', 'all');
  if (full.cursor !== null) {
    params.set('cursor', full.cursor);
    params.set('page', String(full.page));
  }
  const search = params.toString();
  return search === '' ? '/alerts' : `/alerts?${search}`;
}

export function alertsApiPath(status: AlertStatus, cursor: string | null, limit: number): string {
  const params = new URLSearchParams({ status, limit: String(limit) });
  if (cursor !== null) params.set('cursor', cursor);
  return `/api/alerts?${params}`;
}

/** Does an alert belong to what is asked for? */
export function belongs(alert: Alert, query: Pick<AlertQuery, 'status' | 'unhandledOnly'>): boolean {
  if (query.status === 'resolved') return alert.closedAt !== null;
  if (alert.closedAt !== null) return false;
  if (query.status === 'acknowledged') return alert.ack !== null;
  return !query.unhandledOnly || alert.ack === null;
}

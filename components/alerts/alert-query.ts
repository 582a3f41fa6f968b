/**
 * Owns what the list of alerts shows, as it stands in the address. Pure; what is not understood falls back.
 */
import type { Alert, AlertStatus } from '@/lib/protocol/alert.ts';

/** Rows in one window of the list. */
export const ALERTS_PER_PAGE = 100;
const MAX_CURSOR_LENGTH = 512;
const MAX_PAGE = 1_000_000;

/** In the order the tabs stand: what needs someone first. */
export const ALERT_TABS: readonly AlertStatus[] = ['unhandled', 'acknowledged', 'open', 'resolved'];

export type AlertQuery = {
  readonly status: AlertStatus;
  readonly cursor: string | null;
  readonly page: number;
};

export const UNHANDLED_ALERTS: AlertQuery = { status: 'unhandled', cursor: null, page: 1 };

export function parseAlertQuery(params: Pick<URLSearchParams, 'get'>): AlertQuery {
  const wanted = params.get('status') as AlertStatus;
  const cursor = params.get('cursor');
  const placed = cursor !== null && cursor !== '' && cursor.length <= MAX_CURSOR_LENGTH;
  const page = Number(params.get('page'));
  return {
    status: ALERT_TABS.includes(wanted) ? wanted : 'unhandled',
    cursor: placed ? cursor : null,
    page: placed ? (Number.isInteger(page) && page > 1 && page <= MAX_PAGE ? page : 2) : 1,
  };
}

/** `/alerts` with only what differs from the default, which is: the unhandled ones. */
export function alertsAddress(query: Partial<AlertQuery>): string {
  const full = { ...UNHANDLED_ALERTS, ...query };
  const params = new URLSearchParams();
  if (full.status !== 'unhandled') params.set('status', full.status);
  if (full.cursor !== null) {
    params.set('cursor', full.cursor);
    params.set('page', String(full.page));
  }
  const search = params.toString();
  return search === '' ? '/alerts' : `/alerts?${search}`;
}

/** Does an alert belong to what is asked for? */
export function belongs(alert: Alert, { status }: Pick<AlertQuery, 'status'>): boolean {
  if (status === 'resolved') return alert.closedAt !== null;
  if (alert.closedAt !== null) return false;
  return status === 'open' || (alert.ack !== null) === (status === 'acknowledged');
}

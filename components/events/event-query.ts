/**
 * Owns which part of the fleet's history is shown, as it stands in the address. Pure; what is not understood falls back.
 */

export const EVENTS_PER_PAGE = 100;
const MAX_CURSOR_LENGTH = 512;
const MAX_PAGE = 1_000_000;
const HOUR_MS = 3_600_000;

/** How far back. */
export const EVENT_RANGES = {
  '1h': HOUR_MS,
  '24h': 24 * HOUR_MS,
  '7d': 7 * 24 * HOUR_MS,
  '30d': 30 * 24 * HOUR_MS,
};
export type EventRange = keyof typeof EVENT_RANGES;
const DEFAULT_RANGE: EventRange = '24h';

export type EventQuery = {
  readonly range: EventRange;
  /** Where the window starts, as the server named it; null = with the newest. */
  readonly cursor: string | null;
  readonly page: number;
};

export const NEWEST_EVENTS: EventQuery = { range: DEFAULT_RANGE, cursor: null, page: 1 };

export function parseEventQuery(params: Pick<URLSearchParams, 'get'>): EventQuery {
  const range = params.get('range') ?? '';
  const cursor = params.get('cursor');
  const placed = cursor !== null && cursor !== '' && cursor.length <= MAX_CURSOR_LENGTH;
  const page = Number(params.get('page'));
  return {
    range: Object.hasOwn(EVENT_RANGES, range) ? (range as EventRange) : DEFAULT_RANGE,
    cursor: placed ? cursor : null,
    page: placed ? (Number.isInteger(page) && page > 1 && page <= MAX_PAGE ? page : 2) : 1,
  };
}

/** `/events` with only what differs from the default, the last 24 hours. */
export function eventsAddress(query: Partial<EventQuery>): string {
  const full = { ...NEWEST_EVENTS, ...query };
  const params = new URLSearchParams();
  if (full.range !== DEFAULT_RANGE) params.set('range', full.range);
  if (full.cursor !== null) {
    params.set('cursor', full.cursor);
    params.set('page', String(full.page));
  }
  const search = params.toString();
  return search === '' ? '/events' : `/events?${search}`;
}

/** Where the same span is as CSV. Instants in ms. */
export function csvAddress(fromMs: number, toMs: number): string {
  return `/api/events.csv?from=${Math.floor(fromMs)}&to=${Math.ceil(toMs)}`;
}

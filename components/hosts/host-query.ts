/**
 * Owns what the list of hosts shows, as it stands in the address: filter, order and place. Pure.
 * Anything an address may contain is accepted; what is not understood falls back to its default.
 */
import type { HostFilter, HostSort } from '@/lib/protocol/api.ts';
import { isLabelKey, isLabelValue, MAX_LABELS, type StateName } from '@/lib/protocol/host.ts';

export type HostStateFilter = StateName | 'unhandled' | 'acknowledged' | 'maintenance';

/** In the order the chips stand: what needs someone first. */
export const STATE_FILTERS: readonly HostStateFilter[] = [
  'unhandled',
  'down',
  'acknowledged',
  'maintenance',
  'late',
  'up',
  'pending',
  'left',
];

export const HOST_SORTS: readonly HostSort[] = [
  'name',
  '-name',
  'state',
  '-state',
  'lastSeenAt',
  '-lastSeenAt',
  'changedAt',
  '-changedAt',
  'lossRatio',
  '-lossRatio',
];
export const DEFAULT_SORT: HostSort = 'name';

/** Rows in one window of the list. */
export const HOSTS_PER_PAGE = 100;
export const MAX_SEARCH_LENGTH = 128;
const MAX_CURSOR_LENGTH = 512;
const MAX_PAGE = 1_000_000;

export type HostQuery = {
  readonly state: HostStateFilter | null;
  /** Part of a name, trimmed; '' = any. */
  readonly q: string;
  /** `key:value`, all of which a host must carry; at most 16, none twice. */
  readonly labels: readonly string[];
  readonly sort: HostSort;
  /** Where the window starts, as the server named it; null = at the beginning. */
  readonly cursor: string | null;
  /** Which window that is, from 1; only to say so. */
  readonly page: number;
};

export const ALL_HOSTS: HostQuery = {
  state: null,
  q: '',
  labels: [],
  sort: DEFAULT_SORT,
  cursor: null,
  page: 1,
};

/** The key and value of `key:value` (the value may contain colons), or null when it is not a label. */
export function parseLabel(text: string): { key: string; value: string } | null {
  const colon = text.indexOf(':');
  if (colon < 1) return null;
  const key = text.slice(0, colon);
  const value = text.slice(colon + 1);
  return isLabelKey(key) && isLabelValue(value) ? { key, value } : null;
}

/** A colon or an equals sign is in no host name: it is the beginning of a label. */
export const LABEL_SIGN = /[:=]/;

/** A label as people type it, `key:value` or, as heartbeats carry it, `key=value`: as `key:value`, or null. */
export function typedLabel(text: string): string | null {
  const label = text.replace(LABEL_SIGN, ':');
  return parseLabel(label) === null ? null : label;
}

/** What the address asks for. Never throws. */
export function parseHostQuery(params: Pick<URLSearchParams, 'get' | 'getAll'>): HostQuery {
  const state = params.get('state') as HostStateFilter;
  const sort = params.get('sort') as HostSort;
  const labels = [...new Set(params.getAll('label'))].filter((label) => parseLabel(label) !== null);
  const cursor = params.get('cursor');
  const page = Number(params.get('page'));
  const placed = cursor !== null && cursor !== '' && cursor.length <= MAX_CURSOR_LENGTH;
  return {
    state: STATE_FILTERS.includes(state) ? state : null,
    q: (params.get('q') ?? '').trim().slice(0, MAX_SEARCH_LENGTH).toWellFormed().trim(),
    labels: labels.slice(0, MAX_LABELS),
    sort: HOST_SORTS.includes(sort) ? sort : DEFAULT_SORT,
    cursor: placed ? cursor : null,
    page: placed && Number.isInteger(page) && page > 1 && page <= MAX_PAGE ? page : placed ? 2 : 1,
  };
}

function filterParams(query: HostQuery): URLSearchParams {
  const params = new URLSearchParams();
  if (query.state !== null) params.set('state', query.state);
  if (query.q !== '') params.set('q', query.q);
  for (const label of query.labels) params.append('label', label);
  return params;
}

/** The address that asks for it: `/hosts`, with only what differs from the default. */
export function hostsAddress(query: Partial<HostQuery>): string {
  const full = { ...ALL_HOSTS, ...query };
  const params = filterParams(full);
  if (full.sort !== DEFAULT_SORT) params.set('sort', full.sort);
  if (full.cursor !== null) {
    params.set('cursor', full.cursor);
    params.set('page', String(full.page));
  }
  // A colon needs no escape in a query, and labels are read by people there.
  const search = params.toString().replaceAll('%3A', ':');
  return search === '' ? '/hosts' : `/hosts?${search}`;
}

/** The same as a query of `GET /api/hosts`. */
export function hostsApiPath(query: HostQuery, limit: number): string {
  const params = filterParams(query);
  params.set('sort', query.sort);
  params.set('limit', String(limit));
  if (query.cursor !== null) params.set('cursor', query.cursor);
  return `/api/hosts?${params}`;
}

/** Another filter or order starts at the beginning. */
export function withFilter(query: HostQuery, change: Partial<HostQuery>): HostQuery {
  return { ...query, ...change, cursor: null, page: 1 };
}

export function isFiltered(query: HostQuery): boolean {
  return query.state !== null || query.q !== '' || query.labels.length > 0;
}

/** What a query finds, as a command to the server names it. */
export function filterOf(query: HostQuery): HostFilter {
  return {
    ...(query.state === null ? {} : { state: query.state }),
    ...(query.q === '' ? {} : { q: query.q }),
    ...(query.labels.length === 0 ? {} : { label: query.labels }),
  };
}

/** The unhandled down hosts of a query, as an acknowledgement names them; null when its state excludes them all. */
export function unhandledFilter(query: HostQuery): HostFilter | null {
  if (query.state !== null && query.state !== 'unhandled' && query.state !== 'down') return null;
  return filterOf({ ...query, state: 'unhandled' });
}

/** Clicking a column sorts by it; clicking again turns the order round. */
export function toggledSort(current: HostSort, column: HostSort): HostSort {
  if (current !== column) return column;
  return (column.startsWith('-') ? column.slice(1) : `-${column}`) as HostSort;
}

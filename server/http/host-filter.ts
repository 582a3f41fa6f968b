/** A filter over hosts as `GET /api/hosts` and commands take it: parsed once, and in words for the audit. */
import { isLabelKey } from '#lib/protocol/host.ts';
import { bodyFields } from './parameters.ts';
import { invalidParameter, visible } from './problem.ts';

export const STATE_FILTERS = [
  'pending',
  'up',
  'late',
  'down',
  'left',
  'unhandled',
  'acknowledged',
  'maintenance',
] as const;
export type StateFilter = (typeof STATE_FILTERS)[number];

const MAX_QUERY_LENGTH = 200;
const MAX_LABEL_FILTERS = 16;

export type ParsedFilter = {
  readonly state: StateFilter | null;
  /** Lower-case. */
  readonly q: string | null;
  readonly labels: readonly (readonly [string, string])[];
};

/** Values as they came from a URL or a JSON body. Throws `invalid_parameter`. */
export function parseFilter(state: unknown, q: unknown, label: unknown): ParsedFilter {
  if (state !== undefined && state !== null && !STATE_FILTERS.includes(state as StateFilter)) {
    throw invalidParameter('state', state, `one of ${STATE_FILTERS.join(', ')}`);
  }
  if (q !== undefined && q !== null && (typeof q !== 'string' || q.length > MAX_QUERY_LENGTH)) {
    throw invalidParameter('q', q, `at most ${MAX_QUERY_LENGTH} characters`);
  }
  const labels = label === undefined || label === null ? [] : Array.isArray(label) ? label : [label];
  if (labels.length > MAX_LABEL_FILTERS) {
    throw invalidParameter('label', labels, `at most ${MAX_LABEL_FILTERS} of them`);
  }
  return {
    state: (state as StateFilter | undefined) ?? null,
    q: (q as string | undefined)?.trim().toLowerCase() || null,
    labels: labels.map((each) => parseLabel(each)),
  };
}

function parseLabel(label: unknown): readonly [string, string] {
  const colon = typeof label === 'string' ? label.indexOf(':') : -1;
  const key = colon === -1 ? '' : (label as string).slice(0, colon);
  const value = colon === -1 ? '' : (label as string).slice(colon + 1);
  if (!isLabelKey(key) || value === '') throw invalidParameter('label', label, 'key:value, such as rack:r17');
  return [key, value];
}

/** The `filter` of a body. Throws `invalid_parameter`. */
export function parseFilterFields(filter: unknown): ParsedFilter {
  const { state, q, label } = bodyFields(filter, ['state', 'q', 'label']);
  return parseFilter(state, q, label);
}

/** Does it find every host? */
export function isEmptyFilter({ state, q, labels }: ParsedFilter): boolean {
  return state === null && q === null && labels.length === 0;
}

/** `state=down label=rack:r1 q="web"`, `all` for the empty one. */
export function filterInWords(filter: ParsedFilter): string {
  if (isEmptyFilter(filter)) return 'all';
  const { state, q, labels } = filter;
  const parts = [
    ...(state === null ? [] : [`state=${state}`]),
    ...labels.map(([key, value]) => `label=${key}:${value}`),
    ...(q === null ? [] : [`q=${JSON.stringify(q)}`]),
  ];
  return visible(parts.join(' '));
}

/**
 * Owns which hosts a filter finds and the order of `GET /api/hosts`, also where a command takes a filter. Looks at
 * every host of the published state in slices of a few ms; keyset cursors, so that hosts nobody touched are never
 * skipped.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HostSort } from '#lib/protocol/api.ts';
import {
  ACKNOWLEDGED,
  type HostId,
  HostState,
  type Labels,
  MAINTENANCE,
  STATE_MASK,
  STATE_NAMES,
} from '#lib/protocol/host.ts';
import { KeysetWindow } from '../keyset-window.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { ParsedFilter, StateFilter } from './host-filter.ts';
import { factsOf, type HostSource, isShown, lastSeenAtMsOf, lossRatioOf } from './host-view.ts';
import { invalidParameter } from './problem.ts';

const SORT_FIELDS = ['name', 'state', 'lastSeenAt', 'changedAt', 'lossRatio'] as const;
type SortField = (typeof SORT_FIELDS)[number];
export const HOST_SORTS: readonly HostSort[] = SORT_FIELDS.flatMap((field): HostSort[] => [
  field,
  `-${field}`,
]);

const IN_STATE: Readonly<Record<StateFilter, (byte: number) => boolean>> = {
  pending: (byte) => (byte & STATE_MASK) === HostState.pending,
  up: (byte) => (byte & STATE_MASK) === HostState.up,
  late: (byte) => (byte & STATE_MASK) === HostState.late,
  down: (byte) => (byte & STATE_MASK) === HostState.down,
  left: (byte) => (byte & STATE_MASK) === HostState.left,
  unhandled: (byte) => (byte & (STATE_MASK | ACKNOWLEDGED | MAINTENANCE)) === HostState.down,
  acknowledged: (byte) =>
    (byte & (STATE_MASK | ACKNOWLEDGED | MAINTENANCE)) === (HostState.down | ACKNOWLEDGED),
  maintenance: (byte) => (byte & (STATE_MASK | MAINTENANCE)) === (HostState.down | MAINTENANCE),
};

/** A predicate over slots. Label sets are shared by many hosts, so each is looked at once. */
function matcher(source: HostSource, filter: ParsedFilter): (slot: number, byte: number) => boolean {
  const inState = filter.state === null ? null : IN_STATE[filter.state];
  const { q, labels } = filter;
  const known = new Map<Labels, { readonly all: boolean; readonly value: boolean }>();
  const ofLabels = (set: Labels) => {
    let match = known.get(set);
    if (match === undefined) {
      const all = labels.every(([key, value]) => Object.hasOwn(set, key) && set[key] === value);
      const value = q !== null && Object.values(set).some((text) => text.toLowerCase().includes(q));
      match = { all, value };
      known.set(set, match);
    }
    return match;
  };
  return (slot, byte) => {
    if (inState !== null && !inState(byte)) return false;
    if (q === null && labels.length === 0) return true;
    const match = ofLabels(source.directory.labelsOf(slot));
    return (
      match.all && (q === null || match.value || source.directory.nameOf(slot).toLowerCase().includes(q))
    );
  };
}

const SLICE_MS = 4;
/** Slots between two looks at the clock. */
const STEP = 512;

/** Calls `visit` for every shown host that matches, in slot order, letting other work in between. */
export async function eachMatch(
  source: HostSource,
  filter: ParsedFilter,
  visit: (slot: number) => void,
): Promise<void> {
  const matches = matcher(source, filter);
  let untilMs = performance.now() + SLICE_MS;
  for (let slot = 0; slot < source.live.slotCount; slot++) {
    if (slot % STEP === 0 && performance.now() > untilMs) {
      await nextTurn();
      untilMs = performance.now() + SLICE_MS;
    }
    if (isShown(source, slot) && matches(slot, source.live.stateAt(slot))) visit(slot);
  }
}

/** The hosts a filter finds, for commands. */
export async function matchingHosts(source: HostSource, filter: ParsedFilter): Promise<HostId[]> {
  const ids: HostId[] = [];
  await eachMatch(source, filter, (slot) => void ids.push(source.directory.idOf(slot)));
  return ids;
}

/** The hosts a filter finds down, for commands (A22). */
export async function downHosts(source: HostSource, filter: ParsedFilter): Promise<HostId[]> {
  const ids: HostId[] = [];
  await eachMatch(source, filter, (slot) => {
    if (IN_STATE.down(source.live.stateAt(slot))) ids.push(source.directory.idOf(slot));
  });
  return ids;
}

type SortKey = { readonly primary: number; readonly name: string; readonly id: HostId };
type Candidate = SortKey & { readonly slot: number };

/** web-2 before web-10; the same on every machine. */
const byName = new Intl.Collator('en', { numeric: true }).compare;

function compareBy(sort: HostSort): (a: SortKey, b: SortKey) => number {
  const direction = sort.startsWith('-') ? -1 : 1;
  const onName = sort.endsWith('name');
  return (a, b) =>
    direction * (a.primary - b.primary) ||
    (onName ? direction : 1) * byName(a.name, b.name) ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Worst first. */
function severityOf(byte: number): number {
  if (IN_STATE.unhandled(byte)) return 0;
  if (IN_STATE.acknowledged(byte)) return 1;
  if (IN_STATE.maintenance(byte)) return 2;
  return { late: 3, pending: 4, left: 5, up: 6, down: 0, empty: 7 }[
    STATE_NAMES[byte & STATE_MASK] ?? 'empty'
  ];
}

function primaryOf(source: HostSource, field: SortField, slot: number): number {
  switch (field) {
    case 'name':
      return 0;
    case 'state':
      return severityOf(source.live.stateAt(slot));
    case 'changedAt':
      return source.directory.changedAtMsOf(slot);
    case 'lastSeenAt':
      return lastSeenAtMsOf(factsOf(source, slot)) ?? 0;
    case 'lossRatio':
      return lossRatioOf(factsOf(source, slot)) ?? -1;
  }
}

export type HostWindow = {
  readonly total: number;
  readonly slots: readonly number[];
  readonly nextCursor: string | null;
};

/** One page in order, and how many match in all. */
export async function queryHosts(
  source: HostSource,
  filter: ParsedFilter,
  sort: HostSort,
  limit: number,
  cursor: string | null,
): Promise<HostWindow> {
  const field = sort.replace('-', '') as SortField;
  const window = new KeysetWindow<SortKey>(
    limit,
    compareBy(sort),
    cursor === null ? null : keyOf(cursor, sort),
  );
  let total = 0;
  await eachMatch(source, filter, (slot) => {
    total++;
    const { directory } = source;
    const primary = primaryOf(source, field, slot);
    const candidate: Candidate = { primary, name: directory.nameOf(slot), id: directory.idOf(slot), slot };
    window.offer(candidate);
  });
  const { items, more } = window.finish();
  const last = items.at(-1);
  return {
    total,
    // One that was removed during the scan is left out.
    slots: (items as Candidate[]).map(({ slot }) => slot).filter((slot) => isShown(source, slot)),
    nextCursor: more && last ? encodeCursor([sort, last.primary, last.name, last.id]) : null,
  };
}

function keyOf(cursor: string, sort: HostSort): SortKey {
  const [of, primary, name, id] = decodeCursor(cursor, ['string', 'number', 'string', 'string']);
  if (of !== sort) throw invalidParameter('cursor', cursor, `a nextCursor that was given for sort=${sort}`);
  return { primary: primary as number, name: name as string, id: id as string };
}

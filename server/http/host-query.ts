/**
 * Owns which hosts a filter finds and the order of `GET /api/hosts`, also where a command takes a filter. Looks at
 * every host of the published state in slices of a few ms, and makes objects and strings of those on the page alone;
 * keyset cursors, so that hosts nobody touched are never skipped.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HostSort } from '#lib/protocol/api.ts';
import {
  ACKNOWLEDGED,
  type HostId,
  HostState,
  MAINTENANCE,
  STATE_MASK,
  STATE_NAMES,
} from '#lib/protocol/host.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { ParsedFilter, StateFilter } from './host-filter.ts';
import { factsOf, type HostSource, isShown, lastSeenAtMsOf, lossRatioOf } from './host-view.ts';
import { type HostKey, HostWindow, keyOf } from './host-window.ts';
import { containsText, textOf } from './name-order.ts';
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

/** A predicate over slots. Label sets are shared by many hosts, so each is looked at once; names are looked at as bytes. */
function matcher(source: HostSource, filter: ParsedFilter): (slot: number, byte: number) => boolean {
  const inState = filter.state === null ? null : IN_STATE[filter.state];
  const { q, labels } = filter;
  const { directory } = source;
  const { names } = directory;
  const sets = directory.matchLabels(labels, (value) => q !== null && value.toLowerCase().includes(q));
  const text = q === null ? null : Buffer.from(q, 'utf8');
  return (slot, byte) => {
    if (inState !== null && !inState(byte)) return false;
    if (text === null && labels.length === 0) return true;
    const set = directory.labelSetOf(slot);
    if (labels.length > 0 && !sets.hasAll(set)) return false;
    if (text === null || sets.hasSome(set)) return true;
    names.look(slot);
    return containsText(names, text);
  };
}

const SLICE_MS = 4;
/** Slots between two looks at the clock, and next to each other in memory. */
const BLOCK = 512;

/**
 * Calls `visit` for every shown host that matches, letting other work in between. Blocks of slots come in a scattered
 * order: hosts register in the order of their names as a rule, and a page of the last ones would be replaced with
 * every host that came.
 */
export async function eachMatch(
  source: HostSource,
  filter: ParsedFilter,
  visit: (slot: number) => void,
): Promise<void> {
  const matches = matcher(source, filter);
  const { live } = source;
  const look = (from: number, to: number): void => {
    for (let slot = from; slot < to; slot++) {
      if (isShown(source, slot) && matches(slot, live.stateAt(slot))) visit(slot);
    }
  };
  const blocks = Math.ceil(live.slotCount / BLOCK);
  const step = scatteringStep(blocks);
  let untilMs = performance.now() + SLICE_MS;
  for (let i = 0, block = 0; i < blocks; i++, block = (block + step) % blocks) {
    look(block * BLOCK, Math.min((block + 1) * BLOCK, live.slotCount));
    if (performance.now() < untilMs) continue;
    await nextTurn();
    untilMs = performance.now() + SLICE_MS;
  }
  // Those that came meanwhile.
  look(blocks * BLOCK, live.slotCount);
}

/** By so many, and round again, each of `blocks` is come to once, far from the one before. */
function scatteringStep(blocks: number): number {
  let step = Math.max(1, Math.round(blocks * 0.618));
  while (greatestCommonDivisor(step, blocks) > 1) step++;
  return step;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
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

export type HostPageSlots = {
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
): Promise<HostPageSlots> {
  const descending = sort.startsWith('-');
  const field = (descending ? sort.slice(1) : sort) as SortField;
  const { directory } = source;
  const { names } = directory;
  const window = new HostWindow(limit, { field, descending }, cursor === null ? null : afterOf(cursor, sort));
  let total = 0;
  let looked = 0;
  const id = (): HostId => directory.idOf(looked);
  await eachMatch(source, filter, (slot) => {
    total++;
    looked = slot;
    names.look(slot);
    window.offer(slot, primaryOf(source, field, slot), names, id);
  });
  const { hosts, more } = window.finish();
  const last = hosts.at(-1);
  return {
    total,
    // One that was removed during the scan is left out.
    slots: hosts.map(({ slot }) => slot).filter((slot) => isShown(source, slot)),
    nextCursor: more && last ? encodeCursor([sort, last.primary, textOf(last.name), last.id]) : null,
  };
}

function afterOf(cursor: string, sort: HostSort): HostKey {
  const [of, primary, name, id] = decodeCursor(cursor, ['string', 'number', 'string', 'string']);
  if (of !== sort) throw invalidParameter('cursor', cursor, `a nextCursor that was given for sort=${sort}`);
  return keyOf(primary as number, name as string, id as string);
}

/**
 * Makes table, lists, wheel and resting rows anew from the columns that a dead shard left, wherever it stopped, and
 * says what is to be told again. Ids, states, instants and what detectors learnt are trusted, links are not. Shard thread.
 * Cost: one pass and one sort over the rows ever used; less than half a second for a million.
 */
import { HostState } from '../../lib/protocol/host.ts';
import type { Watch } from './detector/watch.ts';
import { TransitionReason } from './events.ts';
import type { Untold } from './host-journal.ts';
import type { HostTable } from './host-table.ts';
import { NAMED_BEFORE, ROW_STATE, type ShardColumns } from './layout.ts';
import type { RowPool } from './row-pool.ts';

/** What is rebuilt; fresh, over the columns that are adopted. */
export type AdoptedParts = { readonly table: HostTable; readonly rows: RowPool; readonly watch: Watch };

/** Gives the number of hosts found. */
export function adoptHosts(columns: ShardColumns, parts: AdoptedParts, nowMs: number): number {
  const { lastSeenAtMs, state } = columns;
  const fresh = everUsed(columns);
  parts.rows.adopt(fresh);
  columns.table.fill(0);
  // Lists are in the order of last beats, resting rows in that of removals: the same column.
  const order = Uint32Array.from({ length: fresh }, (_, row) => row).sort(
    (a, b) => lastSeenAtMs[a]! - lastSeenAtMs[b]!,
  );
  let hosts = 0;
  for (const row of order) {
    if ((state[row]! & ROW_STATE) === 0) {
      // Given up, or never finished: the host it was to be is unknown still.
      state[row] = 0;
      parts.rows.rest(row);
      continue;
    }
    hosts++;
    parts.table.insert(row);
    parts.watch.adopt(row, nowMs);
  }
  return hosts;
}

/** One past the highest row that ever held anything. */
function everUsed({ rows, state, lastSeenAtMs, idHigh, idLow }: ShardColumns): number {
  let row = rows;
  while (row > 0) {
    const last = row - 1;
    if (state[last] !== 0 || lastSeenAtMs[last] !== 0 || idHigh[last] !== 0 || idLow[last] !== 0) break;
    row = last;
  }
  return row;
}

export type NewsAgain = {
  /** Hosts that may be unknown to whoever is told. */
  readonly described: readonly number[];
  /** As the columns have it. */
  readonly states: readonly { readonly row: number; readonly kind: number; readonly reason: number }[];
};

/** What is to be told again. Names and labels that were never sent are lost: the column asks for them again. */
export function newsAgain(columns: ShardColumns, untold: readonly Untold[]): NewsAgain {
  const described = new Set<number>();
  const reasons = new Map<number, number>();
  for (const { row, described: isDescription, isNew, reason } of untold) {
    const isHost = (columns.state[row]! & ROW_STATE) !== HostState.empty;
    if (!isHost) continue;
    if (!isDescription) reasons.set(row, reason);
    else {
      if (isNew) described.add(row);
      columns.description[row] = described.has(row) ? 0 : NAMED_BEFORE;
    }
  }
  for (const row of described) if (!reasons.has(row)) reasons.set(row, TransitionReason.heard);
  return {
    described: [...described],
    states: [...reasons].map(([row, noted]) => {
      const kind = columns.state[row]! & ROW_STATE;
      return { row, kind, reason: reasonOf(kind, noted) };
    }),
  };
}

/** What was noted may have been of a state that the row never came to. */
function reasonOf(kind: number, noted: number): number {
  if (kind === HostState.left) return TransitionReason.bye;
  if (kind !== HostState.down && kind !== HostState.late) return TransitionReason.heard;
  const isEnd = noted === TransitionReason.closed || noted === TransitionReason.reset;
  return isEnd && kind === HostState.down ? noted : TransitionReason.timeout;
}

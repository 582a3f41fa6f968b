/**
 * What a shard's worker that takes the place of one that ended has to find out from the columns it left. Pure.
 * Cost: a scan of one column each, once.
 */
import { HostState } from '../../lib/protocol/host.ts';
import { ROW_STATE, type ShardColumns, UNKEPT } from './layout.ts';

/** How many of the first `count` hosts to be restored have their rows already. */
export function placedRows(columns: ShardColumns, count: number): number {
  let row = 0;
  while (row < count && (columns.state[row]! & ROW_STATE) !== HostState.empty) row++;
  return row;
}

/** The first number of a source address that stands in no row, nor in one that was given back. */
export function firstFreeSource(columns: ShardColumns): number {
  let first = 0;
  for (const source of columns.source) {
    if (source < UNKEPT && source >= first) first = source + 1;
  }
  return first;
}

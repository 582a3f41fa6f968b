/**
 * How many beats in a row a host may still miss before fewer than m of the last n expected ones have arrived. On
 * the columns of the seq window; a host that counts no seq keeps its arrivals by elapsed intervals in the same bits.
 * What came before the host last came up counts as arrived: an outage that is over is no loss. Pure, O(m).
 */
import { EXPECTED_MASK, type ShardColumns } from '../layout.ts';

const WINDOW = 64;

/** The host came up: its window begins with the newest beat. `prev` is the detector's: here the seq of that beat. */
export function beginWindow(columns: ShardColumns, row: number): void {
  columns.prev[row] = columns.highSeq[row]!;
  if ((columns.history[row]! & EXPECTED_MASK) !== 0) return;
  columns.seenHigh[row] = 0xffff_ffff;
  columns.seenLow[row] = 0xffff_ffff;
}

/** A beat of a host that counts no seq, `elapsed` intervals after the one before; nothing for one that does. */
export function arriveAfter(columns: ShardColumns, row: number, elapsed: number): void {
  if ((columns.history[row]! & EXPECTED_MASK) !== 0 || elapsed === 0) return;
  const low = columns.seenLow[row]!;
  if (elapsed < 32) {
    columns.seenHigh[row] = (columns.seenHigh[row]! << elapsed) | (low >>> (32 - elapsed));
    columns.seenLow[row] = (low << elapsed) | 1;
  } else {
    columns.seenHigh[row] = elapsed < WINDOW ? low << (elapsed - 32) : 0;
    columns.seenLow[row] = 1;
  }
}

/** Missing so many more beats in a row leaves fewer than `received` of the last `of`; 1 to of - received + 1. */
export function missesLeft(columns: ShardColumns, row: number, received: number, of: number): number {
  const expected = columns.history[row]! & EXPECTED_MASK;
  let counted = WINDOW;
  if (expected !== 0) {
    const since = columns.highSeq[row]! - columns.prev[row]! + 1;
    // A seq below the first one: another run, whose window is its own.
    counted = since > 0 && since < expected ? since : expected;
  }
  const low = columns.seenLow[row]!;
  const high = columns.seenHigh[row]!;
  // The newest beats of which fewer than `received` arrived: as many as stand before the one that makes them enough.
  let arrived = 0;
  let newest = 0;
  for (; newest < of; newest++) {
    const bit = newest < 32 ? (low >>> newest) & 1 : (high >>> (newest - 32)) & 1;
    if ((newest >= counted || bit === 1) && ++arrived === received) break;
  }
  return Math.max(1, of - newest);
}

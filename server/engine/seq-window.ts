/**
 * Which seqs of a host's current run arrived: the highest and a 64-wide bitmap below it, on the columns.
 * Judges, fills and measures; knows no incarnations and no states. O(1), no allocation. Source: PROTOCOL 1.5.
 */
import { EXPECTED_MASK, type ShardColumns } from './layout.ts';

/** How many seqs, counted back from the highest, the window tells apart. */
export const WINDOW_SEQS = 64;

/** newer: counts for liveness. older: not seen before, fills the bitmap only. seen: duplicate or below. */
export const SeqVerdict = { newer: 0, older: 1, seen: 2 } as const;
export type SeqVerdictCode = (typeof SeqVerdict)[keyof typeof SeqVerdict];

/** A new run whose first arrival is `seq`. */
export function startWindow(columns: ShardColumns, row: number, seq: number): void {
  columns.highSeq[row] = seq;
  columns.seenHigh[row] = 0;
  columns.seenLow[row] = 1;
  columns.history[row] = (columns.history[row]! & ~EXPECTED_MASK) | 1;
}

/** No run: the sender counts no seq. */
export function clearWindow(columns: ShardColumns, row: number): void {
  columns.highSeq[row] = 0;
  columns.seenHigh[row] = 0;
  columns.seenLow[row] = 0;
  columns.history[row] = columns.history[row]! & ~EXPECTED_MASK;
}

/** Notes the arrival of `seq` ≥ 1; starts the window when there is none. */
export function arrive(columns: ShardColumns, row: number, seq: number): SeqVerdictCode {
  const expected = columns.history[row]! & EXPECTED_MASK;
  if (expected === 0) {
    startWindow(columns, row, seq);
    return SeqVerdict.newer;
  }
  const high = columns.highSeq[row]!;
  const seenLow = columns.seenLow[row]!;
  const seenHigh = columns.seenHigh[row]!;
  if (seq > high) {
    const step = seq - high;
    columns.highSeq[row] = seq;
    if (step === 1) {
      columns.seenHigh[row] = (seenHigh << 1) | (seenLow >>> 31);
      columns.seenLow[row] = (seenLow << 1) | 1;
    } else if (step < 32) {
      columns.seenHigh[row] = (seenHigh << step) | (seenLow >>> (32 - step));
      columns.seenLow[row] = (seenLow << step) | 1;
    } else {
      columns.seenHigh[row] = step < WINDOW_SEQS ? seenLow << (step - 32) : 0;
      columns.seenLow[row] = 1;
    }
    setExpected(columns, row, Math.min(WINDOW_SEQS, expected + step));
    return SeqVerdict.newer;
  }
  const back = high - seq;
  if (back >= WINDOW_SEQS) return SeqVerdict.seen;
  if (back < 32) {
    if ((seenLow >>> back) & 1) return SeqVerdict.seen;
    columns.seenLow[row] = seenLow | (1 << back);
  } else {
    if ((seenHigh >>> (back - 32)) & 1) return SeqVerdict.seen;
    columns.seenHigh[row] = seenHigh | (1 << (back - 32));
  }
  // Sent before the first we heard of this run: then those between were expected too.
  if (back >= expected) setExpected(columns, row, back + 1);
  return SeqVerdict.older;
}

function setExpected(columns: ShardColumns, row: number, expected: number): void {
  columns.history[row] = (columns.history[row]! & ~EXPECTED_MASK) | expected;
}

function bitCount(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return Math.imul((w + (w >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Beats expected in the window, 0 to 64. */
export function expectedBeats(columns: ShardColumns, row: number): number {
  return columns.history[row]! & EXPECTED_MASK;
}

/** Of those, how many did not arrive. */
export function lostBeats(columns: ShardColumns, row: number): number {
  const arrived = bitCount(columns.seenLow[row]!) + bitCount(columns.seenHigh[row]!);
  // Never negative, even when main reads while the shard is writing.
  return Math.max(0, expectedBeats(columns, row) - arrived);
}

/**
 * The runs (incarnation and newest seq) of one shard's hosts that speak with a tag, read from its memory by main, to
 * be saved against replays. Without locks: the shard never lets a new incarnation stand beside the old one's seq.
 * Cost: about 5 ns a row that is looked at, 30 ns one that is packed.
 */
import type { ShardColumns } from '../layout.ts';
import { RunPacker } from './run-records.ts';
import { TagMark } from './tag-marks.ts';

export class TaggedRuns {
  readonly #columns: ShardColumns;
  readonly #marks: Uint8Array;

  constructor(columns: ShardColumns, marks: Uint8Array) {
    this.#columns = columns;
    this.#marks = marks;
  }

  /** Rows there are, used or not. */
  get rows(): number {
    return this.#columns.rows;
  }

  /**
   * All that is known in the rows from `from` up to `to`, as run-records.ts packs it; null when nothing was heard or
   * removed there since `sinceMs`.
   */
  pack(from: number, to: number, sinceMs: number): Uint8Array<ArrayBuffer> | null {
    const { lastSeenAtMs, idHigh, idLow, incarnation, highSeq } = this.#columns;
    const marks = this.#marks;
    let isNews = false;
    for (let row = from; row < to && !isNews; row++) isNews = lastSeenAtMs[row]! >= sinceMs;
    if (!isNews) return null;
    const packer = new RunPacker(to - from);
    for (let row = from; row < to; row++) {
      if ((marks[row]! & TagMark.tagged) === 0) continue;
      const run = incarnation[row]!;
      const seq = Atomics.load(highSeq, row);
      // Just beginning: the next time then, which is what a crash would cost too.
      if (seq !== 0 && run === incarnation[row]) packer.add(idHigh[row]!, idLow[row]!, run, seq);
    }
    return packer.finish();
  }
}

/**
 * Which row the next host gets. A removed host's row rests, so that whoever still speaks of it meets nobody
 * else there; the resting rows are one list on the columns themselves. Owned by a shard, O(1).
 */
import { NONE, type ShardColumns } from './layout.ts';

/** A row is used again at the earliest so long after its host was removed. */
export const ROW_REST_MS = 10 * 60_000;

export class RowPool {
  readonly #columns: ShardColumns;
  #fresh = 0;
  #oldest = NONE;
  #newest = NONE;

  constructor(columns: ShardColumns) {
    this.#columns = columns;
  }

  /** For a pool that is gone: rows from `fresh` on were never used. Its resting rows are then given up in their order. */
  adopt(fresh: number): void {
    this.#fresh = fresh;
  }

  /** A row free to use, or NONE. Its columns hold what the host before left there. */
  take(nowMs: number): number {
    const row = this.#oldest;
    if (row !== NONE && nowMs - this.#columns.lastSeenAtMs[row]! >= ROW_REST_MS) {
      this.#oldest = this.#columns.next[row]!;
      if (this.#oldest === NONE) this.#newest = NONE;
      return row;
    }
    return this.#fresh < this.#columns.rows ? this.#fresh++ : NONE;
  }

  /** Gives up a row that no table and no list names any longer; its lastSeenAtMs is the instant of that. */
  rest(row: number): void {
    this.#columns.next[row] = NONE;
    if (this.#newest === NONE) this.#oldest = row;
    else this.#columns.next[this.#newest] = row;
    this.#newest = row;
  }
}

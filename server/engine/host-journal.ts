/**
 * Of which rows news was made that may not have been sent yet, in shared memory, so that a shard's successor can tell
 * it again. A row is noted before its columns change; the notes are void once the news has been taken. Shard thread.
 * Cost: two stores a transition, nothing a beat.
 */
import { TransitionReason } from './events.ts';
import {
  JOURNAL,
  JOURNAL_DESCRIBED,
  JOURNAL_NEW,
  JOURNAL_REASON,
  JOURNAL_REASON_SHIFT,
  JOURNAL_ROW,
  JOURNAL_ROWS,
  type ShardColumns,
} from './layout.ts';

export type Untold = {
  readonly row: number;
  /** Its name or labels; else its state. */
  readonly described: boolean;
  /** Nothing was ever told of it before. */
  readonly isNew: boolean;
  /** A TransitionReason. */
  readonly reason: number;
};

export class HostJournal {
  readonly #words: Uint32Array;

  constructor(columns: ShardColumns) {
    this.#words = columns.journal;
  }

  /** A transition for this reason will be told of the row. */
  transition(row: number, reason: number): void {
    this.#note(row | (reason << JOURNAL_REASON_SHIFT));
  }

  /** Its name or labels will be told. */
  described(row: number, isNew: boolean): void {
    this.#note(row | JOURNAL_DESCRIBED | (isNew ? JOURNAL_NEW : 0));
  }

  /** All that was noted has been sent. */
  clear(): void {
    this.#words[JOURNAL.noted] = 0;
  }

  /** In the order they were noted; of all `rows`, as if none was ever told of, when more was noted than is kept. Allocates. */
  untold(rows: number): Untold[] {
    const noted = this.#words[JOURNAL.noted]!;
    if (noted > JOURNAL_ROWS) {
      const unknown = { described: true, isNew: true, reason: TransitionReason.timeout };
      return Array.from({ length: rows }, (_, row) => ({ row, ...unknown }));
    }
    return Array.from(this.#words.subarray(JOURNAL.firstRow, JOURNAL.firstRow + noted), (word) => ({
      row: word & JOURNAL_ROW,
      described: (word & JOURNAL_DESCRIBED) !== 0,
      isNew: (word & JOURNAL_NEW) !== 0,
      reason: (word >>> JOURNAL_REASON_SHIFT) & JOURNAL_REASON,
    }));
  }

  /** Hosts counted under the limit by this shard and those before it. */
  get counted(): number {
    return this.#words[JOURNAL.counted]!;
  }

  set counted(hosts: number) {
    this.#words[JOURNAL.counted] = hosts;
  }

  #note(word: number): void {
    const noted = this.#words[JOURNAL.noted]!;
    if (noted >= JOURNAL_ROWS) {
      // Main is far behind, so that much waits. A successor then tells all it knows: what is known is no news.
      this.#words[JOURNAL.noted] = JOURNAL_ROWS + 1;
      return;
    }
    this.#words[JOURNAL.firstRow + noted] = word;
    this.#words[JOURNAL.noted] = noted + 1;
  }
}

/**
 * No lock-out: the newest refused beat of each silent host, so that a second one that belongs to it may start a
 * new run. By row and for every row, so that nobody pushes another out and a whole fleet whose clocks were set back
 * comes in at its second beats. Owned by a shard; touched by refused beats of silent hosts alone. Source: PROTOCOL 1.5.
 * Cost: O(1), no allocation but the first; 20 bytes a row from then on, of which only rows challenged take memory.
 */

const MAX_STEP = 64;

type Remembered = {
  readonly incarnation: Float64Array;
  readonly atMs: Float64Array;
  /** 0 = nothing is remembered of the row. */
  readonly seq: Uint32Array;
};

export class Challengers {
  readonly #rows: number;
  #first: Remembered | undefined;

  constructor(rows: number) {
    this.#rows = rows;
  }

  /**
   * A refused beat of a host silent past its timeout. True: the second of two that belong together, so it is to be
   * accepted after all. They come from one incarnation with rising seqs, and at least `paceMs` a seq apart: 0 where
   * any two do; above it, where what the network still held of the host's own run, coming in a burst, must not count.
   * `heardAtMs`: when the host was heard last; what was remembered before then is nothing any longer.
   */
  challenge(
    row: number,
    incarnation: number,
    seq: number,
    paceMs: number,
    nowMs: number,
    heardAtMs: number,
  ): boolean {
    this.#first ??= {
      incarnation: new Float64Array(this.#rows),
      atMs: new Float64Array(this.#rows),
      seq: new Uint32Array(this.#rows),
    };
    const first = this.#first;
    // A silent host was heard before it was challenged: at the same instant means afterwards.
    const before = heardAtMs < first.atMs[row]! ? first.seq[row]! : 0;
    const step = seq - before;
    if (before !== 0 && first.incarnation[row] === incarnation && step > 0 && step <= MAX_STEP) {
      if (nowMs - first.atMs[row]! >= paceMs * step) {
        first.seq[row] = 0;
        return true;
      }
      // Too soon for a living sender: the first of them stays the one to measure by.
      return false;
    }
    first.incarnation[row] = incarnation;
    first.atMs[row] = nowMs;
    first.seq[row] = seq;
    return false;
  }

  /** A beat of the host was accepted that it was not heard by, or the host is gone. */
  forget(row: number): void {
    if (this.#first !== undefined) this.#first.seq[row] = 0;
  }
}

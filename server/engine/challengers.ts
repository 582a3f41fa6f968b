/**
 * No lock-out: whoever beats for a silent host from an incarnation or seq that must be refused is remembered,
 * and a second such beat in a row may start a new window. Bounded, the oldest makes room. Owned by a shard;
 * touched only by refused beats of silent hosts. Source: PROTOCOL 1.5.
 */

const MAX_CHALLENGERS = 4_096;
const MAX_STEP = 64;

export class Challengers {
  readonly #byRow = new Map<number, { readonly incarnation: number; readonly seq: number }>();

  /**
   * A refused beat of a host silent past its timeout. True: the second of two that belong together, so it is
   * to be accepted after all.
   */
  challenge(row: number, incarnation: number, seq: number): boolean {
    const first = this.#byRow.get(row);
    this.#byRow.delete(row);
    if (
      first !== undefined &&
      first.incarnation === incarnation &&
      seq > first.seq &&
      seq - first.seq <= MAX_STEP
    ) {
      return true;
    }
    if (this.#byRow.size >= MAX_CHALLENGERS) this.#byRow.delete(this.#byRow.keys().next().value!);
    this.#byRow.set(row, { incarnation, seq });
    return false;
  }

  /** A beat of the host was accepted, or the host is gone. */
  forget(row: number): void {
    if (this.#byRow.size > 0) this.#byRow.delete(row);
  }
}

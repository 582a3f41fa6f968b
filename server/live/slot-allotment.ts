/**
 * Which slot a host gets: dense from 0, one freed at seq r again after ten minutes (docs/protocol.md 2). Knows
 * nothing of states or hosts. Pure; O(1) a call.
 */
export const SLOT_REST_MS = 600_000;

type FreedSlot = { readonly slot: number; readonly freedAtMs: number; freedSeq: number | null };

export class SlotAllotment {
  readonly capacity: number;
  #count = 0;
  #floor = 0;
  #freed: FreedSlot[] = [];
  #head = 0;
  /** Freed, but not yet in a published tick. Always the tail of `#freed`. */
  #unpublished: FreedSlot[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Slots handed out so far, free ones among them: every slot is below this. */
  get count(): number {
    return this.#count;
  }

  /** A position below this seq cannot be answered with a diff. */
  get floor(): number {
    return this.#floor;
  }

  /** null: all are in use or still resting. */
  allot(nowMs: number): number | null {
    const oldest = this.#freed[this.#head];
    if (oldest !== undefined && oldest.freedSeq !== null && nowMs - oldest.freedAtMs >= SLOT_REST_MS) {
      this.#head++;
      if (this.#head > 1_024 && this.#head * 2 > this.#freed.length) {
        this.#freed = this.#freed.slice(this.#head);
        this.#head = 0;
      }
      this.#floor = Math.max(this.#floor, oldest.freedSeq);
      return oldest.slot;
    }
    return this.#count < this.capacity ? this.#count++ : null;
  }

  free(slot: number, nowMs: number): void {
    const freed: FreedSlot = { slot, freedAtMs: nowMs, freedSeq: null };
    this.#freed.push(freed);
    this.#unpublished.push(freed);
  }

  /** The slots freed since the last tick became empty for viewers at this seq. */
  published(seq: number): void {
    for (const freed of this.#unpublished) freed.freedSeq = seq;
    this.#unpublished.length = 0;
  }
}

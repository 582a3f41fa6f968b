/**
 * Which slots changed after a seq: the lists of the last ticks for viewers close behind, `changedAt` for all
 * others. Knows slots and seqs only. Pure. One tick behind O(1); k ticks behind a sort of their lists;
 * farther back one scan (about 1 ms a million slots).
 */
const MAX_TICKS_KEPT = 256;
const MAX_SLOTS_KEPT = 131_072;

type Tick = { readonly seq: number; readonly slots: Uint32Array };

export class ChangeIndex {
  /** Seq of the last change, a slot each. 32 bits last 13 years of ten ticks a second in one epoch. */
  readonly changedAt: Uint32Array;
  #ticks: Tick[] = [];
  #slotsKept = 0;

  constructor(capacity: number) {
    this.changedAt = new Uint32Array(capacity);
  }

  /** One tick. `slots`: each once, in any order; already stamped in `changedAt`. */
  record(seq: number, slots: Uint32Array, slotCount: number): void {
    const ascending = slots.length > slotCount / 32 ? this.#scan(seq - 1, slotCount) : slots.slice().sort();
    this.#ticks.push({ seq, slots: ascending });
    this.#slotsKept += ascending.length;
    let drop = 0;
    while (this.#ticks.length - drop > MAX_TICKS_KEPT || this.#slotsKept > MAX_SLOTS_KEPT) {
      if (drop === this.#ticks.length) break;
      this.#slotsKept -= this.#ticks[drop]!.slots.length;
      drop++;
    }
    if (drop > 0) this.#ticks.splice(0, drop);
  }

  /** Ascending slots with `changedAt > seq`. The array is shared: not to be written to. */
  changedAfter(seq: number, slotCount: number): Uint32Array {
    const first = this.#ticks[0];
    if (first === undefined || first.seq > seq + 1) return this.#scan(seq, slotCount);
    const from = seq + 1 - first.seq;
    if (from === this.#ticks.length - 1) return this.#ticks[from]!.slots;
    let length = 0;
    for (let i = from; i < this.#ticks.length; i++) length += this.#ticks[i]!.slots.length;
    if (length > slotCount / 32) return this.#scan(seq, slotCount);
    const merged = new Uint32Array(length);
    let at = 0;
    for (let i = from; i < this.#ticks.length; i++) {
      merged.set(this.#ticks[i]!.slots, at);
      at += this.#ticks[i]!.slots.length;
    }
    merged.sort();
    let kept = 0;
    for (let i = 0; i < length; i++) {
      if (i === 0 || merged[i] !== merged[i - 1]) merged[kept++] = merged[i]!;
    }
    return merged.subarray(0, kept);
  }

  #scan(seq: number, slotCount: number): Uint32Array {
    const changedAt = this.changedAt;
    let found = 0;
    for (let slot = 0; slot < slotCount; slot++) if (changedAt[slot]! > seq) found++;
    const slots = new Uint32Array(found);
    let at = 0;
    for (let slot = 0; at < found; slot++) if (changedAt[slot]! > seq) slots[at++] = slot;
    return slots;
  }
}

/**
 * The changes of slots that wait for the next tick: the byte each will have, and since when. Knows nothing of what
 * is published. Pure; O(1) a change, two bytes a slot of capacity.
 */
const STAGED = 1;
const DESCRIPTION = 2;

/** `described`: viewers have to hear of the slot although its byte may be the same. */
export type OnStaged = (slot: number, stateByte: number, described: boolean, atMs: number) => void;

export class StagedSlots {
  readonly #states: Uint8Array;
  readonly #marks: Uint8Array;
  #slots: number[] = [];
  /** When each of them changed first; Infinity: it is not said. */
  #atMs: number[] = [];
  /** Where in the two lists the slots are of which it is not said. */
  readonly #untimed = new Map<number, number>();

  constructor(capacity: number) {
    this.#states = new Uint8Array(capacity);
    this.#marks = new Uint8Array(capacity);
  }

  /** Slots staged since the last tick, each once. */
  get size(): number {
    return this.#slots.length;
  }

  /** The byte staged last, or null for a slot that is not staged. */
  byteOf(slot: number): number | null {
    return this.#marks[slot] ? this.#states[slot]! : null;
  }

  stage(slot: number, stateByte: number, described: boolean, atMs: number): void {
    if (this.#marks[slot] === 0) this.#add(slot, atMs);
    else if (this.#untimed.size > 0) this.#time(slot, atMs);
    this.#marks[slot]! |= described ? STAGED | DESCRIPTION : STAGED;
    this.#states[slot] = stateByte;
  }

  /** Hands out each staged slot, in the order they came, with its first instant; nothing is staged then. */
  take(onStaged: OnStaged): void {
    const slots = this.#slots;
    const atMs = this.#atMs;
    this.#slots = [];
    this.#atMs = [];
    this.#untimed.clear();
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      const described = (this.#marks[slot]! & DESCRIPTION) !== 0;
      this.#marks[slot] = 0;
      onStaged(slot, this.#states[slot]!, described, atMs[i]!);
    }
  }

  #add(slot: number, atMs: number): void {
    if (atMs === Number.POSITIVE_INFINITY) this.#untimed.set(slot, this.#slots.length);
    this.#slots.push(slot);
    this.#atMs.push(atMs);
  }

  /** Staged again: gets an instant if it had none. */
  #time(slot: number, atMs: number): void {
    const i = this.#untimed.get(slot);
    if (i === undefined || atMs === Number.POSITIVE_INFINITY) return;
    this.#atMs[i] = atMs;
    this.#untimed.delete(slot);
  }
}

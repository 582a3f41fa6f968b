/**
 * The changes of slots that wait for the next tick: the byte each will have, and since when. Knows nothing of what
 * is published. Pure; O(1) a change, 10 bytes a slot of capacity, taken as slots are first staged.
 */
const STAGED = 1;
const DESCRIPTION = 2;

const FIRST_LENGTH = 1_024;

/** `described`: viewers have to hear of the slot although its byte may be the same. */
export type OnStaged = (slot: number, stateByte: number, described: boolean, atMs: number) => void;

export class StagedSlots {
  readonly #states: Uint8Array;
  readonly #marks: Uint8Array;
  /** By slot: when it changed first; Infinity: it is not said. */
  readonly #atMs: Float64Array;
  #slots = new Uint32Array(FIRST_LENGTH);
  #count = 0;

  constructor(capacity: number) {
    this.#states = new Uint8Array(capacity);
    this.#marks = new Uint8Array(capacity);
    this.#atMs = new Float64Array(capacity);
  }

  /** Slots staged since the last tick, each once. */
  get size(): number {
    return this.#count;
  }

  /** The byte staged last, or null for a slot that is not staged. */
  byteOf(slot: number): number | null {
    return this.#marks[slot] ? this.#states[slot]! : null;
  }

  stage(slot: number, stateByte: number, described: boolean, atMs: number): void {
    if (this.#marks[slot] === 0) this.#add(slot, atMs);
    else if (this.#atMs[slot] === Number.POSITIVE_INFINITY) this.#atMs[slot] = atMs;
    this.#marks[slot]! |= described ? STAGED | DESCRIPTION : STAGED;
    this.#states[slot] = stateByte;
  }

  /** Hands out each staged slot, in the order they came, with its first instant; nothing is staged then. */
  take(onStaged: OnStaged): void {
    const slots = this.#slots;
    const count = this.#count;
    this.#count = 0;
    // What is staged meanwhile must not be written over what is still to be handed out; a large list is let go.
    this.#slots = new Uint32Array(FIRST_LENGTH);
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      const described = (this.#marks[slot]! & DESCRIPTION) !== 0;
      this.#marks[slot] = 0;
      onStaged(slot, this.#states[slot]!, described, this.#atMs[slot]!);
    }
  }

  #add(slot: number, atMs: number): void {
    if (this.#count === this.#slots.length) {
      const grown = new Uint32Array(this.#count * 2);
      grown.set(this.#slots);
      this.#slots = grown;
    }
    this.#slots[this.#count++] = slot;
    this.#atMs[slot] = atMs;
  }
}

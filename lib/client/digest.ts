/**
 * A full recount of the digest in slices, while the bytes go on changing (docs/protocol.md 2, `dig`): finds bytes
 * that were changed past the books. Pure; the caller decides when and how much.
 */
import { StateDigest } from '#lib/protocol/digest.ts';

export const RECOUNT_EVERY_MS = 60_000;
/** About 1 ms of work. */
export const RECOUNT_SLICE_SLOTS = 65_536;

export class DigestRecount {
  readonly #digest = new StateDigest();
  #counted = 0;

  /** Counts the next `slots` bytes; true when all are counted. */
  advance(states: Uint8Array, slots: number): boolean {
    const to = Math.min(states.length, this.#counted + slots);
    this.#digest.addRange(states, this.#counted, to);
    this.#counted = to;
    return to === states.length;
  }

  /** To be told of every change during the recount, so that counted slots stay right. */
  changed(slot: number, before: number, after: number): void {
    if (slot < this.#counted) this.#digest.replace(slot, before, after);
  }

  toString(): string {
    return this.#digest.toString();
  }
}

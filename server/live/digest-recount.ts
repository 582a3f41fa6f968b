/**
 * The full count of the digest beside the incremental one, in slices, while states go on changing
 * (docs/protocol.md 2: every 60 s). Knows state bytes only. Pure; the caller decides how long a slice is.
 */
import { StateDigest } from '#lib/protocol/digest.ts';

export class DigestRecount {
  #digest = new StateDigest();
  #counted = 0;

  /** Follows a change of a slot that is counted already; the others will be met with their new byte. */
  observe(slot: number, before: number, after: number): void {
    if (slot < this.#counted) this.#digest.replace(slot, before, after);
  }

  /** Counts up to `slots` more of `states[0..slotCount)`. The digest when all are counted, else null. */
  advance(states: Uint8Array, slotCount: number, slots: number): StateDigest | null {
    const to = Math.min(slotCount, this.#counted + slots);
    this.#digest.addRange(states, this.#counted, to);
    this.#counted = to;
    return to === slotCount ? this.#digest : null;
  }
}

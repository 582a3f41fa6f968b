/**
 * Recounts the view's digest every minute in slices of about a millisecond, so that bytes changed past the books
 * are found too. Owns its timer.
 */
import { DigestRecount, RECOUNT_EVERY_MS, RECOUNT_SLICE_SLOTS } from './digest.ts';
import type { View } from './view.ts';

export class SelfCheck {
  readonly #view: View;
  readonly #onMismatch: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #recount: DigestRecount | null = null;

  constructor(view: View, onMismatch: () => void) {
    this.#view = view;
    this.#onMismatch = onMismatch;
  }

  /** Also after a snapshot: a recount under way counts bytes that are gone. */
  restart(everyMs: number = RECOUNT_EVERY_MS): void {
    this.stop();
    this.#timer = setTimeout(() => this.#begin(everyMs), everyMs);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#recount = null;
    this.#view.onByte = null;
  }

  #begin(everyMs: number): void {
    const recount = new DigestRecount();
    this.#recount = recount;
    this.#view.onByte = (slot, before, after) => recount.changed(slot, before, after);
    this.#slice(everyMs);
  }

  #slice(everyMs: number): void {
    if (!this.#recount!.advance(this.#view.states, RECOUNT_SLICE_SLOTS)) {
      this.#timer = setTimeout(() => this.#slice(everyMs), 0);
      return;
    }
    const sound = this.#recount!.toString() === this.#view.digest.toString();
    this.restart(everyMs);
    if (!sound) this.#onMismatch();
  }
}

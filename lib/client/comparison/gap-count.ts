/**
 * Counts the frames of one viewer between which something is missing (C4, C5), as they arrive: a snapshot on its
 * way through the decompressor counts as taken. Pure.
 */
import type { Position } from '#lib/protocol/position.ts';

export class GapCount {
  count = 0;
  #newest: Position | null = null;

  /** @param value as a transport delivered it, not looked at yet */
  arrived(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const { t, e, f, s } = value as { t?: unknown; e?: unknown; f?: unknown; s?: unknown };
    if (typeof e !== 'string' || typeof s !== 'number') return;
    const known = this.#newest?.e === e ? this.#newest.s : null;
    if (t === 'S') this.#newest = { e, s: Math.max(s, known ?? s) };
    if (known === null) return;
    if (t === 'D' && typeof f === 'number') {
      if (f > known) this.count++;
      else if (s > known) this.#newest = { e, s };
    }
    if (t === 'B' && s > known) this.count++;
  }
}

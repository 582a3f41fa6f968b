/**
 * Keeps the pixels of the map: one Uint32Array, changed cell by cell, handed to the canvas whole.
 * Pure but for the array it owns: no canvas, no frames, no subscription. Runs on the page's thread.
 * Cost: a changed cell copies its words; a whole paint of a million one-pixel cells is one pass over the states.
 */
import { APPEARANCE_OF_BYTE, Appearance } from './map-appearance.ts';
import type { MapLayout } from './map-layout.ts';
import type { SpriteSet } from './map-sprites.ts';

/** The rows of the map that the pixels show; all of them unless the map is scrolled. */
export type MapWindow = { readonly firstRow: number; readonly rows: number };

export class MapPainter {
  readonly layout: MapLayout;
  readonly window: MapWindow;
  readonly widthPx: number;
  readonly heightPx: number;
  /** RGBA, row by row, widthPx × heightPx. */
  readonly pixels: Uint32Array;
  readonly #sprites: SpriteSet;
  readonly #firstCell: number;
  readonly #endCell: number;

  /** `pixels` must hold (columns · cellPx) × (window.rows · cellHeightPx) words, for instance over an ImageData. */
  constructor(layout: MapLayout, window: MapWindow, sprites: SpriteSet, pixels?: Uint32Array) {
    const { widthPx, heightPx } = MapPainter.sizeOf(layout, window);
    if (sprites.cellPx !== layout.cellPx || sprites.cellHeightPx !== layout.cellHeightPx) {
      throw new RangeError(
        `sprites of ${sprites.cellPx} × ${sprites.cellHeightPx} px do not fit cells of ${layout.cellPx} × ${layout.cellHeightPx} px`,
      );
    }
    if (pixels !== undefined && pixels.length !== widthPx * heightPx) {
      throw new RangeError(`${pixels.length} pixels given, ${widthPx} × ${heightPx} needed`);
    }
    this.layout = layout;
    this.window = window;
    this.widthPx = widthPx;
    this.heightPx = heightPx;
    this.pixels = pixels ?? new Uint32Array(widthPx * heightPx);
    this.#sprites = sprites;
    this.#firstCell = window.firstRow * layout.columns;
    this.#endCell = Math.min(layout.cellCount, (window.firstRow + window.rows) * layout.columns);
  }

  static sizeOf(layout: MapLayout, window: MapWindow): { widthPx: number; heightPx: number } {
    return { widthPx: layout.columns * layout.cellPx, heightPx: window.rows * layout.cellHeightPx };
  }

  /** Every cell anew. O(slots seen). */
  paintAll(states: Uint8Array): void {
    this.pixels.fill(0);
    for (let cell = this.#firstCell; cell < this.#endCell; cell++) {
      const code = this.#worstIn(cell, states);
      if (code !== Appearance.none) this.#draw(cell, code);
    }
  }

  /** The cells of these slots, in their present state. Returns whether any of them is in the window. */
  paintSlots(states: Uint8Array, slots: ArrayLike<number>): boolean {
    let seen = false;
    const { slotsPerCell, slotCount } = this.layout;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      if (slot >= slotCount) continue;
      const cell = slotsPerCell === 1 ? slot : Math.floor(slot / slotsPerCell);
      if (cell < this.#firstCell || cell >= this.#endCell) continue;
      seen = true;
      this.#draw(cell, this.#worstIn(cell, states));
    }
    return seen;
  }

  #worstIn(cell: number, states: Uint8Array): number {
    const { slotsPerCell, slotCount } = this.layout;
    if (slotsPerCell === 1) return APPEARANCE_OF_BYTE[states[cell] ?? 0]!;
    const end = Math.min((cell + 1) * slotsPerCell, slotCount);
    let worst: number = Appearance.none;
    for (let slot = cell * slotsPerCell; slot < end; slot++) {
      const code = APPEARANCE_OF_BYTE[states[slot] ?? 0]!;
      if (code > worst) worst = code;
    }
    return worst;
  }

  #draw(cell: number, code: number): void {
    const { cellPx, cellHeightPx, columns } = this.layout;
    const at = cell - this.#firstCell;
    if (cellPx === 1 && cellHeightPx === 1) {
      this.pixels[at] = this.#sprites.flat[code]!;
      return;
    }
    const sprite = this.#sprites.spriteOf(code);
    const pixels = this.pixels;
    const width = this.widthPx;
    const row = Math.floor(at / columns);
    let to = row * cellHeightPx * width + (at - row * columns) * cellPx;
    let from = 0;
    for (let y = 0; y < cellHeightPx; y++) {
      for (let x = 0; x < cellPx; x++) pixels[to + x] = sprite[from + x]!;
      to += width;
      from += cellPx;
    }
  }
}

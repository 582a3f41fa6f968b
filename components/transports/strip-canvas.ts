/**
 * Owns one lane's strip: a cell a host in its state's colour, drawn when the lane's view has it. No React, no store.
 * Draws in the next animation frame only what changed, so that what is seen is when it was painted.
 * Cost a frame: one rectangle a changed cell; at most MAX_STRIP_HOSTS after a snapshot.
 */
import { fillOf, type StateKind, type Theme, TOKENS } from '@/components/ui/tokens.ts';
import { ACKNOWLEDGED, HostState, MAINTENANCE, STATE_MASK } from '@/lib/protocol/host.ts';

/** Of a larger fleet the strip shows the first ones: it is there to see change, not to find a host. */
export const MAX_STRIP_HOSTS = 4_096;
const MAX_CELL_CSS_PX = 20;

export type StripLayout = { readonly cellPx: number; readonly columns: number };

/** The largest whole square cells with which `count` of them fit; at least a pixel each. */
export function stripLayout(
  count: number,
  widthPx: number,
  heightPx: number,
  maxCellPx: number,
): StripLayout {
  const wanted = Math.max(1, count);
  let cellPx = Math.max(1, Math.min(maxCellPx, Math.floor(Math.sqrt((widthPx * heightPx) / wanted))));
  while (cellPx > 1 && Math.floor(widthPx / cellPx) * Math.floor(heightPx / cellPx) < wanted) cellPx--;
  return { cellPx, columns: Math.max(1, Math.floor(widthPx / cellPx)) };
}

/** null where there is no host. */
export function stateKindOfByte(byte: number): StateKind | null {
  switch (byte & STATE_MASK) {
    case HostState.up:
      return 'up';
    case HostState.late:
      return 'late';
    case HostState.pending:
      return 'pending';
    case HostState.left:
      return 'left';
    case HostState.down:
      if (byte & MAINTENANCE) return 'maintenance';
      return byte & ACKNOWLEDGED ? 'acknowledged' : 'down';
    default:
      return null;
  }
}

export class StripCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #states: Uint8Array = new Uint8Array(0);
  #ratio = 1;
  #theme: Theme = 'light';
  /** null = every cell. */
  #changed: number[] | null = null;
  #frame = 0;
  #layout: StripLayout = { cellPx: 1, columns: 1 };

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('this browser gave no 2d context for a lane');
    this.#canvas = canvas;
    this.#context = context;
  }

  /** CSS pixels of the place it has. */
  resize(widthCssPx: number, heightCssPx: number, devicePixelRatio: number): void {
    const widthPx = Math.round(widthCssPx * devicePixelRatio);
    const heightPx = Math.round(heightCssPx * devicePixelRatio);
    if (widthPx === this.#canvas.width && heightPx === this.#canvas.height) return;
    this.#ratio = devicePixelRatio;
    this.#canvas.width = widthPx;
    this.#canvas.height = heightPx;
    this.#drawAll();
  }

  setTheme(theme: Theme): void {
    if (theme === this.#theme) return;
    this.#theme = theme;
    this.#drawAll();
  }

  /** As a LaneListener: `states` is the lane's live memory, read again in the frame. */
  update(slots: readonly number[] | null, states: Uint8Array): void {
    if (slots === null || states.length !== this.#states.length) this.#changed = null;
    else if (this.#changed !== null) {
      for (const slot of slots) if (slot < MAX_STRIP_HOSTS) this.#changed.push(slot);
      // A hidden page draws no frames, for hours: more than all cells need not be remembered.
      if (this.#changed.length > MAX_STRIP_HOSTS) this.#changed = null;
    }
    this.#states = states;
    this.#request();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
  }

  #drawAll(): void {
    this.#changed = null;
    this.#request();
  }

  #request(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#draw);
  }

  readonly #draw = (): void => {
    this.#frame = 0;
    const { width, height } = this.#canvas;
    if (width === 0 || height === 0) return;
    const count = Math.min(this.#states.length, MAX_STRIP_HOSTS);
    const changed = this.#changed;
    this.#changed = [];
    if (changed !== null) {
      for (const slot of changed) if (slot < count) this.#drawCell(slot);
      return;
    }
    this.#context.clearRect(0, 0, width, height);
    if (count === 0) return;
    this.#layout = stripLayout(count, width, height, Math.round(MAX_CELL_CSS_PX * this.#ratio));
    for (let slot = 0; slot < count; slot++) this.#drawCell(slot);
  };

  #drawCell(slot: number): void {
    const { cellPx, columns } = this.#layout;
    const gapPx = cellPx >= 4 ? Math.max(1, Math.round(this.#ratio / 2)) : 0;
    const side = cellPx - gapPx;
    const x = (slot % columns) * cellPx;
    const y = Math.floor(slot / columns) * cellPx;
    const kind = stateKindOfByte(this.#states[slot] ?? 0);
    if (kind === null) {
      this.#context.clearRect(x, y, side, side);
      return;
    }
    this.#context.fillStyle = fillOf(kind, this.#theme);
    this.#context.fillRect(x, y, side, side);
    // Hollow, as everywhere, where there is room for a rim.
    if ((kind === 'pending' || kind === 'left' || kind === 'acknowledged') && side >= 4) {
      const rim = Math.max(1, Math.round(side / 5));
      this.#context.fillStyle = TOKENS[this.#theme].surface;
      this.#context.fillRect(x + rim, y + rim, side - 2 * rim, side - 2 * rim);
    }
  }
}

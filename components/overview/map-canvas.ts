/**
 * Owns one canvas of the map: when to lay out, when to paint, what lies above the cells. No React, no store:
 * it is told of sizes, scrolling and changed slots and draws in the next animation frame, or not at all when nothing
 * changed. Cost a frame: the changed cells, one putImageData, and where cells are tiny one pass over the states.
 */
import { fillOf, STATE_KINDS, type StateKind, type Theme, TOKENS } from '@/components/ui/tokens.ts';
import { APPEARANCE_OF_BYTE, Appearance } from './map-appearance.ts';
import {
  cellOfSlot,
  cornerOf,
  fitLayout,
  MAX_CELL_CSS_PX,
  type MapLayout,
  READABLE_CELL_CSS_PX,
  SHAPE_CELL_CSS_PX,
  scrolledLayout,
} from './map-layout.ts';
import { MapPainter } from './map-painter.ts';
import { drawSprites, type SpriteSet } from './map-sprites.ts';

export type MapScale = 'fit' | 'readable';

/** What the page around the canvas must know of the layout. Lengths in CSS pixels. */
export type MapFrame = {
  readonly layout: MapLayout;
  /** Of the whole map, seen or not. */
  readonly heightCssPx: number;
  readonly cellCssPx: number;
  readonly cellHeightCssPx: number;
  readonly devicePixelRatio: number;
};

/** A late host, and a down one that nobody has taken, is never smaller than this, whatever its cell. */
const MARK_CSS_PX = 5;
/** With more of a kind than this the cells themselves are plain to see, and marks would hide their neighbours. */
const MAX_MARKS = 2_000;

export type MapCanvasOptions = {
  readonly canvas: HTMLCanvasElement;
  /** Told in the frame of every new layout. */
  readonly onLayout: (frame: MapFrame) => void;
};

export class MapCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #onLayout: (frame: MapFrame) => void;
  #states: Uint8Array = new Uint8Array(0);
  #widthPx = 0;
  #heightPx = 0;
  #ratio = 1;
  #scale: MapScale = 'fit';
  #theme: Theme = 'light';
  #scrollPx = 0;
  #painter: MapPainter | null = null;
  #image: ImageData | null = null;
  #sprites: { key: string; set: SpriteSet } | null = null;
  #layout: MapLayout | null = null;
  /** null = every cell. */
  #changed: number[] | null = null;
  #layoutDue = true;
  #frame = 0;

  constructor(options: MapCanvasOptions) {
    const context = options.canvas.getContext('2d');
    if (context === null) throw new Error('this browser gave no 2d context for the map');
    this.#canvas = options.canvas;
    this.#context = context;
    this.#onLayout = options.onLayout;
  }

  /** Of the window onto the map, in device pixels. */
  resize(widthPx: number, heightPx: number, devicePixelRatio: number): void {
    if (widthPx === this.#widthPx && heightPx === this.#heightPx && devicePixelRatio === this.#ratio) return;
    this.#widthPx = widthPx;
    this.#heightPx = heightPx;
    this.#ratio = devicePixelRatio;
    this.#relayout();
  }

  setTheme(theme: Theme): void {
    if (theme === this.#theme) return;
    this.#theme = theme;
    this.#relayout();
  }

  setScale(scale: MapScale): void {
    if (scale === this.#scale) return;
    this.#scale = scale;
    this.#relayout();
  }

  /** How far the map is scrolled, CSS pixels. */
  scrollTo(topCssPx: number): void {
    const scrollPx = Math.max(0, Math.round(topCssPx * this.#ratio));
    if (scrollPx === this.#scrollPx) return;
    this.#scrollPx = scrollPx;
    this.#relayout();
  }

  /** New states: only `slots` differ from before, or null when any may. Draws in the next frame. */
  update(slots: readonly number[] | null, states: Uint8Array): void {
    const grown = states.length !== this.#states.length;
    this.#states = states;
    if (grown) this.#layoutDue = true;
    // Beyond a quarter of the fleet one straight pass is cheaper than picking cells.
    if (
      slots === null ||
      (this.#changed !== null && this.#changed.length + slots.length > states.length / 4)
    ) {
      this.#changed = null;
    } else if (this.#changed !== null) {
      for (const slot of slots) this.#changed.push(slot);
    }
    this.#request();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
  }

  #relayout(): void {
    this.#layoutDue = true;
    this.#request();
  }

  #request(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#draw);
  }

  readonly #draw = (): void => {
    this.#frame = 0;
    if (this.#widthPx === 0 || this.#heightPx === 0) return;
    // Before the hosts have come one cell would fill the map, and drawing its picture hold them up.
    if (this.#states.length === 0) {
      this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
      return;
    }
    let visible = true;
    if (this.#layoutDue || this.#painter === null) {
      this.#layoutDue = false;
      this.#layOut();
      this.#painter!.paintAll(this.#states);
    } else if (this.#changed === null) {
      this.#painter.paintAll(this.#states);
    } else {
      visible = this.#painter.paintSlots(this.#states, this.#changed);
    }
    this.#changed = [];
    if (!visible || this.#image === null) return;
    this.#context.putImageData(this.#image, 0, 0);
    this.#drawMarks();
  };

  #layOut(): void {
    const layout =
      this.#scale === 'fit'
        ? fitLayout(
            this.#states.length,
            this.#widthPx,
            this.#heightPx,
            Math.round(MAX_CELL_CSS_PX * this.#ratio),
          )
        : scrolledLayout(this.#states.length, this.#widthPx, Math.round(READABLE_CELL_CSS_PX * this.#ratio));
    const { cellHeightPx } = layout;
    const firstRow = Math.min(Math.floor(this.#scrollPx / cellHeightPx), Math.max(0, layout.rows - 1));
    const rows = Math.max(1, Math.min(layout.rows - firstRow, Math.ceil(this.#heightPx / cellHeightPx) + 1));
    const window = { firstRow, rows };
    const { widthPx, heightPx } = MapPainter.sizeOf(layout, window);
    if (this.#image?.width !== widthPx || this.#image.height !== heightPx) {
      this.#image = this.#context.createImageData(widthPx, heightPx);
      this.#canvas.width = widthPx;
      this.#canvas.height = heightPx;
    }
    this.#canvas.style.width = `${widthPx / this.#ratio}px`;
    this.#canvas.style.height = `${heightPx / this.#ratio}px`;
    this.#canvas.style.transform =
      this.#scale === 'fit'
        ? ''
        : `translateY(${(firstRow * cellHeightPx - this.#scrollPx) / this.#ratio}px)`;
    this.#painter = new MapPainter(
      layout,
      window,
      this.#spritesFor(layout),
      new Uint32Array(this.#image.data.buffer),
    );
    if (JSON.stringify(layout) === JSON.stringify(this.#layout)) return;
    this.#layout = layout;
    this.#onLayout({
      layout,
      heightCssPx: (layout.rows * cellHeightPx) / this.#ratio,
      cellCssPx: layout.cellPx / this.#ratio,
      cellHeightCssPx: cellHeightPx / this.#ratio,
      devicePixelRatio: this.#ratio,
    });
  }

  #spritesFor(layout: MapLayout): SpriteSet {
    const withShapes = layout.cellPx >= SHAPE_CELL_CSS_PX * this.#ratio;
    const key = `${this.#theme} ${layout.cellPx} ${layout.cellHeightPx} ${withShapes}`;
    if (this.#sprites?.key !== key) {
      const palette = Object.fromEntries(
        STATE_KINDS.map((kind) => [kind, fillOf(kind, this.#theme)]),
      ) as Record<StateKind, string>;
      this.#sprites = { key, set: drawSprites(palette, layout, withShapes) };
    }
    return this.#sprites.set;
  }

  /** Makes problems findable where a cell is a speck: larger shapes with a rim of surface around them. */
  #drawMarks(): void {
    const { layout, window } = this.#painter!;
    const side = Math.round(MARK_CSS_PX * this.#ratio);
    if (layout.cellPx >= side) return;
    const downs: number[] = [];
    const lates: number[] = [];
    const first = window.firstRow * layout.columns * layout.slotsPerCell;
    const end = Math.min(
      this.#states.length,
      (window.firstRow + window.rows) * layout.columns * layout.slotsPerCell,
    );
    for (let slot = first; slot < end; slot++) {
      const code = APPEARANCE_OF_BYTE[this.#states[slot]!];
      if (code === Appearance.down) downs.push(slot);
      else if (code === Appearance.late) lates.push(slot);
      if (downs.length > MAX_MARKS || lates.length > MAX_MARKS) return;
    }
    const rim = Math.max(1, Math.round(this.#ratio));
    this.#fill(lates, TOKENS[this.#theme].surface, (path, x, y) => triangle(path, x, y, side + 2, rim));
    this.#fill(lates, fillOf('late', this.#theme), (path, x, y) => triangle(path, x, y, side + 2, 0));
    this.#fill(downs, TOKENS[this.#theme].surface, (path, x, y) => square(path, x, y, side, rim));
    this.#fill(downs, fillOf('down', this.#theme), (path, x, y) => square(path, x, y, side, 0));
  }

  /** One path for all of them, each drawn around the middle of its slot's cell and kept inside the canvas. */
  #fill(slots: readonly number[], colour: string, draw: (path: Path2D, x: number, y: number) => void): void {
    const { layout, window, widthPx, heightPx } = this.#painter!;
    const inset = (MARK_CSS_PX * this.#ratio) / 2;
    const path = new Path2D();
    for (const slot of slots) {
      const corner = cornerOf(layout, cellOfSlot(layout, slot));
      const x = corner.x + layout.cellPx / 2;
      const y = corner.y - window.firstRow * layout.cellHeightPx + layout.cellHeightPx / 2;
      draw(
        path,
        Math.round(Math.max(inset, Math.min(widthPx - inset, x))),
        Math.round(Math.max(inset, Math.min(heightPx - inset, y))),
      );
    }
    this.#context.fillStyle = colour;
    this.#context.fill(path);
  }
}

function square(path: Path2D, x: number, y: number, side: number, rim: number): void {
  const corner = Math.floor(side / 2) + rim;
  path.rect(x - corner, y - corner, side + 2 * rim, side + 2 * rim);
}

function triangle(path: Path2D, x: number, y: number, side: number, rim: number): void {
  const half = side / 2 + rim * 1.5;
  path.moveTo(x, y - half);
  path.lineTo(x + half, y + half * 0.75);
  path.lineTo(x - half, y + half * 0.75);
  path.closePath();
}

/**
 * Where each slot stands on the map: slots fill a grid of square cells row by row. All lengths in device pixels,
 * so that cells are sharp on every screen. Pure; knows no canvas and no state. O(1) but for a few steps in fit.
 * A cell is never below one pixel: where there are more slots than pixels, neighbours share one (slotsPerCell).
 */

export type MapLayout = {
  /** Width of a cell with its gap. */
  readonly cellPx: number;
  /** Height of a cell with its gap: the same, but for specks, which fill the height that is there. */
  readonly cellHeightPx: number;
  /** Free pixels at the right and bottom edge of each cell. */
  readonly gapPx: number;
  readonly columns: number;
  /** Of the whole map, seen or not. */
  readonly rows: number;
  readonly slotCount: number;
  readonly slotsPerCell: number;
  /** ceil(slotCount / slotsPerCell). */
  readonly cellCount: number;
};

/** Largest side of a cell in CSS pixels: a handful of hosts should read as marks, not as billboards. */
export const MAX_CELL_CSS_PX = 64;
/** From this side on (CSS pixels) a cell shows its shape, not only its colour. */
export const SHAPE_CELL_CSS_PX = 8;
/** The side that "readable cells" zooms to, CSS pixels: shapes are clear and a finger still hits one or two. */
export const READABLE_CELL_CSS_PX = 18;

/** Below this side there is room for neither a gap nor an outline. */
export const SPECK_PX = 4;
/** A speck is stretched to at most so many times its width. */
const MAX_STRETCH = 4;

function gapOf(cellPx: number): number {
  return cellPx < SPECK_PX ? 0 : Math.max(1, Math.round(cellPx / 10));
}

function layoutOf(
  slotCount: number,
  widthPx: number,
  heightPx: number,
  cellPx: number,
  slotsPerCell: number,
): MapLayout {
  const columns = Math.max(1, Math.floor(widthPx / cellPx));
  const cellCount = Math.ceil(slotCount / slotsPerCell);
  const rows = Math.ceil(cellCount / columns);
  const stretched = Math.min(cellPx * MAX_STRETCH, Math.floor(heightPx / Math.max(1, rows)));
  return {
    cellPx,
    cellHeightPx: cellPx < SPECK_PX ? Math.max(cellPx, stretched) : cellPx,
    gapPx: gapOf(cellPx),
    columns,
    rows,
    slotCount,
    slotsPerCell,
    cellCount,
  };
}

/** The largest cells with which every slot is seen at once in width × height. */
export function fitLayout(
  slotCount: number,
  widthPx: number,
  heightPx: number,
  maxCellPx: number = MAX_CELL_CSS_PX,
): MapLayout {
  const width = Math.max(1, Math.floor(widthPx));
  const height = Math.max(1, Math.floor(heightPx));
  if (slotCount === 0) return layoutOf(0, width, height, Math.max(1, Math.min(maxCellPx, width, height)), 1);
  if (slotCount > width * height)
    return layoutOf(slotCount, width, height, 1, Math.ceil(slotCount / (width * height)));
  // Whole rows and columns waste at most the last ones, so the answer is a few steps below the area's root.
  let cellPx = Math.min(maxCellPx, width, height, Math.floor(Math.sqrt((width * height) / slotCount)));
  while (cellPx > 1 && Math.floor(width / cellPx) * Math.floor(height / cellPx) < slotCount) cellPx--;
  return layoutOf(slotCount, width, height, Math.max(1, cellPx), 1);
}

/** Cells of a given side, as many rows as it takes: the map is then taller than its window. */
export function scrolledLayout(slotCount: number, widthPx: number, cellPx: number): MapLayout {
  const width = Math.max(1, Math.floor(widthPx));
  return layoutOf(slotCount, width, 0, Math.max(1, Math.min(width, Math.floor(cellPx))), 1);
}

export function cellOfSlot(layout: MapLayout, slot: number): number {
  return layout.slotsPerCell === 1 ? slot : Math.floor(slot / layout.slotsPerCell);
}

/** First slot of a cell and the one after its last. */
export function slotsOfCell(layout: MapLayout, cell: number): { first: number; end: number } {
  const first = cell * layout.slotsPerCell;
  return { first, end: Math.min(first + layout.slotsPerCell, layout.slotCount) };
}

/** The cell under a point of the whole map, or null beside it. Gaps belong to their cell. */
export function cellAt(layout: MapLayout, xPx: number, yPx: number): number | null {
  if (xPx < 0 || yPx < 0) return null;
  const column = Math.floor(xPx / layout.cellPx);
  const row = Math.floor(yPx / layout.cellHeightPx);
  if (column >= layout.columns) return null;
  const cell = row * layout.columns + column;
  return cell < layout.cellCount ? cell : null;
}

/** Top left corner of a cell on the whole map. */
export function cornerOf(layout: MapLayout, cell: number): { x: number; y: number } {
  return {
    x: (cell % layout.columns) * layout.cellPx,
    y: Math.floor(cell / layout.columns) * layout.cellHeightPx,
  };
}

/** The cell an arrow key, Home or End leads to; the same cell at an edge; null for other keys. */
export function cellAfterKey(layout: MapLayout, cell: number, key: string): number | null {
  const last = layout.cellCount - 1;
  if (last < 0) return null;
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, cell - 1);
    case 'ArrowRight':
      return Math.min(last, cell + 1);
    case 'ArrowUp':
      return cell >= layout.columns ? cell - layout.columns : cell;
    case 'ArrowDown':
      return cell + layout.columns <= last ? cell + layout.columns : cell;
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}

/**
 * The picture of one cell for each appearance, as RGBA pixels: colour with coverage as alpha, so that one set fits
 * any surface. Pure; knows no theme. Drawn once per size, theme and state by sampling each pixel several times.
 */
import { rgbOf, type StateKind } from '@/components/ui/tokens.ts';
import { Appearance } from './map-appearance.ts';
import { type MapLayout, SPECK_PX } from './map-layout.ts';

/** Fill colours as #rrggbb. */
export type MapPalette = Readonly<Record<StateKind, string>>;

export type SpriteSet = {
  readonly cellPx: number;
  readonly cellHeightPx: number;
  /** cellPx × cellHeightPx, row by row. Drawn when it is first asked for: most fleets are in two states. */
  spriteOf(code: number): Uint32Array;
  /** By appearance code: the colour of a cell too small for a picture. */
  readonly flat: Uint32Array;
};

/** Is (x, y) part of the shape? Both in 0..1 over the drawn square, y downwards; unit = one device pixel. */
type Shape = (x: number, y: number, unit: number) => boolean;

const between = (value: number, low: number, high: number): boolean => value >= low && value <= high;

function insideSquare(x: number, y: number, inset: number): boolean {
  return between(x, inset, 1 - inset) && between(y, inset, 1 - inset);
}

function nearSegment(
  x: number,
  y: number,
  from: readonly [number, number],
  to: readonly [number, number],
  halfWidth: number,
): boolean {
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const along = Math.max(0, Math.min(1, ((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - from[0] - along * dx, y - from[1] - along * dy) <= halfWidth;
}

const stroke = (unit: number, share: number): number => Math.max(unit * 1.1, share);

const disc: Shape = (x, y) => Math.hypot(x - 0.5, y - 0.5) <= 0.44;

const triangle: Shape = (x, y) => between(y, 0.06, 0.96) && Math.abs(x - 0.5) <= ((y - 0.06) / 0.9) * 0.5;

const crossedSquare: Shape = (x, y, unit) => {
  if (!insideSquare(x, y, 0)) return false;
  const half = stroke(unit, 0.13) / 2;
  return !(
    nearSegment(x, y, [0.28, 0.28], [0.72, 0.72], half) || nearSegment(x, y, [0.28, 0.72], [0.72, 0.28], half)
  );
};

const checkedOutline: Shape = (x, y, unit) => {
  if (!insideSquare(x, y, 0)) return false;
  const border = stroke(unit, 0.1);
  if (!insideSquare(x, y, border)) return true;
  const half = stroke(unit, 0.13) / 2;
  return (
    nearSegment(x, y, [0.27, 0.52], [0.43, 0.69], half) || nearSegment(x, y, [0.43, 0.69], [0.74, 0.31], half)
  );
};

const hatchedDiamond: Shape = (x, y, unit) => {
  const distance = Math.abs(x - 0.5) + Math.abs(y - 0.5);
  if (distance > 0.5) return false;
  if (distance > 0.5 - stroke(unit, 0.1) * 1.2) return true;
  const period = Math.max(4 * unit, 0.24);
  return (((x + y) % period) + period) % period < period * 0.55;
};

const ring: Shape = (x, y, unit) => {
  const radius = Math.hypot(x - 0.5, y - 0.5);
  return radius <= 0.44 && radius >= 0.44 - stroke(unit, 0.11);
};

const DASHES = 8;

const dashedRing: Shape = (x, y, unit) => {
  const turn = Math.atan2(y - 0.5, x - 0.5) / (2 * Math.PI) + 1;
  return ring(x, y, unit) && (turn * DASHES) % 1 < 0.6;
};

const wholeSquare: Shape = (x, y) => insideSquare(x, y, 0);

/** Whole pixels, two where there is room: a single one reads as pale. */
const outline: Shape = (x, y, unit) =>
  insideSquare(x, y, 0) && !insideSquare(x, y, unit * (unit <= 1 / 6 ? 1.99 : 0.99));

const SHAPES: Readonly<Record<StateKind, Shape>> = {
  up: disc,
  late: triangle,
  down: crossedSquare,
  acknowledged: checkedOutline,
  maintenance: hatchedDiamond,
  pending: dashedRing,
  left: ring,
};

/** Below the size of shapes: filled, but hollow where the shape would be hollow too. */
const BLOCKS: Readonly<Record<StateKind, Shape>> = {
  up: wholeSquare,
  late: wholeSquare,
  down: wholeSquare,
  acknowledged: outline,
  maintenance: wholeSquare,
  pending: outline,
  left: outline,
};

/** At one to three pixels there is no room for an outline: what would be hollow is drawn half as strong. */
const HOLLOW: ReadonlySet<StateKind> = new Set(['acknowledged', 'pending', 'left']);

/** One pixel as ImageData lays it out, read as a little-endian word (all browsers run on such machines). */
export function pixelOf(hexColour: string, alpha: number): number {
  const [red, green, blue] = rgbOf(hexColour);
  return ((Math.round(alpha * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Samples a side of a pixel: large shapes have few edge pixels, and a sprite must not cost a frame. */
const samplesOf = (cellPx: number): number => (cellPx > 64 ? 2 : cellPx > 32 ? 3 : 4);

function drawSprite(shape: Shape, colour: string, cellPx: number, gapPx: number): Uint32Array {
  const side = cellPx - gapPx;
  const samples = samplesOf(cellPx);
  const pixels = new Uint32Array(cellPx * cellPx);
  for (let py = 0; py < side; py++) {
    for (let px = 0; px < side; px++) {
      let hits = 0;
      for (let sample = 0; sample < samples * samples; sample++) {
        const x = (px + ((sample % samples) + 0.5) / samples) / side;
        const y = (py + (Math.floor(sample / samples) + 0.5) / samples) / side;
        if (shape(x, y, 1 / side)) hits++;
      }
      if (hits > 0) pixels[py * cellPx + px] = pixelOf(colour, hits / (samples * samples));
    }
  }
  return pixels;
}

/** The pictures of one size and theme. With shapes each state has its own; without, blocks of its colour. */
export function drawSprites(
  palette: MapPalette,
  { cellPx, cellHeightPx, gapPx }: Pick<MapLayout, 'cellPx' | 'cellHeightPx' | 'gapPx'>,
  withShapes: boolean,
): SpriteSet {
  const size = cellPx * cellHeightPx;
  const names = Object.keys(palette) as StateKind[];
  const flat = new Uint32Array(8);
  for (const name of names) flat[Appearance[name]] = pixelOf(palette[name], HOLLOW.has(name) ? 0.55 : 1);
  const draw = (code: number): Uint32Array => {
    if (cellPx < SPECK_PX) return new Uint32Array(size).fill(flat[code]!);
    const name = names.find((each) => Appearance[each] === code);
    if (name === undefined) return new Uint32Array(size);
    return drawSprite(withShapes ? SHAPES[name] : BLOCKS[name], palette[name], cellPx, gapPx);
  };
  const drawn: Uint32Array[] = [];
  return {
    cellPx,
    cellHeightPx,
    flat,
    spriteOf: (code) => {
      drawn[code] ??= draw(code);
      return drawn[code];
    },
  };
}

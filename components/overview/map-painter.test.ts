import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { appearanceOf } from './map-appearance.ts';
import { fitLayout, type MapLayout, scrolledLayout } from './map-layout.ts';
import { MapPainter, type MapWindow } from './map-painter.ts';
import { drawSprites, type SpriteSet } from './map-sprites.ts';

const palette = {
  up: '#2b988f',
  late: '#c27c0e',
  down: '#a50e1b',
  acknowledged: '#a50e1c',
  maintenance: '#3f3da8',
  pending: '#57606a',
  left: '#57606b',
};

const whole = (layout: MapLayout): MapWindow => ({ firstRow: 0, rows: layout.rows });
const spritesFor = (layout: MapLayout): SpriteSet => drawSprites(palette, layout, layout.cellPx >= 8);

/** Pixel by pixel from the definitions, sharing no loop with the painter. */
function naivePixels(
  layout: MapLayout,
  window: MapWindow,
  sprites: SpriteSet,
  states: Uint8Array,
): Uint32Array {
  const width = layout.columns * layout.cellPx;
  const pixels = new Uint32Array(width * window.rows * layout.cellHeightPx);
  for (let i = 0; i < pixels.length; i++) {
    const x = i % width;
    const y = Math.floor(i / width);
    const column = Math.floor(x / layout.cellPx);
    const row = Math.floor(y / layout.cellHeightPx) + window.firstRow;
    const cell = row * layout.columns + column;
    if (cell >= layout.cellCount) continue;
    const members = [...states.subarray(cell * layout.slotsPerCell, (cell + 1) * layout.slotsPerCell)];
    const code = Math.max(0, ...members.map(appearanceOf));
    if (code === 0) continue;
    pixels[i] =
      layout.cellPx === 1
        ? sprites.flat[code]!
        : sprites.spriteOf(code)[(y % layout.cellHeightPx) * layout.cellPx + (x % layout.cellPx)]!;
  }
  return pixels;
}

const stateByte = fc.constantFrom(0, 1, 2, 2, 2, 3, 4, 5, 20, 36, 52, 68, 34, 9, 255);

describe('MapPainter', () => {
  test.each([
    ['one-pixel cells', (n: number) => fitLayout(n, 40, Math.ceil(n / 40))],
    ['stretched specks', (n: number) => fitLayout(n, 30, Math.ceil(n / 30) * 3 + 2)],
    ['shared pixels', (n: number) => fitLayout(n, 9, 7)],
    ['small blocks', (n: number) => fitLayout(n, 120, 60, 5)],
    ['shapes', (n: number) => fitLayout(n, 300, 200, 16)],
  ])('changed cells leave the same pixels as a full repaint: %s', (_, layoutFor) => {
    fc.assert(
      fc.property(
        fc.array(stateByte, { minLength: 1, maxLength: 300 }),
        fc.array(fc.array(fc.tuple(fc.nat(), stateByte), { maxLength: 40 }), { maxLength: 6 }),
        (initial, frames) => {
          const states = Uint8Array.from(initial);
          const layout = layoutFor(states.length);
          const sprites = spritesFor(layout);
          const painter = new MapPainter(layout, whole(layout), sprites);
          painter.paintAll(states);
          expect(painter.pixels).toEqual(naivePixels(layout, whole(layout), sprites, states));
          for (const changes of frames) {
            const slots = changes.map(([pick, byte]) => {
              states[pick % states.length] = byte;
              return pick % states.length;
            });
            painter.paintSlots(states, slots);
            expect(painter.pixels).toEqual(naivePixels(layout, whole(layout), sprites, states));
          }
        },
      ),
      { seed: 42, numRuns: 40 },
    );
  });

  test('a scrolled window draws its own rows and ignores the others', () => {
    const layout = scrolledLayout(100, 80, 10); // 8 columns, 13 rows
    const window = { firstRow: 5, rows: 4 };
    const sprites = spritesFor(layout);
    const painter = new MapPainter(layout, window, sprites);
    const states = new Uint8Array(100).fill(2);
    painter.paintAll(states);
    states[10] = 4;
    states[99] = 4;
    expect(painter.paintSlots(states, [10, 99])).toBe(false);
    states[40] = 4;
    states[71] = 3;
    expect(painter.paintSlots(states, [40, 71])).toBe(true);
    expect(painter.pixels).toEqual(naivePixels(layout, window, sprites, states));
  });

  test('slots beyond the layout change nothing until it is laid out again', () => {
    const layout = fitLayout(10, 100, 100, 16);
    const painter = new MapPainter(layout, whole(layout), spritesFor(layout));
    const states = new Uint8Array(20).fill(2);
    painter.paintAll(states);
    const before = painter.pixels.slice();
    expect(painter.paintSlots(states, [15])).toBe(false);
    expect(painter.pixels).toEqual(before);
  });

  test('refuses pixels of another size', () => {
    const layout = fitLayout(10, 100, 100, 16);
    expect(() => new MapPainter(layout, whole(layout), spritesFor(layout), new Uint32Array(5))).toThrow(
      '5 pixels given',
    );
  });
});

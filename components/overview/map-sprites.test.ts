import { describe, expect, test } from 'vitest';
import { APPEARANCE_NAMES, Appearance } from './map-appearance.ts';
import { drawSprites, type MapPalette, pixelOf } from './map-sprites.ts';

const palette: MapPalette = {
  up: '#2b988f',
  late: '#c27c0e',
  down: '#a50e1b',
  acknowledged: '#a50e1b',
  maintenance: '#3f3da8',
  pending: '#57606a',
  left: '#57606a',
};

const alphaAt = (sprite: Uint32Array, side: number, x: number, y: number): number =>
  sprite[y * side + x]! >>> 24;

describe('pixelOf', () => {
  test('lays out red, green, blue, alpha as bytes', () => {
    const bytes = new Uint8Array(Uint32Array.of(pixelOf('#0a141e', 0.5)).buffer);
    expect([...bytes]).toEqual([10, 20, 30, 128]);
  });

  test('names a colour it cannot read', () => {
    expect(() => pixelOf('red', 1)).toThrow('a colour is #RRGGBB, not red');
  });
});

describe('sprites', () => {
  test.each([8, 12, 16, 32])('at %i px no two states look the same, colours aside', (side) => {
    const { spriteOf } = drawSprites(palette, { cellPx: side, cellHeightPx: side, gapPx: 1 }, true);
    const masks = APPEARANCE_NAMES.map((name) =>
      [...spriteOf(Appearance[name])].map((pixel) => pixel >>> 24).join(),
    );
    expect(new Set(masks).size).toBe(masks.length);
  });

  test('down is a square with its cross cut out, acknowledged an outline with a tick', () => {
    const { spriteOf } = drawSprites(palette, { cellPx: 22, cellHeightPx: 22, gapPx: 2 }, true);
    const down = spriteOf(Appearance.down);
    expect(alphaAt(down, 22, 0, 0)).toBe(255);
    expect(alphaAt(down, 22, 10, 10)).toBeLessThan(128);
    expect(alphaAt(down, 22, 10, 2)).toBe(255);
    const acknowledged = spriteOf(Appearance.acknowledged);
    expect(alphaAt(acknowledged, 22, 0, 0)).toBe(255);
    expect(alphaAt(acknowledged, 22, 5, 5)).toBe(0);
    expect(alphaAt(acknowledged, 22, 8, 13)).toBeGreaterThan(128);
  });

  test('the gap at the right and bottom stays free', () => {
    const { spriteOf } = drawSprites(palette, { cellPx: 10, cellHeightPx: 10, gapPx: 2 }, true);
    for (const code of Object.values(Appearance)) {
      const sprite = spriteOf(code);
      for (let i = 0; i < 10; i++) {
        expect(alphaAt(sprite, 10, 9, i)).toBe(0);
        expect(alphaAt(sprite, 10, i, 8)).toBe(0);
      }
    }
  });

  test('each is drawn once, and only when it is asked for', () => {
    const { spriteOf } = drawSprites(palette, { cellPx: 16, cellHeightPx: 16, gapPx: 1 }, true);
    expect(spriteOf(Appearance.down)).toBe(spriteOf(Appearance.down));
    expect([...spriteOf(Appearance.none)]).toEqual(Array(256).fill(0));
  });

  test('small cells are whole blocks, hollow ones half as strong', () => {
    const { spriteOf, flat } = drawSprites(palette, { cellPx: 2, cellHeightPx: 3, gapPx: 0 }, false);
    expect([...spriteOf(Appearance.up)]).toEqual(Array(6).fill(pixelOf(palette.up, 1)));
    expect(flat[Appearance.down]).toBe(pixelOf(palette.down, 1));
    expect(flat[Appearance.acknowledged]! >>> 24).toBe(140);
    expect(flat[Appearance.none]).toBe(0);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ciede2000, contrastRatio, labOf, VISIONS } from './colour-difference.ts';
import {
  FILL_KINDS,
  fillOf,
  pixelOf,
  rgbOf,
  STATE_KINDS,
  type Theme,
  TOKEN_NAMES,
  TOKENS,
} from './tokens.ts';

const THEMES: readonly Theme[] = ['light', 'dark'];

describe('the formulas', () => {
  // Pairs of the test data of Sharma, Wu, Dalal 2005, table 1: they cover hue wrap-around, grey and rotation.
  test.each([
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
    [[50, -1.3802, -84.2814], [50, 0, -82.7485], 1.0],
    [[50, 0, 0], [50, -1, 2], 2.3669],
    [[50, 2.49, -0.001], [50, -2.49, 0.0009], 7.1792],
    [[50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195],
    [[50, 2.5, 0], [73, 25, -18], 27.1492],
    [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
    [[22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373],
    [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
  ] as const)('CIEDE2000 of %j and %j is %f', (one, other, expected) => {
    expect(ciede2000(one, other)).toBeCloseTo(expected, 4);
    expect(ciede2000(other, one)).toBeCloseTo(expected, 4);
  });

  test('contrast: black on white is 21, #767676 on white is the known 4.54', () => {
    expect(contrastRatio('#000000', '#FFFFFF')).toBeCloseTo(21, 5);
    expect(contrastRatio('#FFFFFF', '#767676')).toBeCloseTo(4.54, 2);
  });

  test('white is L* 100 and red as the tables have it; a red-blind eye confuses red and green more', () => {
    expect(labOf('#FFFFFF')[0]).toBeCloseTo(100, 3);
    const [l, a, b] = labOf('#FF0000');
    expect([l, a, b].map((value) => Math.round(value * 10) / 10)).toEqual([53.2, 80.1, 67.2]);
    const normal = ciede2000(labOf('#AA3333'), labOf('#4F7A28'));
    expect(ciede2000(labOf('#AA3333', 'protan'), labOf('#4F7A28', 'protan'))).toBeLessThan(normal / 2);
  });
});

describe.each(THEMES)('colours of the %s theme', (theme) => {
  const tokens = TOKENS[theme];
  const surfaces = [tokens.surface, tokens.raised];

  test.each(FILL_KINDS)('the fill of %s has a contrast of 3.19 on both surfaces', (kind) => {
    for (const surface of surfaces) {
      expect(contrastRatio(tokens[kind], surface)).toBeGreaterThanOrEqual(3.19);
    }
  });

  test.each([
    'up-text',
    'late-text',
    'down-text',
    'maintenance-text',
    'quiet',
    'muted',
    'text',
    'accent',
  ] as const)('the text colour %s has a contrast of 5.7 on both surfaces', (name) => {
    for (const surface of surfaces) {
      expect(contrastRatio(tokens[name], surface)).toBeGreaterThanOrEqual(5.7);
    }
  });

  test('the focus ring and the borders of controls stand out by 3, the label of a primary button by 4.5', () => {
    for (const surface of surfaces) {
      expect(contrastRatio(tokens.focus, surface)).toBeGreaterThanOrEqual(3);
      expect(contrastRatio(tokens.control, surface)).toBeGreaterThanOrEqual(3);
    }
    expect(contrastRatio(tokens['on-accent'], tokens.accent)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(VISIONS)('fills differ by a CIEDE2000 of 22 in %s vision', (vision) => {
    for (const [index, one] of FILL_KINDS.entries()) {
      for (const other of FILL_KINDS.slice(index + 1)) {
        const difference = ciede2000(labOf(tokens[one], vision), labOf(tokens[other], vision));
        // To the nearest whole number, as simulations of one deficiency differ by more than the rest (Machado,
        // Brettel and Viénot give 21.6 to 22.2 for the closest pair).
        expect(Math.round(difference), `${one} and ${other}`).toBeGreaterThanOrEqual(22);
      }
    }
  });

  test('text of a state on its own tint keeps 4.5', () => {
    // As .tint-… in globals.css: 9 % of the fill over the surface, mixed in sRGB.
    const mix = (fill: string): string => {
      const over = rgbOf(tokens.surface);
      const bytes = rgbOf(fill).map((byte, index) => Math.round(byte * 0.09 + over[index]! * 0.91));
      return `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
    };
    for (const kind of ['up', 'late', 'down'] as const) {
      expect(contrastRatio(tokens[`${kind}-text`], mix(tokens[kind]))).toBeGreaterThanOrEqual(4.5);
      expect(contrastRatio(tokens.muted, mix(tokens[kind]))).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrastRatio(tokens.accent, mix(tokens.accent))).toBeGreaterThanOrEqual(4.5);
  });
});

describe('app/globals.css', () => {
  const css = readFileSync(new URL('../../app/globals.css', import.meta.url), 'utf8');
  const declared = (block: string): Record<string, string> =>
    Object.fromEntries(
      [...block.matchAll(/--color-([a-z-]+):\s*(#[0-9a-f]{6});/gi)].map(([, name, hex]) => [
        name,
        hex!.toUpperCase(),
      ]),
    );
  const blockAfter = (start: RegExp): string => {
    const match = start.exec(css);
    expect(match, String(start)).not.toBeNull();
    const from = match!.index + match![0].length;
    return css.slice(from, css.indexOf('}', from));
  };

  test.each([
    ['light', /@theme static \{/],
    ['dark', /\[data-theme=["']dark["']\] \{/],
    ['dark', /@media \(prefers-color-scheme: dark\) \{\s*\[data-theme=["']system["']\] \{/],
  ] as const)('has the %s colours of tokens.ts after %s, and no other', (theme, start) => {
    expect(declared(blockAfter(start))).toEqual(TOKENS[theme]);
    expect(Object.keys(TOKENS[theme]).sort()).toEqual([...TOKEN_NAMES].sort());
  });
});

test('each state has a fill, and a pixel is its bytes as a canvas stores them', () => {
  for (const kind of STATE_KINDS) expect(fillOf(kind, 'light')).toMatch(/^#[0-9A-F]{6}$/);
  expect(fillOf('acknowledged', 'dark')).toBe(TOKENS.dark.down);
  expect(new Uint8Array(new Uint32Array([pixelOf('#2B988F')]).buffer)).toEqual(
    new Uint8Array([0x2b, 0x98, 0x8f, 255]),
  );
  expect(() => rgbOf('red')).toThrow(RangeError);
});

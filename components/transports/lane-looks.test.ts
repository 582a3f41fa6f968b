import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ciede2000, contrastRatio, labOf, VISIONS } from '@/components/ui/colour-difference.ts';
import { FILL_KINDS, type Theme, TOKENS } from '@/components/ui/tokens.ts';
import { TRANSPORTS } from '@/lib/client/ladder.ts';
import { LANE_COLOURS, LANE_DASHES } from './lane-looks.ts';

const THEMES: readonly Theme[] = ['light', 'dark'];

describe.each(THEMES)('lanes of the %s theme', (theme) => {
  const colours = LANE_COLOURS[theme];

  test.each(TRANSPORTS)('%s stands out on both surfaces', (transport) => {
    for (const surface of [TOKENS[theme].surface, TOKENS[theme].raised]) {
      expect(contrastRatio(colours[transport], surface)).toBeGreaterThanOrEqual(3.19);
    }
  });

  test.each(VISIONS)('no two lanes look alike in %s vision', (vision) => {
    for (const [index, one] of TRANSPORTS.entries()) {
      for (const other of TRANSPORTS.slice(index + 1)) {
        const difference = ciede2000(labOf(colours[one], vision), labOf(colours[other], vision));
        expect(difference, `${one} and ${other}`).toBeGreaterThanOrEqual(15);
      }
    }
  });

  test('no lane has the colour of a state', () => {
    for (const transport of TRANSPORTS) {
      for (const kind of FILL_KINDS) {
        const difference = ciede2000(labOf(colours[transport]), labOf(TOKENS[theme][kind]));
        expect(difference, `${transport} and ${kind}`).toBeGreaterThanOrEqual(18);
      }
    }
  });
});

test('without any colour the dashes tell the lanes apart', () => {
  expect(new Set(TRANSPORTS.map((transport) => LANE_DASHES[transport])).size).toBe(TRANSPORTS.length);
});

test.each([
  ['light', /:root \{/],
  ['dark', /\[data-theme="dark"\] \{/],
  ['dark', /@media \(prefers-color-scheme: dark\) \{\s*\[data-theme="system"\] \{/],
] as const)('lanes.css has the %s colours after %s', (theme, start) => {
  const css = readFileSync(new URL('./lanes.css', import.meta.url), 'utf8');
  const match = start.exec(css);
  expect(match).not.toBeNull();
  const from = match!.index + match![0].length;
  const declared = Object.fromEntries(
    [...css.slice(from, css.indexOf('}', from)).matchAll(/--lane-([a-z-]+):\s*(#[0-9a-f]{6});/g)].map(
      ([, name, hex]) => [name, hex!.toUpperCase()],
    ),
  );
  expect(declared).toEqual(LANE_COLOURS[theme]);
});

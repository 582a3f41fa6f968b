import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LOCALES } from './locales.ts';
import { DEFAULT_PREFS, DENSITIES, parsePrefs, serializePrefs, THEME_CHOICES } from './prefs.ts';

describe('the preferences cookie', () => {
  test('what was written is read again, for every combination', () => {
    for (const theme of THEME_CHOICES) {
      for (const density of DENSITIES) {
        for (const locale of [null, ...LOCALES]) {
          const value = serializePrefs({ theme, density, locale });
          expect(parsePrefs(value)).toEqual({ theme, density, locale });
          // RFC 6265 cookie-octet: nothing that would have to be quoted.
          expect(value).toMatch(/^[!#-+\--:<-[\]-~]*$/);
        }
      }
    }
  });

  test.each([undefined, '', 'theme=purple', 'locale=xx&density=huge', '%', 'theme', 'x'.repeat(10_000)])(
    '%j gives the defaults',
    (value) => {
      expect(parsePrefs(value)).toEqual(DEFAULT_PREFS);
    },
  );

  test('no text makes it throw or give a value that is not offered', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const prefs = parsePrefs(value);
        expect(THEME_CHOICES).toContain(prefs.theme);
        expect(DENSITIES).toContain(prefs.density);
        expect([null, ...LOCALES]).toContain(prefs.locale);
      }),
      { seed: 20260101 },
    );
  });
});

/**
 * Owns the cookie `pw-prefs`: what the server must know before the first byte of a page, so that nothing
 * flashes. It holds no secret and is written by the page itself. All but parsePrefs and
 * serializePrefs touch the document.
 */
import { isLocale, type Locale } from './locales.ts';

export const PREFS_COOKIE = 'pw-prefs';

export const THEME_CHOICES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

/** comfortable: rows of 36 px; compact: 28 px. A finger gets 44 px with either. */
export const DENSITIES = ['comfortable', 'compact'] as const;
export type Density = (typeof DENSITIES)[number];

/** locale null = not chosen, the browser's Accept-Language decides. */
export type Prefs = {
  readonly theme: ThemeChoice;
  readonly density: Density;
  readonly locale: Locale | null;
};

export const DEFAULT_PREFS: Prefs = { theme: 'system', density: 'comfortable', locale: null };

/** What a cookie's value says, as `theme=dark&density=compact&locale=zh-CN`; anything unknown falls to its default. */
export function parsePrefs(value: string | undefined): Prefs {
  if (value === undefined || value.length > 256) return DEFAULT_PREFS;
  const fields = new URLSearchParams(value);
  const theme = fields.get('theme');
  const density = fields.get('density');
  const locale = fields.get('locale');
  return {
    theme: THEME_CHOICES.find((choice) => choice === theme) ?? DEFAULT_PREFS.theme,
    density: DENSITIES.find((choice) => choice === density) ?? DEFAULT_PREFS.density,
    locale: isLocale(locale) ? locale : null,
  };
}

/** The cookie's value; only what differs from the defaults. */
export function serializePrefs(prefs: Prefs): string {
  const fields = new URLSearchParams();
  if (prefs.theme !== DEFAULT_PREFS.theme) fields.set('theme', prefs.theme);
  if (prefs.density !== DEFAULT_PREFS.density) fields.set('density', prefs.density);
  if (prefs.locale !== null) fields.set('locale', prefs.locale);
  return fields.toString();
}

/** As the page shows them now: the cookie, and over it what the document was set to. In a browser only. */
export function prefsOfPage(): Prefs {
  const cookie = document.cookie.split('; ').find((one) => one.startsWith(`${PREFS_COOKIE}=`));
  const kept = parsePrefs(cookie?.slice(PREFS_COOKIE.length + 1));
  const { theme = '', density = '' } = document.documentElement.dataset;
  return { ...parsePrefs(`theme=${theme}&density=${density}`), locale: kept.locale };
}

/** Keeps them for the next page and, but for the language (which the server speaks), shows them on this one. */
export function applyPrefs(prefs: Prefs): void {
  writePrefs(prefs);
  const { dataset } = document.documentElement;
  dataset.theme = prefs.theme;
  dataset.density = prefs.density;
}

const ONE_YEAR_S = 365 * 24 * 3600;

/** Keeps the preferences in this browser for a year. */
function writePrefs(prefs: Prefs): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox before 140 and outside https.
  document.cookie = `${PREFS_COOKIE}=${serializePrefs(prefs)}; path=/; max-age=${ONE_YEAR_S}; samesite=strict`;
}

/**
 * Owns which languages there are and which of them a request asks for. Pure.
 */
export const LOCALES = ['en', 'zh-CN'] as const;
export type Locale = (typeof LOCALES)[number];
export const DEFAULT_LOCALE: Locale = 'en';

export function isLocale(value: unknown): value is Locale {
  return LOCALES.some((locale) => locale === value);
}

/** How many entries of an Accept-Language header are looked at; the rest of a longer one is ignored. */
const MAX_RANGES = 20;

/** The best language for an Accept-Language header (RFC 9110 12.5.4); English when none fits. O(header). */
export function negotiateLocale(acceptLanguage: string | null): Locale {
  const ranges: { tag: string; quality: number }[] = [];
  for (const part of (acceptLanguage ?? '').split(',', MAX_RANGES)) {
    const [tag, ...parameters] = part.trim().toLowerCase().split(';');
    if (!tag) continue;
    const q = parameters.map((parameter) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(parameter)).find(Boolean);
    const quality = q ? Number(q[1]) : 1;
    if (quality > 0) ranges.push({ tag, quality });
  }
  // A stable sort: among equal qualities the first one named wins.
  ranges.sort((a, b) => b.quality - a.quality);
  for (const { tag } of ranges) {
    // Traditional Chinese readers are better served by zh-CN than by English.
    if (tag === 'zh' || tag.startsWith('zh-')) return 'zh-CN';
    if (tag === 'en' || tag.startsWith('en-')) return 'en';
  }
  return DEFAULT_LOCALE;
}

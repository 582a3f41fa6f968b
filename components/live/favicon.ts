/**
 * Owns the small picture in the tab as an SVG data URL: a pulse while all is well, else what needs eyes.
 * Its colours are the light theme's, on a badge of their own, so they hold on any tab bar. Pure.
 */
import { TOKENS } from '../ui/tokens.ts';

export type FaviconFacts = { readonly unhandled: number; readonly lost: boolean; readonly blind: boolean };

/** What stands on the badge: `?`, `!`, a count up to 99, or nothing. */
export function faviconMark({ unhandled, lost, blind }: FaviconFacts): string {
  if (lost) return '?';
  if (blind) return '!';
  if (unhandled > 99) return '99+';
  return unhandled > 0 ? String(unhandled) : '';
}

const PULSE = 'M5 17h5l3-8 6 15 3-7h5';

export function faviconOf(facts: FaviconFacts): string {
  const mark = faviconMark(facts);
  const { light } = TOKENS;
  const badge = facts.lost
    ? light.muted
    : facts.blind
      ? light['late-text']
      : mark
        ? light.down
        : light['up-text'];
  const inside = mark
    ? `<text x="16" y="${mark.length > 2 ? 21.5 : 23}" text-anchor="middle" font-family="system-ui,sans-serif" font-weight="700" font-size="${mark.length > 2 ? 15 : 20}" fill="#fff">${mark}</text>`
    : `<path d="${PULSE}" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${badge}"/>${inside}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

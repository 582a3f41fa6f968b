import { expect, test } from 'vitest';
import { faviconMark, faviconOf } from './favicon.ts';

test.each([
  [{ unhandled: 0, lost: false, blind: false }, ''],
  [{ unhandled: 3, lost: false, blind: false }, '3'],
  [{ unhandled: 12_431, lost: false, blind: false }, '99+'],
  [{ unhandled: 3, lost: false, blind: true }, '!'],
  [{ unhandled: 3, lost: true, blind: true }, '?'],
])('%j shows %j', (facts, mark) => {
  expect(faviconMark(facts)).toBe(mark);
  const svg = decodeURIComponent(faviconOf(facts).replace('data:image/svg+xml,', ''));
  expect(svg).toMatch(/^<svg [^>]+>.*<\/svg>$/);
  if (mark !== '') expect(svg).toContain(`>${mark}</text>`);
});

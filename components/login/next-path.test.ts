import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextPathOf } from './next-path.ts';

test.each([
  ['/', '/'],
  ['/alerts', '/alerts'],
  ['/hosts?state=down&q=a%20b#top', '/hosts?state=down&q=a%20b#top'],
  ['/hosts/web-1?next=https://evil.example', '/hosts/web-1?next=https://evil.example'],
  ['/hosts/机器', '/hosts/%E6%9C%BA%E5%99%A8'],
  ['/./hosts/../alerts', '/alerts'],
])('%s is followed', (next, path) => {
  expect(nextPathOf(next)).toBe(path);
});

test.each([
  undefined,
  '',
  'hosts',
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/.//evil.example',
  '/a/..//evil.example',
  'javascript:alert(1)',
  ' /hosts',
  '/login',
  '/login?next=/login',
  `/${'a'.repeat(2_000)}`,
])('%j leads to the overview', (next) => {
  expect(nextPathOf(next)).toBe('/');
});

test('no text leads to another origin, or to what no address can be made of', () => {
  const piece = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '@',
    ':',
    'evil.example',
    '\t',
    '\r\n',
    '%2f',
    '#',
    '?',
    ' ',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (next) => {
        const url = new URL(nextPathOf(next), 'https://pulsewatch.example');
        expect(url.origin).toBe('https://pulsewatch.example');
      },
    ),
    { seed: 20260101, numRuns: 2_000 },
  );
});

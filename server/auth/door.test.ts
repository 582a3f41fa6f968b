import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Entrance, entranceOf } from './door.ts';
import { EVERYONE } from './identity.ts';
import { loginPathFor, pageAfterSignIn } from './next-path.ts';

const at = (path: string): URL => new URL(path, 'http://localhost');
const knock = (
  path: string,
  method = 'GET',
  isRouter = false,
  identity: typeof EVERYONE | null = null,
): Entrance => entranceOf({ method, url: at(path), isRouter }, identity);

describe('the door', () => {
  test.each(['/', '/hosts', '/hosts/web-1', '/settings', '/nothing', '/login/x', '/favicon.ico'])(
    'U50: a page (%s) is not for those who are not signed in: they are taken to the sign-in page',
    (path) => {
      expect(knock(path)).toMatchObject({ type: 'redirect' });
      expect(knock(path, 'HEAD')).toMatchObject({ type: 'redirect' });
      expect(knock(path, 'GET', false, EVERYONE)).toEqual({ type: 'pass' });
    },
  );

  test.each([
    '/api',
    '/api/health',
    '/api/login',
    '/api/nothing',
    '/rt/sse',
    '/rt/poll',
    '/rt/clock',
    '/socket.io/',
    '/_next/data/x.json',
    '/_next/image?url=%2Ficon.svg',
    '/_next/static/../../hosts',
    '/_next/static/..%2f..%2fhosts',
    '/_next/static/..%5Chosts',
  ])('U50: %s is refused to them', (path) => {
    const { type } = knock(path);
    // What the URL itself leads out of the folder is a page.
    expect(type).toBe(path === '/_next/static/../../hosts' ? 'redirect' : 'unauthenticated');
    expect(knock(path, 'GET', false, EVERYONE)).toEqual({ type: 'pass' });
  });

  test('U50: so is what a page’s router asks, and a write to a page', () => {
    expect(knock('/hosts?_rsc=1', 'GET', true)).toMatchObject({ type: 'unauthenticated' });
    expect(knock('/hosts', 'POST')).toMatchObject({ type: 'unauthenticated' });
    // Of the sign-in page too: Next answers a malformed one with 500 and a stack in the log.
    expect(knock('/login?_rsc=1', 'GET', true)).toMatchObject({ type: 'unauthenticated' });
    expect(knock('/login?_rsc=1', 'HEAD', true)).toMatchObject({ type: 'unauthenticated' });
  });

  test('U50: the sign-in page and what it is made of are for everyone', () => {
    const open = [
      '/login',
      '/login?next=%2Fhosts',
      '/_next/static/chunks/a-b_c~1.js',
      '/_next/static/%5Bhost%5D.js',
    ];
    const files = readdirSync(join(import.meta.dirname, '..', '..', 'public')).map((name) => `/${name}`);
    expect(files.length).toBeGreaterThan(0);
    for (const path of [...open, ...files]) {
      expect([path, knock(path).type]).toEqual([path, 'pass']);
      expect([path, knock(path, 'HEAD').type]).toEqual([path, 'pass']);
      expect([path, knock(path, 'POST').type]).toEqual([path, 'unauthenticated']);
    }
  });

  test('U50: three calls are for everyone, by their method', () => {
    expect(knock('/api/session').type).toBe('pass');
    expect(knock('/api/session', 'HEAD').type).toBe('pass');
    expect(knock('/api/session', 'POST').type).toBe('unauthenticated');
    for (const call of ['/api/login', '/api/setup']) {
      expect(knock(call, 'POST').type).toBe('pass');
      expect(knock(call, 'PUT').type).toBe('unauthenticated');
      expect(knock(`${call}/`, 'POST').type).toBe('unauthenticated');
    }
  });

  test('U52: who is signed in is led on from the sign-in page', () => {
    const onwards = (path: string) => knock(path, 'GET', false, EVERYONE);
    expect(onwards('/login')).toEqual({ type: 'redirect', to: '/' });
    expect(onwards('/login?next=%2Fhosts%3Fstate%3Ddown')).toEqual({
      type: 'redirect',
      to: '/hosts?state=down',
    });
    expect(onwards('/login?next=https://evil.example/')).toEqual({ type: 'redirect', to: '/' });
  });
});

describe('where one is led', () => {
  test('U51: back to the page one wanted, without what its router added', () => {
    const next = (path: string): string | null => at(loginPathFor(at(path))).searchParams.get('next');
    expect(loginPathFor(at('/'))).toBe('/login');
    expect(loginPathFor(at('/?_rsc=abc'))).toBe('/login');
    expect(next('/hosts')).toBe('/hosts');
    expect(next('/hosts?state=down&q=a%26b&_rsc=1')).toBe('/hosts?state=down&q=a%26b');
    expect(next('/hosts/web-%C3%A4')).toBe('/hosts/web-%C3%A4');
    expect(loginPathFor(at('/login/'))).toBe('/login');
    for (const path of ['/hosts?state=down', '/hosts/web-%C3%A4?x=1']) {
      expect(pageAfterSignIn(next(path))).toBe(path);
    }
  });

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/a/..//evil.example',
    '/%2e//evil.example',
    '///evil.example',
    '/\u0000',
    'javascript:alert(1)',
    'data:text/html,x',
    'evil.example',
    '?next=//evil.example',
    '',
    `/${'x'.repeat(3_000)}`,
    '/login',
    '/login?next=/login',
    '/api/session',
    '/rt/sse',
    '/_next/static/x.js',
  ])('U51: %j leads to the first page', (next) => {
    expect(pageAfterSignIn(next)).toBe('/');
  });

  test('U51: whatever is written there, one stays at this server', () => {
    const pieces = [
      '/',
      '\\',
      '.',
      '..',
      '%2e',
      '%2f',
      '@',
      ':',
      'evil.example',
      '\t',
      '?',
      '#',
      '//',
      'http:',
    ];
    let seed = 7;
    const any = (): string => {
      seed = (seed * 48_271) % 2_147_483_647;
      return pieces[seed % pieces.length]!;
    };
    for (let i = 0; i < 20_000; i++) {
      const next = `/${Array.from({ length: 1 + (i % 7) }, any).join('')}`;
      const to = pageAfterSignIn(next);
      expect([next, new URL(to, 'https://pulse.example.com').origin]).toEqual([
        next,
        'https://pulse.example.com',
      ]);
    }
  });
});

/** Who may make which call: a table made from the router's own routes. */
import { describe, expect, test } from 'vitest';
import { mayActAs, ROLES, type Role } from '#lib/protocol/account.ts';
import { OPEN_CALLS } from '../auth/door.ts';
import { apiAlone, signedIn } from '../testing/api-alone.ts';
import { apiRoutes } from './api.ts';
import type { Route } from './route.ts';

const WHO = [null, ...ROLES] as const;
const routes = apiRoutes(apiAlone().context);

/** A path of the route that is well formed. */
function addressOf({ path }: Route): string {
  return path.replaceAll(/\{\w+\}/g, '0123456789abcdef');
}

/** What the check of roles says; null: it lets the call through. */
function refusalOf(access: Route['access'], role: Role | null): number | null {
  if (access === 'open') return null;
  if (role === null) return 401;
  return mayActAs(role, access) ? null : 403;
}

describe('H51: every route of the router for nobody and each role', () => {
  const table = routes.flatMap((route) =>
    WHO.map((role) => [route.method, route.path, role, route] as const),
  );

  test.each(table)('H51: %s %s for %s', async (method, _, role, route) => {
    const { ask, as, acts } = apiAlone();
    as(role === null ? null : signedIn(role));
    // A body that no call takes: who is refused by its role is refused before anything is read.
    const answer = await ask(addressOf(route), method, method === 'GET' ? undefined : 'no object');
    const refused = refusalOf(route.access, role);
    if (refused === null) expect([401, 403, 500]).not.toContain(answer.status);
    else {
      expect(answer.status).toBe(refused);
      expect(answer.body.code).toBe(refused === 401 ? 'unauthenticated' : 'forbidden');
      expect(acts).toEqual([]);
    }
    if (refused === 403) expect(answer.body.detail).toContain(`needs the role ${route.access}`);
  });

  test('H51: reading needs a viewer, and nothing that changes the fleet is a viewer’s', () => {
    const scratch = (path: string): boolean => path.startsWith('/api/scratch');
    const own = /^\/api\/(login|logout|setup|session|password|sessions|tokens)/;
    for (const { method, path, access } of routes) {
      if (own.test(path) || scratch(path)) continue;
      if (method === 'GET') expect(access, path).not.toBe('open');
      else expect(['operator', 'administrator'], `${method} ${path}`).toContain(access);
    }
    const open = routes
      .filter(({ access }) => access === 'open')
      .map(({ method, path }) => `${method} ${path}`);
    expect(open.sort()).toEqual([...OPEN_CALLS].sort());
  });

  test('H51: HEAD is refused as GET is', async () => {
    const { ask, as } = apiAlone();
    as(null);
    expect((await ask('/api/health', 'HEAD')).status).toBe(401);
    as(signedIn('viewer'));
    expect((await ask('/api/health', 'HEAD')).status).toBe(200);
    expect((await ask('/api/audit', 'HEAD')).status).toBe(403);
  });
});

test('H52: to nobody, an address or method that is not there looks like any other', async () => {
  const { ask, as } = apiAlone();
  const wrong = [
    ['/api', 'GET', 404],
    ['/api/nothing', 'GET', 404],
    ['/api/hosts/', 'GET', 404],
    ['/api/hosts', 'PATCH', 405],
    ['/api/health', 'OPTIONS', 405],
  ] as const;
  for (const [path, method, status] of wrong) {
    as(null);
    expect(await ask(path, method), path).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    as(signedIn('viewer'));
    expect((await ask(path, method)).status, path).toBe(status);
  }
  const { headers } = await ask('/api/hosts', 'PATCH');
  expect(headers.get('allow')).toBe('GET, HEAD, POST');
});

test('H51: no two routes are one, and a fixed address stands before one with a name in it', () => {
  const seen = routes.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);
  expect(new Set(seen).size).toBe(seen.length);
});

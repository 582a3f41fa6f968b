/**
 * Puts routes on a Hono app: who may make a call is settled before its handler runs and before any body is read,
 * then methods and addresses that no route takes. Knows no call. Main thread.
 */
import type { IncomingMessage } from 'node:http';
import type { Context, Hono } from 'hono';
import { mayActAs } from '#lib/protocol/account.ts';
import type { Identity } from '../auth/identity.ts';
import { ProblemError, visible } from './problem.ts';
import type { Route } from './route.ts';

/** As ApiContext has it. */
export type Identify = (request: IncomingMessage | undefined) => Identity | null;

/** Earlier routes win. After the last one, everything under `/api` that none takes is refused. */
export function addRoutes(app: Hono, routes: readonly Route[], identify: Identify): void {
  const identityOf = (context: Context): Identity | null => identify(incomingOf(context));
  for (const route of routes) {
    app.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ':$1'), (context) => {
      const identity = identityOf(context);
      return route.access === 'open'
        ? route.handle(context, identity)
        : route.handle(context, authorized(identity, route));
    });
  }
  const addresses = routes.map((route) => ({ route, matches: patternOf(route.path) }));
  app.all('*', (context) => {
    const { req } = context;
    const here = addresses.filter(({ matches }) => matches.test(req.path)).map(({ route }) => route);
    if (!here.some(({ access }) => access === 'open') && identityOf(context) === null)
      throw unauthenticated();
    const address = visible(req.path.slice(0, 200));
    if (here.length === 0) {
      throw new ProblemError(
        'not_found',
        `there is nothing at ${address}; GET /api/openapi.json lists the API`,
      );
    }
    const methods = here.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    const allow = [...new Set(methods)].join(', ');
    throw new ProblemError(
      'method_not_allowed',
      `${visible(req.method.slice(0, 20))} is not accepted at ${address}; ${allow} is`,
      { allow },
    );
  });
}

/** What the HTTP server was given; absent where a test asks the app itself. */
function incomingOf(context: Context): IncomingMessage | undefined {
  return (context.env as { incoming?: IncomingMessage } | undefined)?.incoming;
}

function patternOf(path: string): RegExp {
  const parts = path.split(/\{\w+\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]+')}$`);
}

function authorized(
  identity: Identity | null,
  route: Route & { access: Exclude<Route['access'], 'open'> },
): Identity {
  if (identity === null) throw unauthenticated();
  if (mayActAs(identity.role, route.access)) return identity;
  throw new ProblemError(
    'forbidden',
    `${route.method} ${route.path} needs the role ${route.access}; this is the role ${identity.role}`,
  );
}

function unauthenticated(): ProblemError {
  return new ProblemError(
    'unauthenticated',
    'sign in at /login, or send an API token as Authorization: Bearer pwt_…',
    { 'www-authenticate': 'Bearer' },
  );
}

/**
 * The HTTP API as one Hono app: the list of its routes, problem documents. Host, Origin and content type have been
 * checked before (guard.ts), who asks has been found out (http-server.ts). Main thread; long reads go in slices.
 */
import { Hono } from 'hono';
import type { ErrorCode } from '#lib/protocol/errors.ts';
import { PROBLEM_TYPE, problemOf } from '#lib/protocol/errors.ts';
import { StoreUnavailable } from '../store/store.ts';
import { accountRoutes } from './account-api.ts';
import { alertRoutes } from './alerts-api.ts';
import type { ApiContext } from './api-context.ts';
import { eventRoutes } from './events-api.ts';
import { hostCommandRoutes } from './host-commands-api.ts';
import { hostRoutes } from './hosts-api.ts';
import { openApiRoute } from './openapi-api.ts';
import { ProblemError } from './problem.ts';
import type { Route } from './route.ts';
import { addRoutes } from './router.ts';
import { scratchRoutes } from './scratch-api.ts';
import { statusRoutes } from './status-api.ts';

/** When to ask again while nothing can be stored. */
const STORE_RETRY_S = 5;

function respond(code: ErrorCode, detail: string, headers: Readonly<Record<string, string>> = {}): Response {
  const problem = problemOf(code, detail);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store', ...headers },
  });
}

/** Every call of the API. */
export function apiRoutes(context: ApiContext): readonly Route[] {
  const routes: Route[] = [
    ...statusRoutes(context),
    ...hostRoutes(context),
    ...hostCommandRoutes(context),
    ...eventRoutes(context),
    ...alertRoutes(context),
    ...scratchRoutes(context),
    ...accountRoutes(context),
  ];
  routes.push(openApiRoute(context, routes));
  return routes;
}

export function createApi(context: ApiContext): Hono {
  const app = new Hono();
  app.use(async ({ header }, next) => {
    await next();
    header('cache-control', 'no-store');
  });
  addRoutes(app, apiRoutes(context), context.identify);
  app.onError((error) => {
    if (error instanceof ProblemError) return respond(error.code, error.message, error.headers);
    if (error instanceof StoreUnavailable) {
      const detail = `nothing was changed: ${error.message}`;
      return respond('store_unavailable', detail, { 'retry-after': String(STORE_RETRY_S) });
    }
    context.onError(error);
    return respond('internal_error', 'the server has logged what happened');
  });
  return app;
}

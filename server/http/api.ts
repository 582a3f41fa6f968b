/**
 * The HTTP API as one Hono app: routes, problem documents, methods. Host, Origin and content type have been
 * checked before (guard.ts). Main thread; long reads go in slices.
 */
import { type Context, Hono } from 'hono';
import type { Health } from '#lib/protocol/api.ts';
import type { ErrorCode } from '#lib/protocol/errors.ts';
import { PROBLEM_TYPE, problemOf } from '#lib/protocol/errors.ts';
import { addAlertRoutes } from './alerts-api.ts';
import type { ApiContext } from './api-context.ts';
import { addHostRoutes, readEvents } from './hosts-api.ts';
import { QueryParameters } from './parameters.ts';
import { ProblemError } from './problem.ts';
import { addScratchRoutes } from './scratch-api.ts';

export const MAX_BODY_BYTES = 64 * 1_024;

function respond(code: ErrorCode, detail: string, headers: Readonly<Record<string, string>> = {}): Response {
  const problem = problemOf(code, detail);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store', ...headers },
  });
}

/** Counts what really comes: a length need not be announced, or true. */
async function readBody(request: Request): Promise<string> {
  const tooLarge = () => new ProblemError('body_too_large', `a body has at most ${MAX_BODY_BYTES} bytes`);
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) break;
      chunks.push(chunk);
    }
  } catch {
    throw new ProblemError('invalid_request', 'the body broke off before its end');
  }
  if (bytes > MAX_BODY_BYTES) throw tooLarge();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new ProblemError('invalid_json', 'the body is not UTF-8');
  }
}

async function readJson(request: Request): Promise<unknown> {
  const text = await readBody(request);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError('invalid_json', (error as Error).message);
  }
}

function health(context: ApiContext): Health {
  const { live } = context;
  const ingest = context.ingest();
  return {
    status: ingest.blind ? 'degraded' : 'ok',
    epoch: live.epoch,
    seq: live.seq,
    uptimeMs: Math.round(context.uptimeMs()),
    hosts: live.counts(),
    transitions: live.transitions(),
    ingest,
  };
}

/** After all routes: what their paths do not take. */
function refuseOtherMethods(app: Hono): void {
  const methods = new Map<string, string[]>();
  for (const { path, method } of app.routes) {
    if (method !== 'ALL') methods.set(path, [...(methods.get(path) ?? []), method]);
  }
  for (const [path, accepted] of methods) {
    const allow = accepted.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    app.all(path, ({ req }: Context) => {
      throw new ProblemError(
        'method_not_allowed',
        `${req.method} is not accepted at ${req.path.slice(0, 200)}; ${allow} is`,
        {
          allow,
        },
      );
    });
  }
}

export function createApi(context: ApiContext): Hono {
  const app = new Hono();
  app.use(async ({ header }, next) => {
    await next();
    header('cache-control', 'no-store');
  });

  const withoutParameters = (url: string): void => void new QueryParameters(url, []);
  app.get('/api/health', ({ req, json }) => {
    withoutParameters(req.url);
    return json(health(context));
  });
  app.get('/api/about', ({ req, json }) => {
    withoutParameters(req.url);
    return json(context.about());
  });
  app.get('/api/samples', ({ req, json }) => {
    const since = new QueryParameters(req.url, ['since']).instant('since');
    return json(context.samples.read(since ?? 0));
  });
  app.get('/api/events', async ({ req, json }) => json(await readEvents(context, req.url)));
  addHostRoutes(app, context);
  addAlertRoutes(app, context, readJson);
  addScratchRoutes(app, context, readJson);
  refuseOtherMethods(app);

  app.notFound(({ req }) =>
    respond('not_found', `there is nothing at ${req.path.slice(0, 200)}; docs/protocol.md lists the API`),
  );
  app.onError((error) => {
    if (error instanceof ProblemError) return respond(error.code, error.message, error.headers);
    context.onError(error);
    return respond('internal_error', 'the server has logged what happened');
  });
  return app;
}

/** `GET /api/openapi.json`: the API as a document, this call among the others. */
import type { ApiContext } from './api-context.ts';
import { object } from './json-schema.ts';
import { openApiDocument } from './openapi-document.ts';
import { SCHEMAS } from './openapi-schemas.ts';
import { withoutParameters } from './parameters.ts';
import type { Route } from './route.ts';

/** `routes`: all of the API, as they are when it is asked for the first time. */
export function openApiRoute({ about }: Pick<ApiContext, 'about'>, routes: readonly Route[]): Route {
  let document: string | null = null;
  return {
    method: 'GET',
    path: '/api/openapi.json',
    access: 'viewer',
    operation: {
      summary: 'This document',
      answers: {
        200: {
          description: 'OpenAPI 3.1',
          schema: { ...object({ openapi: { const: '3.1.0' } }), additionalProperties: true },
        },
      },
      examples: [{ summary: 'All of it', at: '/api/openapi.json', status: 200 }],
    },
    handle: ({ req, body }) => {
      withoutParameters(req.url);
      document ??= JSON.stringify(openApiDocument(routes, SCHEMAS, about().version));
      return body(document, 200, { 'content-type': 'application/json' });
    },
  };
}

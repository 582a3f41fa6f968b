/**
 * The OpenAPI 3.1 document of a list of routes, so that it cannot differ from them. Adds what holds for every route
 * of its kind: refusals at the door, sign-in and roles, bodies. Pure; made once.
 */
import { ERRORS, type ErrorCode, PROBLEM_TYPE } from '#lib/protocol/errors.ts';
import { ref, type Schema } from './json-schema.ts';
import { type Answer, EXAMPLE_WORLD, type Example, type Operation } from './openapi.ts';
import { LIVE_PATHS } from './openapi-live-paths.ts';
import type { Route } from './route.ts';

type Access = Route['access'];
type Method = Route['method'];

const { upHost, downHost, administrator, viewer } = EXAMPLE_WORLD;
const DESCRIPTION = `Made from the routes of the server itself. Every refusal is a problem document (RFC 9457) with a stable \`code\`.

Instants are numbers, ms since the epoch; a field without a value is null. What is not known is refused: a parameter or field the call does not have gets 400 \`invalid_parameter\`.

\`x-access\` of an operation is the least role that may make it: viewer < operator < administrator; \`open\` also answers those who are not signed in. With AUTH=none everyone may do everything.

\`x-examples\` are whole requests with the status of their answers. They suppose a host \`${upHost}\` that is up (label rack=r1), a host \`${downHost}\` that is down in its first episode, and who asks to be the administrator \`${administrator.name}\` (password \`${administrator.password}\`) beside a viewer \`${viewer.name}\` (\`${viewer.password}\`). What stands in \`before\` is asked first; \`{name}\` in the address is then the field of its answer that \`take\` gives.`;

/** Of every request, wherever it goes. */
const AT_THE_DOOR: readonly ErrorCode[] = [
  'foreign_host',
  'foreign_origin',
  'invalid_request',
  'headers_too_large',
  'request_timeout',
];

export function openApiDocument(
  routes: readonly Route[],
  schemas: Readonly<Record<string, Schema>>,
  version: string,
): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, access, operation } of routes) {
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = describe(method, access, operation);
  }
  for (const { path, operation } of LIVE_PATHS) paths[path] = { get: describe('GET', 'viewer', operation) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pulsewatch',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ session: [] }, { token: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'pulsewatch_session' },
        token: { type: 'http', scheme: 'bearer', description: 'An API token, `pwt_…`' },
      },
    },
  };
}

function describe(method: Method, access: Access, operation: Operation): object {
  const { summary, description, parameters = [], body, answers, examples } = operation;
  const parts: Record<string, unknown> = { summary };
  if (description !== undefined) parts.description = description;
  if (access === 'open') parts.security = [];
  parts['x-access'] = access;
  if (parameters.length > 0) {
    parts.parameters = parameters.map((parameter) => ({ ...parameter, required: parameter.in === 'path' }));
  }
  if (body !== undefined) parts.requestBody = requestBody(body, examples);
  parts.responses = { ...responses(answers), ...problemResponses(problemsOf(method, access, operation)) };
  parts['x-examples'] = examples;
  return parts;
}

function requestBody(schema: Schema, examples: readonly Example[]): object {
  const named = examples
    .filter(({ body }) => body !== undefined)
    .map(({ summary, body }) => [summary, { value: body }] as const);
  return {
    required: true,
    content: { 'application/json': { schema, examples: Object.fromEntries(named) } },
  };
}

function responses(answers: Operation['answers']): Record<string, object> {
  const content = ({ schema, contentType }: Answer): object => {
    if (schema === undefined && contentType === undefined) return {};
    const type = contentType ?? 'application/json';
    return { content: { [type]: { schema: schema ?? { type: 'string' } } } };
  };
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [
      status,
      { description: answer.description, ...content(answer) },
    ]),
  );
}

function problemsOf(
  method: Method,
  access: Access,
  { body, problems = [] }: Operation,
): readonly ErrorCode[] {
  return [
    ...AT_THE_DOOR,
    'invalid_parameter',
    ...problems,
    ...(access === 'open' ? [] : (['unauthenticated'] as const)),
    ...(access === 'open' || access === 'viewer' ? [] : (['forbidden'] as const)),
    ...(method === 'GET' ? [] : (['unsupported_media_type'] as const)),
    ...(body === undefined ? [] : (['invalid_json', 'body_too_large'] as const)),
    'internal_error',
  ];
}

/** One answer for each status, whose schema names the codes. */
function problemResponses(codes: readonly ErrorCode[]): Record<string, object> {
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const code of codes) {
    const { status } = ERRORS[code];
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  return Object.fromEntries(
    [...byStatus].map(([status, set]) => {
      const titles = [...set].map((code) => `\`${code}\`: ${ERRORS[code].title}`);
      const schema = { allOf: [ref('Problem'), { properties: { code: { enum: [...set] } } }] };
      return [status, { description: titles.join('; '), content: { [PROBLEM_TYPE]: { schema } } }];
    }),
  );
}

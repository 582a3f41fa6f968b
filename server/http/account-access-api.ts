/** Sessions and API tokens: one's own; an administrator sees and ends those of all. */
import type { Deleted, SessionList, TokenList } from '#lib/protocol/account.ts';
import {
  accountsOf,
  granted,
  readFields,
  roleIn,
  type SecretFields,
  setSessionCookie,
  stringIn,
  takes,
} from './account-request.ts';
import {
  DELETED,
  MAX_TOKEN_LIFE_MS,
  MAX_TOKEN_NAME_LENGTH,
  MIN_TOKEN_LIFE_MS,
  NEW_TOKEN,
  ROLE,
  SESSION_LIST,
  TOKEN_LIFE,
  TOKEN_LIST,
  TOKEN_NAME,
} from './account-schemas.ts';
import type { ApiContext } from './api-context.ts';
import { object, text } from './json-schema.ts';
import type { Parameter } from './openapi.ts';
import { withoutParameters } from './parameters.ts';
import type { GuardedRoute } from './route.ts';

type Given = Pick<ApiContext, 'accounts'>;

const ID_PARAMETER: Parameter = {
  in: 'path',
  name: 'id',
  description: 'As the list has it',
  schema: text({ pattern: '^[0-9a-f]{16}$' }),
};

export function accessRoutes(given: Given): GuardedRoute[] {
  return [...sessionRoutes(given), ...tokenRoutes(given)];
}

function sessionRoutes(given: Given): GuardedRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/sessions',
      access: 'viewer',
      operation: {
        summary: 'Where one is signed in',
        description: 'One’s own sessions; for an administrator those of all.',
        answers: { 200: { description: 'The last used first', schema: SESSION_LIST } },
        problems: ['not_found'],
        examples: [{ summary: 'All', at: '/api/sessions', status: 200 }],
      },
      handle: ({ req, json }, identity) => {
        withoutParameters(req.url);
        return json({ sessions: accountsOf(given).sessions(identity) } satisfies SessionList);
      },
    },
    {
      method: 'DELETE',
      path: '/api/sessions/{id}',
      access: 'viewer',
      operation: {
        summary: 'End a session',
        description: 'One’s own; an administrator any. Every connection that is open on it is closed.',
        parameters: [ID_PARAMETER],
        answers: { 200: { description: 'Done', schema: DELETED } },
        problems: ['not_found', 'store_unavailable'],
        examples: [{ summary: 'One that is over', at: '/api/sessions/0123456789abcdef', status: 404 }],
      },
      handle: async (context, identity) => {
        withoutParameters(context.req.url);
        const id = context.req.param('id')!;
        granted(await accountsOf(given).revokeSession(id, identity));
        if (id === identity.sessionId) setSessionCookie(context, null);
        return context.json({ removed: true } satisfies Deleted);
      },
    },
  ];
}

function tokenRoutes(given: Given): GuardedRoute[] {
  return [
    {
      method: 'GET',
      path: '/api/tokens',
      access: 'viewer',
      operation: {
        summary: 'API tokens',
        description: 'One’s own; for an administrator those of all. Never the tokens themselves.',
        answers: { 200: { description: 'The newest first', schema: TOKEN_LIST } },
        problems: ['not_found'],
        examples: [{ summary: 'All', at: '/api/tokens', status: 200 }],
      },
      handle: ({ req, json }, identity) => {
        withoutParameters(req.url);
        return json({ tokens: accountsOf(given).tokens.list(identity) } satisfies TokenList);
      },
    },
    {
      method: 'POST',
      path: '/api/tokens',
      access: 'viewer',
      operation: {
        summary: 'Make an API token',
        description: 'It may do at most what its user may. The token is in this answer and nowhere else.',
        body: object({ name: TOKEN_NAME, role: ROLE, expiresInMs: TOKEN_LIFE }, ['expiresInMs']),
        answers: { 201: { description: 'The token, this once', schema: NEW_TOKEN } },
        problems: ['already_exists', 'not_found', 'store_unavailable'],
        examples: [
          {
            summary: 'For a screen on the wall',
            at: '/api/tokens',
            body: { name: 'wall', role: 'viewer', expiresInMs: 2_592_000_000 },
            status: 201,
          },
        ],
      },
      handle: async (context, identity) => {
        const accounts = accountsOf(given);
        const fields = await readFields(context, ['name', 'role', 'expiresInMs']);
        const wish = { name: tokenNameIn(fields), role: roleIn(fields), expiresInMs: lifeIn(fields) };
        return context.json(granted(await accounts.tokens.create(wish, identity)), 201);
      },
    },
    {
      method: 'DELETE',
      path: '/api/tokens/{id}',
      access: 'viewer',
      operation: {
        summary: 'Revoke an API token',
        description: 'One’s own; an administrator any. Every connection that is open on it is closed.',
        parameters: [ID_PARAMETER],
        answers: { 200: { description: 'Done', schema: DELETED } },
        problems: ['not_found', 'store_unavailable'],
        examples: [
          {
            summary: 'One that is not needed any more',
            at: '/api/tokens/{id}',
            before: {
              method: 'POST',
              at: '/api/tokens',
              body: { name: 'old', role: 'viewer' },
              take: { id: 'id' },
            },
            status: 200,
          },
        ],
      },
      handle: async ({ req, json }, identity) => {
        withoutParameters(req.url);
        granted(await accountsOf(given).tokens.revoke(req.param('id')!, identity));
        return json({ removed: true } satisfies Deleted);
      },
    },
  ];
}

function tokenNameIn(fields: SecretFields): string {
  const name = stringIn(fields, 'name').trim();
  if (name === '' || name.length > MAX_TOKEN_NAME_LENGTH || /[\p{Cc}\p{Bidi_Control}]/u.test(name)) {
    throw takes('name', `1 to ${MAX_TOKEN_NAME_LENGTH} characters without control characters`);
  }
  return name;
}

function lifeIn({ expiresInMs = null }: SecretFields): number | null {
  if (expiresInMs === null) return null;
  const isWhole = Number.isInteger(expiresInMs);
  const ms = expiresInMs as number;
  if (isWhole && ms >= MIN_TOKEN_LIFE_MS && ms <= MAX_TOKEN_LIFE_MS) return ms;
  throw takes('expiresInMs', `null or a whole number from ${MIN_TOKEN_LIFE_MS} to ${MAX_TOKEN_LIFE_MS} (ms)`);
}

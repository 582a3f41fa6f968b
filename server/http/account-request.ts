/**
 * What the calls about people have in common: bodies that hold secrets, so that no error repeats a word of them; who
 * asks, as far as the connection says; the cookie; refusals as problems.
 */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import { ROLES, type Role } from '#lib/protocol/account.ts';
import type { Refused } from '../auth/account-keeper.ts';
import type { Accounts } from '../auth/accounts.ts';
import { SESSION_COOKIE } from '../auth/credentials.ts';
import type { Client } from '../auth/sign-in.ts';
import { notedHttps } from './account-https.ts';
import type { ApiContext } from './api-context.ts';
import { notedClientAddress } from './client-address.ts';
import { readJson } from './json-body.ts';
import { withoutParameters } from './parameters.ts';
import { ProblemError } from './problem.ts';

/** The session itself decides when it is over; a browser keeps no cookie for longer than this. */
const COOKIE_MAX_AGE_S = 400 * 86_400;

export type SecretFields = Readonly<Record<string, unknown>>;

/** Throws `invalid_json` and `invalid_parameter` without repeating what was sent. Takes no query. */
export async function readFields({ req }: Context, accepted: readonly string[]): Promise<SecretFields> {
  withoutParameters(req.url);
  const body = await readJson(req.raw).catch((error: unknown) => {
    if (!(error instanceof ProblemError) || error.code !== 'invalid_json') throw error;
    // The parser's own words quote the body.
    throw new ProblemError('invalid_json', 'the body is not JSON (it is not repeated here)');
  });
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  if (!isObject || Object.keys(body).some((name) => !accepted.includes(name))) {
    throw takes('the body', `an object with the fields ${accepted.join(', ')}`);
  }
  return body as SecretFields;
}

/** A problem that names a field and what it takes, and nothing of what it was. */
export function takes(name: string, what: string): ProblemError {
  return new ProblemError('invalid_parameter', `${name} takes ${what} (what was sent is not repeated here)`);
}

/** Not trimmed: a password may begin with a space. */
export function stringIn(fields: SecretFields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw takes(name, 'a string');
  return value;
}

export function roleIn(fields: SecretFields): Role {
  const role = ROLES.find((each) => each === fields.role);
  if (role === undefined) throw takes('role', `one of ${ROLES.join(', ')}`);
  return role;
}

/** Throws the problem a refusal is. */
export function granted<T>(result: T | Refused): T {
  if (typeof result !== 'object' || result === null || !('refused' in result)) return result as T;
  const { refused, detail, retryAfterMs } = result;
  const headers: Record<string, string> = {};
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1_000));
  throw new ProblemError(refused, detail, headers);
}

/** Throws `not_found` with AUTH=none. */
export function accountsOf({ accounts }: Pick<ApiContext, 'accounts'>): Accounts {
  if (accounts !== null) return accounts;
  const detail =
    'this server asks nobody to sign in; AUTH=password switches that on (docs/operations.md, Sign-in)';
  throw new ProblemError('not_found', detail);
}

function incomingOf(context: Context): IncomingMessage | undefined {
  return (context.env as { incoming?: IncomingMessage } | undefined)?.incoming;
}

export function clientOf(context: Context): Client {
  const incoming = incomingOf(context);
  return {
    address: incoming === undefined ? '' : notedClientAddress(incoming),
    userAgent: context.req.header('user-agent') ?? null,
  };
}

/** `secret` null: the browser is to forget the session. */
export function sessionCookie(context: Context, secret: string | null): string {
  const parts = [
    `${SESSION_COOKIE}=${secret ?? ''}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Max-Age=${secret === null ? 0 : COOKIE_MAX_AGE_S}`,
    ...(notedHttps(incomingOf(context)) ? ['Secure'] : []),
  ];
  return parts.join('; ');
}

export function setSessionCookie(context: Context, secret: string | null): void {
  context.header('set-cookie', sessionCookie(context, secret));
}

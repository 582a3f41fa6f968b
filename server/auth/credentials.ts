/**
 * What a request's headers claim: a session's cookie or an API token. Pure, O(bytes of the header); only the form is
 * looked at here. Source: RFC 6265 4.2.1 (Cookie), RFC 6750 2.1 (Bearer).
 */
import type { IncomingHttpHeaders } from 'node:http';

export const SESSION_COOKIE = 'pulsewatch_session';
export const TOKEN_PREFIX = 'pwt_';

const SECRET = /^[A-Za-z0-9_-]{43}$/;
const TOKEN = /^pwt_[A-Za-z0-9_-]{43}$/;
const BEARER = /^bearer +(.*)$/i;

export type Credentials = { readonly kind: 'session' | 'token'; readonly secret: string };

/**
 * null: none, or none of our form. With an Authorization header the cookie does not count: a program that says who
 * it is must not act as whoever has signed in beside it.
 */
export function credentialsIn({ authorization, cookie }: IncomingHttpHeaders): Credentials | null {
  if (authorization !== undefined) {
    const token = BEARER.exec(authorization)?.[1]?.trim() ?? '';
    return TOKEN.test(token) ? { kind: 'token', secret: token } : null;
  }
  const secret = sessionIn(cookie ?? '');
  return secret === null ? null : { kind: 'session', secret };
}

/** Two cookies of our name: one of them was put there by somebody else, and nobody can say which. */
function sessionIn(cookie: string): string | null {
  const given = cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`));
  const secret = given.length === 1 ? given[0]!.slice(SESSION_COOKIE.length + 1) : '';
  return SECRET.test(secret) ? secret : null;
}

/**
 * Whether somebody is signed in in this browser, asked of `GET /api/session`, which answers everyone. For what cannot
 * see a status (a WebSocket), and for a page that waits for somebody. Knows no connection.
 */
import type { SessionInfo } from '#lib/protocol/account.ts';

/** An answer that takes longer is none: who asks has something to do. */
const ANSWER_WITHIN_MS = 2_000;

/** `slow`: none in time, so that it is not known whether anybody is there; `unknown`: nobody, or something else. */
export type SessionAnswer = 'may-watch' | 'signed-out' | 'slow' | 'unknown';

function isSession(body: unknown): body is SessionInfo {
  return typeof body === 'object' && body !== null && 'auth' in body && 'user' in body;
}

/** One request; never rejects. @param signal Ends it early: `unknown`. */
export async function askSession(origin: string, signal?: AbortSignal): Promise<SessionAnswer> {
  const limit = AbortSignal.timeout(ANSWER_WITHIN_MS);
  try {
    const response = await fetch(`${origin}/api/session`, {
      cache: 'no-store',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    const body: unknown = response.ok ? await response.json() : null;
    if (!isSession(body)) return 'unknown';
    return body.auth === 'password' && body.user === null ? 'signed-out' : 'may-watch';
  } catch {
    return limit.aborted ? 'slow' : 'unknown';
  }
}

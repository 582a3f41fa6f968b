/**
 * What SSE and polling ask of a viewer's request before they serve it: who it is, where it stands, and whether there
 * is a place for it. Knows HTTP; answers with a problem what is not accepted. Main thread.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Position, parsePosition } from '#lib/protocol/position.ts';
import { type Identity, notedIdentity } from '../auth/identity.ts';
import { notedClientAddress } from '../http/client-address.ts';
import { NO_PLACE, RETRY_AFTER_MS, type Viewers } from '../live/viewers.ts';
import { answerProblem } from './live-response.ts';

/** The position in `e` and `s`: null for none, undefined when it is not of its form and has been answered so. */
export function positionInQuery(
  viewers: Viewers,
  response: ServerResponse,
  url: URL,
): Position | null | undefined {
  const e = url.searchParams.get('e') || null;
  const s = url.searchParams.get('s') || null;
  const position = parsePosition(e, s);
  if (position !== null) return ownPosition(viewers, position);
  if (e === null && s === null) return null;
  const detail = 'e and s name a position: e is 16 lower-case hex digits, s an integer; or leave out both';
  answerProblem(response, 'invalid_parameter', detail);
  return undefined;
}

/** The same position with our own epoch's string: a part of the request's text would keep all of it in memory. */
export function ownPosition({ log }: Viewers, { e, s }: Position): Position {
  return { e: e === log.epoch ? log.epoch : e, s };
}

const SIGNED_OUT = 'nobody is signed in, or no longer: sign in at /login, or send an API token';

/** null: nobody is signed in, which has been answered. */
export function identityOf(response: ServerResponse): Identity | null {
  const identity = notedIdentity(response.req);
  if (identity === null) answerSignedOut(response);
  return identity;
}

export function answerSignedOut(response: ServerResponse): void {
  answerProblem(response, 'unauthenticated', SIGNED_OUT, { 'WWW-Authenticate': 'Bearer' });
}

/** Takes a place until the response is over or cut off; false: there is none, which has been answered. */
export function takePlace(viewers: Viewers, response: ServerResponse): boolean {
  const place = viewers.take(notedClientAddress(response.req));
  if (place === null) {
    answerProblem(response, 'too_many_viewers', NO_PLACE, {
      'Retry-After': String(RETRY_AFTER_MS / 1_000),
    });
    return false;
  }
  response.once('close', place.release);
  return true;
}

/** Lets go of what has been read of a request whose answer may take long: about 2 KB for a browser's. */
export function dropRequest(request: IncomingMessage): void {
  request.headers = {};
  request.rawHeaders = [];
  request.url = '';
}

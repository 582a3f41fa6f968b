/**
 * The HTTP side of the live state: everything under `/rt/`. The caller has checked Host and Origin.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Viewers } from '../live/viewers.ts';
import { answerJson, answerProblem } from './live-response.ts';
import { answerPoll } from './poll.ts';

const CLIENT_INSTANT = /^[0-9]{1,16}(\.[0-9]{1,9})?$/;

/** `GET /rt/clock?c0=` → `{c0, s1, s2}`: the client's instant given back, ours on arrival and on leaving. */
function answerClock(viewers: Viewers, response: ServerResponse, url: URL): void {
  const s1 = viewers.clock();
  const c0 = url.searchParams.get('c0') ?? '';
  if (!CLIENT_INSTANT.test(c0)) {
    const detail =
      'c0 is the instant of the request on the clock of the client: a number of ms, not negative';
    answerProblem(response, 'invalid_parameter', detail);
    return;
  }
  answerJson(response, 200, JSON.stringify({ c0: Number(c0), s1, s2: viewers.clock() }));
}

export type LiveRoutes = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** Answers every request whose path starts with `/rt/`, with a problem when there is nothing at it. */
export function createLiveRoutes(viewers: Viewers): LiveRoutes {
  return (request, response, url) => {
    if (url.pathname !== '/rt/poll' && url.pathname !== '/rt/clock') {
      answerProblem(response, 'not_found', `${url.pathname} is not one of /rt/poll, /rt/clock`);
      return;
    }
    if (request.method !== 'GET') {
      const detail = `${request.method} is not accepted at ${url.pathname}; GET is`;
      answerProblem(response, 'method_not_allowed', detail, { Allow: 'GET' });
      return;
    }
    if (url.pathname === '/rt/poll') answerPoll(viewers, request, response, url);
    else answerClock(viewers, response, url);
  };
}

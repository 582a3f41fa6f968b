/**
 * The HTTP side of the live state: everything under `/rt/`. The caller has checked Host and Origin.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MeterReading } from '#lib/protocol/api.ts';
import { answerProblem } from './live-response.ts';
import { type LiveSources, NAMES_TAKE, namesIn, viewersOf } from './live-sources.ts';
import { answerChanges, answerClock, answerMeters, answerNoFeed } from './measurements.ts';
import { answerPoll } from './poll.ts';
import { answerSse } from './sse.ts';

const PATHS: readonly string[] = ['/rt/sse', '/rt/poll', '/rt/clock', '/rt/changes', '/rt/meter'];

export type LiveRoutes = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** Answers every request whose path starts with `/rt/`, with a problem when there is nothing at it. */
export function createLiveRoutes(sources: LiveSources): LiveRoutes {
  return (request, response, url) => {
    if (!PATHS.includes(url.pathname)) {
      answerProblem(response, 'not_found', `${url.pathname} is not one of ${PATHS.join(', ')}`);
      return;
    }
    if (request.method !== 'GET') {
      const detail = `${request.method} is not accepted at ${url.pathname}; GET is`;
      answerProblem(response, 'method_not_allowed', detail, { Allow: 'GET' });
      return;
    }
    if (url.pathname === '/rt/clock') answerClock(sources.viewers.clock, response, url);
    else if (url.pathname === '/rt/changes') answerChanges(sources, response, url);
    else if (url.pathname === '/rt/meter') answerMeters(sources, response, url);
    else serveViewer(sources, response, url);
  };
}

/** Somebody who wants frames: which ones, and on whose account. */
function serveViewer(sources: LiveSources, response: ServerResponse, url: URL): void {
  const names = namesIn(url.searchParams);
  if (names === undefined) {
    answerProblem(response, 'invalid_parameter', NAMES_TAKE);
    return;
  }
  const transport = transportOf(url);
  const account = names.meter === null ? null : sources.meters.use(names.meter, transport);
  const meter = account?.request(transport, response) ?? null;
  const viewers = viewersOf(sources, names.feed);
  if (viewers === null) answerNoFeed(response, names.feed);
  else if (transport === 'sse') answerSse(viewers, response, url, meter);
  else answerPoll(viewers, response, url, meter);
}

function transportOf({ pathname, searchParams }: URL): MeterReading['transport'] {
  if (pathname === '/rt/sse') return 'sse';
  return (searchParams.get('wait') ?? '0') === '0' ? 'polling' : 'long-polling';
}

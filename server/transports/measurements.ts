/**
 * What a viewer asks for to measure: the clock, when each change happened, what its viewers have cost. Under
 * `/rt/`, answered at once; knows HTTP and what it reads from, changes nothing.
 */
import type { ServerResponse } from 'node:http';
import type { MeterReadings } from '#lib/protocol/api.ts';
import type { Clock } from '../clock.ts';
import { answerJson, answerProblem } from './live-response.ts';
import { type LiveSources, NAMES_TAKE, namesIn, viewersOf } from './live-sources.ts';

const MAX_TICKS = 4_096;
const MAX_METERS_READ = 8;

const CLIENT_INSTANT = /^[0-9]{1,16}(\.[0-9]{1,9})?$/;
const SEQ = /^(0|[1-9][0-9]{0,14})$/;
const METERS = /^[0-9a-f]{16}(,[0-9a-f]{16})*$/;

/** `GET /rt/clock?c0=` → `{c0, s1, s2}`: the client's instant given back, ours on arrival and on leaving. */
export function answerClock(clock: Clock, response: ServerResponse, url: URL): void {
  const s1 = clock();
  const c0 = url.searchParams.get('c0') ?? '';
  if (!CLIENT_INSTANT.test(c0)) {
    const detail =
      'c0 is the instant of the request on the clock of the client: a number of ms, not negative';
    answerProblem(response, 'invalid_parameter', detail);
    return;
  }
  answerJson(response, 200, JSON.stringify({ c0: Number(c0), s1, s2: clock() }));
}

/** `GET /rt/changes?after=&feed=`: when the hosts in each tick after a seq changed, oldest tick first. */
export function answerChanges(sources: LiveSources, response: ServerResponse, url: URL): void {
  const names = namesIn(url.searchParams);
  const after = url.searchParams.get('after') || '0';
  if (names === undefined) {
    answerProblem(response, 'invalid_parameter', NAMES_TAKE);
  } else if (!SEQ.test(after)) {
    answerProblem(response, 'invalid_parameter', 'after is the s of a tick: a whole number, 0 without one');
  } else {
    // Who measures a feed keeps it, however seldom its viewers ask.
    const viewers = viewersOf(sources, names.feed);
    if (viewers === null) answerNoFeed(response, names.feed);
    else answerJson(response, 200, JSON.stringify(viewers.log.changesAfter(Number(after), MAX_TICKS)));
  }
}

/** `GET /rt/meter?meter=a,b`: what the server has counted under these names; those nobody uses are left out. */
export function answerMeters({ meters }: LiveSources, response: ServerResponse, url: URL): void {
  const text = url.searchParams.get('meter') ?? '';
  const ids = text.split(',');
  if (!METERS.test(text) || ids.length > MAX_METERS_READ) {
    const detail = `meter is 1 to ${MAX_METERS_READ} names with commas between them, each 16 lower-case hex digits`;
    answerProblem(response, 'invalid_parameter', detail);
    return;
  }
  answerJson(response, 200, JSON.stringify({ meters: meters.read(ids) } satisfies MeterReadings));
}

export function answerNoFeed(response: ServerResponse, feed: string | null): void {
  answerProblem(response, 'not_found', `there is no feed ${feed}: it has been removed, or never was`);
}

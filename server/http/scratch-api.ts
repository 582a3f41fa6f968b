/** Scratch feeds: making one, changing its rate, removing it. Whoever knows a feed's name may do so. */
import {
  MAX_SCRATCH_CHANGES_PER_SECOND,
  MAX_SCRATCH_FEEDS,
  MAX_SCRATCH_HOSTS,
  SCRATCH_KEPT_MS,
} from '../live/scratch-feeds.ts';
import type { ApiContext } from './api-context.ts';
import { readJson } from './json-body.ts';
import { count, FLAG, object, ref, text } from './json-schema.ts';
import type { Parameter, Preparation } from './openapi.ts';
import { bodyFields, withoutParameters } from './parameters.ts';
import { invalidParameter, ProblemError } from './problem.ts';
import type { Route } from './route.ts';

const DEFAULT_HOSTS = 1_000;
const DEFAULT_CHANGES_PER_SECOND = 10;

const FEED = /^[0-9a-f]{16}$/;

const FEED_PARAMETER: Parameter = {
  in: 'path',
  name: 'feed',
  description: 'As the call that made it answered',
  schema: text({ pattern: '^[0-9a-f]{16}$' }),
};
const RATE = count({ maximum: MAX_SCRATCH_CHANGES_PER_SECOND });
const MADE: Preparation = { method: 'POST', at: '/api/scratch', body: {}, take: { feed: 'feed' } };

type Fields = Readonly<Record<string, unknown>>;

/** Viewers may: a feed is bounded, belongs to nobody and changes nothing of the fleet. */
export function scratchRoutes({ scratch }: Pick<ApiContext, 'scratch'>): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/scratch',
      access: 'viewer',
      operation: {
        summary: 'Make a feed of made-up hosts to compare transports on',
        body: object({ hosts: count({ minimum: 1, maximum: MAX_SCRATCH_HOSTS }), changesPerSecond: RATE }, [
          'hosts',
          'changesPerSecond',
        ]),
        answers: { 201: { description: 'The feed', schema: ref('ScratchFeed') } },
        problems: ['too_many_feeds'],
        examples: [{ summary: 'A small one', at: '/api/scratch', body: { hosts: 100 }, status: 201 }],
      },
      handle: async ({ req, json }) => {
        withoutParameters(req.url);
        const fields = bodyFields(await readJson(req.raw), ['hosts', 'changesPerSecond']);
        const hosts = wholeNumber(fields, 'hosts', 1, MAX_SCRATCH_HOSTS) ?? DEFAULT_HOSTS;
        const feed = scratch.create(hosts, rateOf(fields) ?? DEFAULT_CHANGES_PER_SECOND);
        if (feed !== null) return json(feed, 201);
        const detail = `there are ${MAX_SCRATCH_FEEDS} scratch feeds; one is removed ${SCRATCH_KEPT_MS / 1_000} s after its last viewer has left`;
        throw new ProblemError('too_many_feeds', detail, { 'retry-after': String(SCRATCH_KEPT_MS / 1_000) });
      },
    },
    {
      method: 'PUT',
      path: '/api/scratch/{feed}',
      access: 'viewer',
      operation: {
        summary: 'Change how much happens on a feed',
        parameters: [FEED_PARAMETER],
        body: object({ changesPerSecond: RATE }),
        answers: { 200: { description: 'The feed', schema: ref('ScratchFeed') } },
        problems: ['not_found'],
        examples: [
          {
            summary: 'Fifty changes a second',
            at: '/api/scratch/{feed}',
            body: { changesPerSecond: 50 },
            status: 200,
            before: MADE,
          },
        ],
      },
      handle: async ({ req, json }) => {
        withoutParameters(req.url);
        const name = feedName(req.param('feed'));
        const rate = rateOf(bodyFields(await readJson(req.raw), ['changesPerSecond']));
        if (rate === undefined) throw new ProblemError('invalid_parameter', 'changesPerSecond is needed');
        const feed = scratch.setRate(name, rate);
        if (feed !== null) return json(feed);
        throw new ProblemError('not_found', `there is no feed ${name}: it has been removed, or never was`);
      },
    },
    {
      method: 'DELETE',
      path: '/api/scratch/{feed}',
      access: 'viewer',
      operation: {
        summary: 'Remove a feed and close its viewers',
        parameters: [FEED_PARAMETER],
        answers: { 200: { description: 'Was it there?', schema: object({ removed: FLAG }) } },
        examples: [{ summary: 'Remove it', at: '/api/scratch/{feed}', status: 200, before: MADE }],
      },
      handle: ({ req, json }) => {
        withoutParameters(req.url);
        return json({ removed: scratch.remove(feedName(req.param('feed'))) });
      },
    },
  ];
}

function feedName(name: string | undefined): string {
  if (name === undefined || !FEED.test(name)) {
    throw invalidParameter('the feed', name, '16 lower-case hex digits');
  }
  return name;
}

function rateOf(fields: Fields): number | undefined {
  return wholeNumber(fields, 'changesPerSecond', 0, MAX_SCRATCH_CHANGES_PER_SECOND);
}

/** Undefined when the field is absent. */
function wholeNumber(fields: Fields, name: string, min: number, max: number): number | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw invalidParameter(name, value, `a whole number from ${min} to ${max}`);
  }
  return value as number;
}

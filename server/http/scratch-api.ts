/** Scratch feeds: making one, changing its rate, removing it. Whoever knows a feed's name may do so. */
import type { Hono } from 'hono';
import {
  MAX_SCRATCH_CHANGES_PER_SECOND,
  MAX_SCRATCH_FEEDS,
  MAX_SCRATCH_HOSTS,
  SCRATCH_KEPT_MS,
} from '../live/scratch-feeds.ts';
import type { ApiContext } from './api-context.ts';
import { bodyFields, QueryParameters } from './parameters.ts';
import { invalidParameter, ProblemError } from './problem.ts';

const DEFAULT_HOSTS = 1_000;
const DEFAULT_CHANGES_PER_SECOND = 10;

const FEED = /^[0-9a-f]{16}$/;

type Fields = Readonly<Record<string, unknown>>;

export function addScratchRoutes(
  app: Hono,
  { scratch }: Pick<ApiContext, 'scratch'>,
  readJson: (request: Request) => Promise<unknown>,
): void {
  app.post('/api/scratch', async ({ req, json }) => {
    withoutParameters(req.url);
    const fields = bodyFields(await readJson(req.raw), ['hosts', 'changesPerSecond']);
    const hosts = wholeNumber(fields, 'hosts', 1, MAX_SCRATCH_HOSTS) ?? DEFAULT_HOSTS;
    const feed = scratch.create(hosts, rateOf(fields) ?? DEFAULT_CHANGES_PER_SECOND);
    if (feed !== null) return json(feed, 201);
    const detail = `there are ${MAX_SCRATCH_FEEDS} scratch feeds; one is removed ${SCRATCH_KEPT_MS / 1_000} s after its last viewer has left`;
    throw new ProblemError('too_many_feeds', detail, { 'retry-after': String(SCRATCH_KEPT_MS / 1_000) });
  });

  app.put('/api/scratch/:feed', async ({ req, json }) => {
    withoutParameters(req.url);
    const name = feedName(req.param('feed'));
    const rate = rateOf(bodyFields(await readJson(req.raw), ['changesPerSecond']));
    if (rate === undefined) throw new ProblemError('invalid_parameter', 'changesPerSecond is needed');
    const feed = scratch.setRate(name, rate);
    if (feed !== null) return json(feed);
    throw new ProblemError('not_found', `there is no feed ${name}: it has been removed, or never was`);
  });

  app.delete('/api/scratch/:feed', ({ req, json }) => {
    withoutParameters(req.url);
    return json({ removed: scratch.remove(feedName(req.param('feed'))) });
  });
}

function withoutParameters(url: string): void {
  new QueryParameters(url, []);
}

function feedName(text: string): string {
  if (!FEED.test(text)) throw invalidParameter('the feed', text, '16 lower-case hex digits');
  return text;
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

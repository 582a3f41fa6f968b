/** Reading hosts: `GET /api/hosts`, one host with its recent events and availability, its timeline. */
import type { HostDetail, HostPage, HostSort } from '#lib/protocol/api.ts';
import type { ApiContext } from './api-context.ts';
import { parseFilter, STATE_FILTERS } from './host-filter.ts';
import { HOST_PARAMETER, shownSlot } from './host-lookup.ts';
import { HOST_SORTS, queryHosts } from './host-query.ts';
import { MAX_BUCKETS, readAvailability, readTimeline } from './host-timeline.ts';
import { factsOf, hostView, isShown } from './host-view.ts';
import { arrayOf, count, INSTANT, oneOf, ref, text } from './json-schema.ts';
import { CURSOR_PARAMETER, EXAMPLE_WORLD, LIMIT_PARAMETER } from './openapi.ts';
import { MAX_LIMIT, QueryParameters, withoutParameters } from './parameters.ts';
import { invalidParameter } from './problem.ts';
import type { Route } from './route.ts';

const DEFAULT_SORT: HostSort = 'name';
const RECENT_EVENTS = 50;

export function hostRoutes(context: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/hosts',
      access: 'viewer',
      operation: {
        summary: 'Hosts that match, in pages; or those in given slots',
        description: 'What `slots` names comes in that order; empty slots are left out.',
        parameters: [
          {
            in: 'query',
            name: 'state',
            description: 'A state; unhandled = down, neither acknowledged nor in maintenance',
            schema: oneOf(STATE_FILTERS),
          },
          {
            in: 'query',
            name: 'q',
            description: 'A part of the name or of a label’s value, in any case',
            schema: text({ maxLength: 200 }),
          },
          {
            in: 'query',
            name: 'label',
            description: 'key:value; may be repeated, and all must match',
            schema: arrayOf(text(), { maxItems: 16 }),
          },
          {
            in: 'query',
            name: 'sort',
            description: 'With - in front the other way round',
            schema: { ...oneOf(HOST_SORTS), default: DEFAULT_SORT },
          },
          LIMIT_PARAMETER,
          CURSOR_PARAMETER,
          {
            in: 'query',
            name: 'slots',
            description: `At most ${MAX_LIMIT} slot numbers, separated by commas; stands alone`,
            schema: text(),
          },
        ],
        answers: { 200: { description: 'One page', schema: ref('HostPage') } },
        examples: [
          { summary: 'The first ten', at: '/api/hosts?limit=10', status: 200 },
          {
            summary: 'Down and not taken, in one rack, newest first',
            at: '/api/hosts?state=unhandled&label=rack:r1&sort=-changedAt',
            status: 200,
          },
          { summary: 'By slots', at: '/api/hosts?slots=0,1', status: 200 },
        ],
      },
      handle: async ({ req, json }) => json(await readHosts(context, req.url)),
    },
    {
      method: 'GET',
      path: '/api/hosts/{nameOrId}',
      access: 'viewer',
      operation: {
        summary: 'One host with its newest events and its availability',
        description: 'Availability is up / (up + down) of the time it was watched; null: it was not.',
        parameters: [HOST_PARAMETER],
        answers: { 200: { description: 'The host', schema: ref('HostDetail') } },
        problems: ['host_not_found'],
        examples: [
          { summary: 'By name', at: `/api/hosts/${EXAMPLE_WORLD.upHost}`, status: 200 },
          { summary: 'One that is not there', at: '/api/hosts/no-such-host', status: 404 },
        ],
      },
      handle: async ({ req, json }) => {
        withoutParameters(req.url);
        const slot = shownSlot(context, req.param('nameOrId'));
        const position = context.live.position;
        const host = hostView(context, slot);
        const { detector, olderIncarnationRefused } = factsOf(context, slot);
        const [{ events }, availability] = await Promise.all([
          context.store.events({ hostId: host.id, limit: RECENT_EVENTS }),
          readAvailability(context, slot),
        ]);
        const detail: HostDetail = {
          ...{ position, host, events, availability },
          ...(detector === undefined ? {} : { detector }),
          ...(olderIncarnationRefused === undefined ? {} : { olderIncarnationRefused }),
        };
        return json(detail);
      },
    },
    {
      method: 'GET',
      path: '/api/hosts/{nameOrId}/timeline',
      access: 'viewer',
      operation: {
        summary: 'How long a host was up, down, left or not watched, in equal stretches of time',
        parameters: [
          HOST_PARAMETER,
          { in: 'query', name: 'from', description: 'Default: 24 h before `to`', schema: INSTANT },
          { in: 'query', name: 'to', description: 'Default, and at most: now', schema: INSTANT },
          {
            in: 'query',
            name: 'buckets',
            description: 'How many stretches',
            schema: count({ minimum: 1, maximum: MAX_BUCKETS, default: 96 }),
          },
        ],
        answers: { 200: { description: 'Stretches, oldest first', schema: ref('HostTimeline') } },
        problems: ['host_not_found'],
        examples: [
          {
            summary: 'The last day by the hour',
            at: `/api/hosts/${EXAMPLE_WORLD.downHost}/timeline?buckets=24`,
            status: 200,
          },
        ],
      },
      handle: async ({ req, json }) => json(await readTimeline(context, req.url, req.param('nameOrId'))),
    },
  ];
}

async function readHosts(context: ApiContext, url: string): Promise<HostPage> {
  const position = context.live.position;
  if (new URL(url).searchParams.has('slots')) {
    const slots = parseSlots(new QueryParameters(url, ['slots']).text('slots') ?? '');
    const shown = slots.filter((slot) => isShown(context, slot));
    const hosts = shown.map((slot) => hostView(context, slot));
    return { position, total: hosts.length, hosts, nextCursor: null };
  }
  const query = new QueryParameters(
    url,
    ['state', 'q', 'label', 'sort', 'limit', 'cursor', 'slots'],
    ['label'],
  );
  const filter = parseFilter(query.text('state'), query.text('q'), query.all('label'));
  const sort = query.oneOf('sort', HOST_SORTS) ?? DEFAULT_SORT;
  const window = await queryHosts(context, filter, sort, query.limit(), query.text('cursor'));
  const hosts = window.slots.map((slot) => hostView(context, slot));
  return { position, total: window.total, hosts, nextCursor: window.nextCursor };
}

function parseSlots(text: string): number[] {
  const slots = text.split(',').map((part) => (/^[0-9]{1,8}$/.test(part) ? Number(part) : Number.NaN));
  if (slots.length > MAX_LIMIT || slots.some(Number.isNaN)) {
    throw invalidParameter('slots', text, `at most ${MAX_LIMIT} slot numbers, separated by commas`);
  }
  return [...new Set(slots)];
}

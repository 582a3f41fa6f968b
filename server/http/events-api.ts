/** The history: of the fleet and of one host, in pages; and as CSV. */
import type { HttpBindings } from '@hono/node-server';
import type { EventPage } from '#lib/protocol/api.ts';
import type { HostId } from '#lib/protocol/host.ts';
import type { ApiContext } from './api-context.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { EventExports, MAX_CSV_EVENTS } from './event-exports.ts';
import { HOST_PARAMETER, hostNotFound, idWithHistory } from './host-lookup.ts';
import { INSTANT, ref, text } from './json-schema.ts';
import { CURSOR_PARAMETER, EXAMPLE_WORLD, LIMIT_PARAMETER, type Parameter } from './openapi.ts';
import { QueryParameters } from './parameters.ts';
import type { Route } from './route.ts';

const SPAN: readonly Parameter[] = [
  { in: 'query', name: 'from', description: 'First instant, inclusive', schema: INSTANT },
  { in: 'query', name: 'to', description: 'Last instant, inclusive', schema: INSTANT },
];

export function eventRoutes(context: ApiContext): Route[] {
  const exports = new EventExports(context.store, context.onError);
  const page = { 200: { description: 'One page, newest first', schema: ref('EventPage') } };
  return [
    {
      method: 'GET',
      path: '/api/events',
      access: 'viewer',
      operation: {
        summary: 'What happened to the fleet',
        parameters: [...SPAN, LIMIT_PARAMETER, CURSOR_PARAMETER],
        answers: page,
        examples: [{ summary: 'The newest twenty', at: '/api/events?limit=20', status: 200 }],
      },
      handle: async ({ req, json }) => json(await readEvents(context, req.url)),
    },
    {
      method: 'GET',
      path: '/api/hosts/{nameOrId}/events',
      access: 'viewer',
      operation: {
        summary: 'What happened to one host, also to one that was removed',
        parameters: [HOST_PARAMETER, ...SPAN, LIMIT_PARAMETER, CURSOR_PARAMETER],
        answers: page,
        problems: ['host_not_found'],
        examples: [
          { summary: 'By name', at: `/api/hosts/${EXAMPLE_WORLD.downHost}/events?limit=20`, status: 200 },
        ],
      },
      handle: async ({ req, json }) => {
        const nameOrId = req.param('nameOrId');
        const { id, isKnown } = idWithHistory(context, nameOrId);
        const events = await readEvents(context, req.url, id);
        if (!isKnown && events.events.length === 0) throw hostNotFound(nameOrId ?? '');
        return json(events);
      },
    },
    {
      method: 'GET',
      path: '/api/events.csv',
      access: 'viewer',
      operation: {
        summary: 'The history as CSV, newest first',
        description: `RFC 4180, UTF-8 with a byte order mark, columns at, host, hostId, kind, reason, by; at in ISO 8601, UTC. A cell that a spreadsheet would take for a formula has an apostrophe in front. At most ${MAX_CSV_EVENTS} events: for older ones ask again with \`to\`.`,
        parameters: [
          ...SPAN,
          { in: 'query', name: 'host', description: 'Name or id of the only host', schema: text() },
        ],
        answers: { 200: { description: 'The file, as it is read', contentType: 'text/csv' } },
        problems: ['host_not_found', 'too_many_exports'],
        examples: [
          { summary: 'All there is', at: '/api/events.csv', status: 200 },
          {
            summary: 'Of one host',
            at: `/api/events.csv?host=${EXAMPLE_WORLD.downHost}`,
            status: 200,
          },
        ],
      },
      handle: async ({ req, env }) => {
        const query = new QueryParameters(req.url, ['from', 'to', 'host']);
        const host = query.text('host');
        const { id, isKnown } =
          host === null ? { id: undefined, isKnown: true } : idWithHistory(context, host);
        const span = { hostId: id, fromMs: query.instant('from'), toMs: query.instant('to') };
        if (!isKnown && (await context.store.events({ hostId: id, limit: 1 })).events.length === 0) {
          throw hostNotFound(host ?? '');
        }
        // Absent where a test asks the app itself.
        const outgoing = (env as HttpBindings | undefined)?.outgoing;
        return exports.open({
          span,
          host,
          headOnly: req.method === 'HEAD',
          cutOff: () => outgoing?.destroy(),
        });
      },
    },
  ];
}

async function readEvents(context: ApiContext, url: string, hostId?: HostId): Promise<EventPage> {
  const query = new QueryParameters(url, ['from', 'to', 'limit', 'cursor']);
  const cursor = query.text('cursor');
  const position = context.live.position;
  const { events, next } = await context.store.events({
    hostId,
    fromMs: query.instant('from'),
    toMs: query.instant('to'),
    limit: query.limit(),
    before: cursor === null ? undefined : (decodeCursor(cursor, ['count'])[0] as number),
  });
  return { position, events, nextCursor: next === null ? null : encodeCursor([next]) };
}

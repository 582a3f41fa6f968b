/** How the server is, what it is, the last minutes of the fleet; settings and the audit of what people did. */
import type { AuditPage, ServerSettings } from '#lib/protocol/account.ts';
import type { About, Health } from '#lib/protocol/api.ts';
import type { ApiContext } from './api-context.ts';
import { authorOf } from './author.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { readJson } from './json-body.ts';
import { FLAG, INSTANT, nullable, object, ref, text } from './json-schema.ts';
import { CURSOR_PARAMETER, LIMIT_PARAMETER } from './openapi.ts';
import { bodyFields, QueryParameters, withoutParameters } from './parameters.ts';
import { invalidParameter } from './problem.ts';
import type { Route } from './route.ts';

export function statusRoutes(context: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/health',
      access: 'viewer',
      operation: {
        summary: 'How the server is, and exact counts',
        answers: { 200: { description: 'While it serves, also when degraded', schema: ref('Health') } },
        examples: [{ summary: 'Counts of the fleet', at: '/api/health', status: 200 }],
      },
      handle: ({ req, json }) => {
        withoutParameters(req.url);
        return json(healthOf(context));
      },
    },
    {
      method: 'GET',
      path: '/api/about',
      access: 'viewer',
      operation: {
        summary: 'What a page has to know of the server beside hosts, and who asks',
        answers: { 200: { description: 'The server', schema: ref('About') } },
        examples: [{ summary: 'Where heartbeats go to', at: '/api/about', status: 200 }],
      },
      handle: ({ req, json }, { user }) => {
        withoutParameters(req.url);
        return json({ ...context.about(), you: user } satisfies About);
      },
    },
    {
      method: 'GET',
      path: '/api/samples',
      access: 'viewer',
      operation: {
        summary: 'The fleet over the last ten minutes, a sample each two seconds, oldest first',
        parameters: [
          { in: 'query', name: 'since', description: 'Only samples after this instant', schema: INSTANT },
        ],
        answers: { 200: { description: 'Samples', schema: ref('FleetSamples') } },
        examples: [{ summary: 'All there are', at: '/api/samples', status: 200 }],
      },
      handle: ({ req, json }) => {
        const since = new QueryParameters(req.url, ['since']).instant('since');
        return json(context.samples.read(since ?? 0));
      },
    },
    {
      method: 'GET',
      path: '/api/settings',
      access: 'viewer',
      operation: {
        summary: 'What holds for everyone',
        answers: { 200: { description: 'The settings', schema: ref('ServerSettings') } },
        examples: [{ summary: 'Is a comment needed?', at: '/api/settings', status: 200 }],
      },
      handle: ({ req, json }) => {
        withoutParameters(req.url);
        return json(context.settings());
      },
    },
    {
      method: 'PUT',
      path: '/api/settings',
      access: 'administrator',
      operation: {
        summary: 'Change what holds for everyone',
        body: object({ commentRequired: FLAG, by: nullable(text({ maxLength: 64 })) }, ['by']),
        answers: { 200: { description: 'The settings as they are now', schema: ref('ServerSettings') } },
        problems: ['store_unavailable'],
        examples: [
          {
            summary: 'Acknowledge only with a comment',
            at: '/api/settings',
            body: { commentRequired: true },
            status: 200,
          },
        ],
      },
      handle: async ({ req, json }, identity) => {
        withoutParameters(req.url);
        const fields = bodyFields(await readJson(req.raw), ['commentRequired', 'by']);
        const { commentRequired } = fields;
        if (typeof commentRequired !== 'boolean') {
          throw invalidParameter('commentRequired', commentRequired, 'true or false');
        }
        const settings: ServerSettings = { commentRequired };
        await context.changeSettings(settings, authorOf(identity, fields));
        return json(context.settings());
      },
    },
    {
      method: 'GET',
      path: '/api/audit',
      access: 'administrator',
      operation: {
        summary: 'What people did, newest first',
        parameters: [LIMIT_PARAMETER, CURSOR_PARAMETER],
        answers: { 200: { description: 'One page', schema: ref('AuditPage') } },
        examples: [{ summary: 'The last ten acts', at: '/api/audit?limit=10', status: 200 }],
      },
      handle: async ({ req, json }) => {
        const query = new QueryParameters(req.url, ['limit', 'cursor']);
        const cursor = query.text('cursor');
        const { entries, next } = await context.store.audit({
          limit: query.limit(),
          before: cursor === null ? undefined : (decodeCursor(cursor, ['count'])[0] as number),
        });
        return json({ entries, nextCursor: next === null ? null : encodeCursor([next]) } satisfies AuditPage);
      },
    },
  ];
}

function healthOf(context: ApiContext): Health {
  const { live } = context;
  const ingest = context.ingest();
  const store = context.store.health();
  return {
    status: ingest.degraded || !store.writable ? 'degraded' : 'ok',
    epoch: live.epoch,
    seq: live.seq,
    uptimeMs: Math.round(context.uptimeMs()),
    hosts: live.counts(),
    transitions: live.transitions(),
    ingest,
    store,
  };
}

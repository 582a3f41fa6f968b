/** Naming a host before it is heard, and removing hosts: one by name or id, or those that a filter finds. */
import type { RemoveAnswer } from '#lib/protocol/account.ts';
import { INTERVAL_UNIT_MS, MAX_INTERVAL_MS, MIN_INTERVAL_MS } from '#lib/protocol/heartbeat.ts';
import {
  canonicalLabels,
  isHostName,
  isLabelKey,
  isLabelValue,
  type Labels,
  MAX_LABEL_VALUE_BYTES,
  MAX_LABELS,
} from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import type { ApiContext } from './api-context.ts';
import { authorOf } from './author.ts';
import { isEmptyFilter, parseFilterFields } from './host-filter.ts';
import { HOST_PARAMETER, hostNotFound, shownSlot } from './host-lookup.ts';
import { matchingHosts } from './host-query.ts';
import { readJson } from './json-body.ts';
import { count, nullable, object, ref, text } from './json-schema.ts';
import { EXAMPLE_WORLD } from './openapi.ts';
import { bodyFields, QueryParameters, withoutParameters } from './parameters.ts';
import { invalidParameter, ProblemError } from './problem.ts';
import type { Route } from './route.ts';

/** What one is given time for that has not said how often it will beat: five misses are five minutes. */
const DEFAULT_INTERVAL_MS = 60_000;

const BY = nullable(text({ maxLength: 64, description: 'who does it; ignored where people sign in' }));

type Fields = Readonly<Record<string, unknown>>;

export function hostCommandRoutes(context: ApiContext): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/hosts',
      access: 'operator',
      operation: {
        summary: 'Name a host before it is heard',
        description:
          'It is watched from now on, as pending, and goes down with an alert when it does not come within its timeout.',
        body: object(
          {
            name: text({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }),
            labels: {
              type: 'object',
              additionalProperties: text({ minLength: 1 }),
              maxProperties: MAX_LABELS,
            },
            intervalMs: count({
              minimum: MIN_INTERVAL_MS,
              maximum: MAX_INTERVAL_MS,
              default: DEFAULT_INTERVAL_MS,
              description: 'counts until its first heartbeat says its own',
            }),
            by: BY,
          },
          ['labels', 'intervalMs', 'by'],
        ),
        answers: { 201: { description: 'It is watched', schema: ref('ExpectedHost') } },
        problems: ['already_exists', 'too_many_hosts', 'store_unavailable'],
        examples: [
          {
            summary: 'A new machine that ought to come up',
            at: '/api/hosts',
            body: { name: 'web-9', labels: { rack: 'r9' }, intervalMs: 60_000 },
            status: 201,
          },
          {
            summary: 'One that is there already',
            at: '/api/hosts',
            body: { name: EXAMPLE_WORLD.upHost },
            status: 409,
          },
        ],
      },
      handle: async ({ req, json }, identity) => {
        withoutParameters(req.url);
        const fields = bodyFields(await readJson(req.raw), ['name', 'labels', 'intervalMs', 'by']);
        const host = { name: nameOf(fields), labels: labelsOf(fields), intervalMs: intervalOf(fields) };
        const by = authorOf(identity, fields);
        switch (await context.expectHost(host, by)) {
          case 'known':
            throw new ProblemError('already_exists', `${host.name} is watched already; nothing was changed`);
          case 'full': {
            const detail =
              'MAX_HOSTS hosts are watched; remove some, or start the server with a higher limit';
            throw new ProblemError('too_many_hosts', detail);
          }
          case 'expected': {
            const headers = { location: `/api/hosts/${host.name}` };
            return json({ id: hostIdHex(host.name), ...host }, 201, headers);
          }
        }
      },
    },
    {
      method: 'DELETE',
      path: '/api/hosts/{nameOrId}',
      access: 'operator',
      operation: {
        summary: 'Remove a host; its history stays, and its next heartbeat brings it back',
        parameters: [
          HOST_PARAMETER,
          {
            in: 'query',
            name: 'by',
            description: 'Who does it; ignored where people sign in',
            schema: text(),
          },
        ],
        answers: { 200: { description: 'It is removed', schema: ref('Removed') } },
        problems: ['host_not_found', 'store_unavailable'],
        examples: [
          { summary: 'By name', at: `/api/hosts/${EXAMPLE_WORLD.downHost}`, status: 200 },
          { summary: 'One that is not there', at: '/api/hosts/no-such-host', status: 404 },
        ],
      },
      handle: async ({ req, json }, identity) => {
        const query = new QueryParameters(req.url, ['by']);
        const by = authorOf(identity, { by: query.text('by') });
        const nameOrId = req.param('nameOrId');
        const id = context.directory.idOf(shownSlot(context, nameOrId));
        const { removed } = await context.removeHosts([id], by);
        if (removed === 0) throw hostNotFound(nameOrId ?? '');
        return json({ removed } satisfies RemoveAnswer);
      },
    },
    {
      method: 'POST',
      path: '/api/hosts/remove',
      access: 'operator',
      operation: {
        summary: 'Remove the hosts that a filter finds',
        description:
          'The filter names at least one of state, q and label. Every host is removed only by `{"all": true}`, so that a field that was left empty removes nothing.',
        body: object({ filter: ref('HostFilter'), all: { const: true }, by: BY }, ['filter', 'all', 'by']),
        answers: { 200: { description: 'How many were removed', schema: ref('Removed') } },
        problems: ['store_unavailable'],
        examples: [
          {
            summary: 'What has left, in one rack',
            at: '/api/hosts/remove',
            body: { filter: { state: 'left', label: 'rack:r1' } },
            status: 200,
          },
          {
            summary: 'An empty filter is refused',
            at: '/api/hosts/remove',
            body: { filter: {} },
            status: 400,
          },
        ],
      },
      handle: async ({ req, json }, identity) => {
        withoutParameters(req.url);
        const fields = bodyFields(await readJson(req.raw), ['filter', 'all', 'by']);
        const by = authorOf(identity, fields);
        const ids = await matchingHosts(context, removalFilter(fields));
        const { removed } = await context.removeHosts(ids, by);
        return json({ removed } satisfies RemoveAnswer);
      },
    },
  ];
}

/** A slip must not remove a fleet: an empty filter counts as none. */
function removalFilter(fields: Fields) {
  const { filter, all } = fields;
  const takes =
    'at least one of state, q and label; to remove every host send {"all": true} without a filter';
  if (filter === undefined) {
    if (all === true) return parseFilterFields({});
    if (all !== undefined) throw invalidParameter('all', all, 'true');
    throw invalidParameter('filter', undefined, takes);
  }
  if (all !== undefined) {
    throw new ProblemError('invalid_parameter', 'one of filter and all is needed, and not both');
  }
  const parsed = parseFilterFields(filter);
  if (isEmptyFilter(parsed)) throw invalidParameter('filter', filter, takes);
  return parsed;
}

function nameOf({ name }: Fields): string {
  if (typeof name === 'string' && isHostName(name)) return name;
  const takes = '1 to 63 letters, digits, dots, underscores and hyphens, the first a letter or a digit';
  throw invalidParameter('name', name, takes);
}

function labelsOf({ labels }: Fields): Labels {
  if (labels === undefined || labels === null) return canonicalLabels([]);
  const isObject = typeof labels === 'object' && !Array.isArray(labels);
  const pairs = isObject ? Object.entries(labels) : [];
  if (!isObject || pairs.length > MAX_LABELS) {
    throw invalidParameter('labels', labels, `an object of at most ${MAX_LABELS} labels`);
  }
  for (const [key, value] of pairs) {
    if (!isLabelKey(key)) {
      const takes =
        '1 to 32 lower-case letters, digits, dots, underscores and hyphens, the first a letter, and not interval, seq, bye, constructor or prototype';
      throw invalidParameter('a key of labels', key, takes);
    }
    if (typeof value !== 'string' || !isLabelValue(value)) {
      const takes = `1 to ${MAX_LABEL_VALUE_BYTES} bytes of text without spaces, quotes and control characters`;
      throw invalidParameter(`labels.${key}`, value, takes);
    }
  }
  return canonicalLabels(pairs as [string, string][]);
}

/** Rounded up to what a heartbeat can say. */
function intervalOf({ intervalMs }: Fields): number {
  if (intervalMs === undefined || intervalMs === null) return DEFAULT_INTERVAL_MS;
  const isInRange =
    Number.isInteger(intervalMs) &&
    (intervalMs as number) >= MIN_INTERVAL_MS &&
    (intervalMs as number) <= MAX_INTERVAL_MS;
  if (!isInRange) {
    const takes = `a whole number of ms from ${MIN_INTERVAL_MS} to ${MAX_INTERVAL_MS}`;
    throw invalidParameter('intervalMs', intervalMs, takes);
  }
  return Math.ceil((intervalMs as number) / INTERVAL_UNIT_MS) * INTERVAL_UNIT_MS;
}

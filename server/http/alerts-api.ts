/** `GET /api/alerts`, acknowledging and its undoing. */
import {
  ALERT_STATUSES,
  type AlertStatus,
  MAX_COMMENT_LENGTH,
  parseAlertId,
  STALE_AFTER_MS,
} from '#lib/protocol/alert.ts';
import type { AlertPage } from '#lib/protocol/api.ts';
import { type Position, parsePosition } from '#lib/protocol/position.ts';
import { hostIdHex } from '../host-id.ts';
import { pageOfAlerts } from '../store/alert-page.ts';
import type { AlertQuery, AlertResult } from '../store/store.ts';
import type { AckTargets, ApiContext } from './api-context.ts';
import { authorOf } from './author.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { filterInWords, parseFilterFields } from './host-filter.ts';
import { downHosts } from './host-query.ts';
import { readJson } from './json-body.ts';
import { arrayOf, nullable, object, oneOf, ref, text } from './json-schema.ts';
import { CURSOR_PARAMETER, EXAMPLE_WORLD, LIMIT_PARAMETER } from './openapi.ts';
import { bodyFields, QueryParameters, textField, withoutParameters } from './parameters.ts';
import { invalidParameter, ProblemError } from './problem.ts';
import type { Route } from './route.ts';

const MAX_IDS = 500;
const MAX_BATCH_ID_LENGTH = 64;
const MIN_EXPIRY_MS = 1_000;
const MAX_EXPIRY_MS = 30 * 24 * 3_600_000;

const EXAMPLE_ID = `${hostIdHex(EXAMPLE_WORLD.downHost)}-1`;

type Fields = Readonly<Record<string, unknown>>;

export function alertRoutes(context: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/alerts',
      access: 'viewer',
      operation: {
        summary: 'Alerts: stale ones (open for over 24 h) first, then newest first',
        parameters: [
          {
            in: 'query',
            name: 'status',
            description: 'open = unhandled and acknowledged ones; resolved ones come newest closed first',
            schema: { ...oneOf(ALERT_STATUSES), default: 'open' },
          },
          LIMIT_PARAMETER,
          CURSOR_PARAMETER,
        ],
        answers: { 200: { description: 'One page', schema: ref('AlertPage') } },
        examples: [
          { summary: 'What nobody has taken', at: '/api/alerts?status=unhandled', status: 200 },
          { summary: 'The last ones that closed', at: '/api/alerts?status=resolved&limit=10', status: 200 },
        ],
      },
      handle: async ({ req, json }) => {
        const query = new QueryParameters(req.url, ['status', 'limit', 'cursor']);
        const status = query.oneOf('status', ALERT_STATUSES) ?? 'open';
        const cursor = query.text('cursor');
        const position = context.live.position;
        const place =
          cursor === null
            ? { staleBeforeMs: Math.round(context.nowMs()) - STALE_AFTER_MS }
            : placeOf(cursor, status);
        const { alerts, next } = await readAlerts(context, { status, limit: query.limit(), ...place });
        const nextCursor =
          next === null
            ? null
            : encodeCursor([status, place.staleBeforeMs, next.stale ? 1 : 0, next.atMs, next.id]);
        return json({ position, alerts, nextCursor } satisfies AlertPage);
      },
    },
    {
      method: 'POST',
      path: '/api/alerts/ack',
      access: 'operator',
      operation: {
        summary: 'Acknowledge alerts, by id or by filter',
        description:
          'Exactly one of `ids` and `filter`. A filter is evaluated by the server and names hosts that are down. With `at` only episodes that opened at or before that position. It is stored before it is answered.',
        body: ref('AckRequest'),
        answers: { 200: { description: 'How many; for ids each', schema: ref('AckAnswer') } },
        problems: ['comment_required', 'stale_position', 'store_unavailable'],
        examples: [
          {
            summary: 'Take one alert for an hour',
            at: '/api/alerts/ack',
            body: { ids: [EXAMPLE_ID], comment: 'disk is being replaced', expiresInMs: 3_600_000 },
            status: 200,
          },
          {
            summary: 'All that are down in a rack',
            at: '/api/alerts/ack',
            body: { filter: { label: 'rack:r1' }, comment: 'power work' },
            status: 200,
          },
        ],
      },
      handle: async ({ req, json }, identity) => {
        withoutParameters(req.url);
        const fields = bodyFields(await readJson(req.raw), [
          'filter',
          'at',
          'ids',
          'comment',
          'expiresInMs',
          'by',
        ]);
        const by = authorOf(identity, fields);
        const comment = textField(fields, 'comment', MAX_COMMENT_LENGTH) ?? null;
        const expiresInMs = expiryOf(fields);
        const maxOpenedSeq = openedBy(fields, context.live.position);
        if ((fields.ids === undefined) === (fields.filter === undefined)) {
          throw new ProblemError('invalid_parameter', 'one of ids and filter is needed, and not both');
        }
        const filter = fields.filter === undefined ? null : parseFilterFields(fields.filter);
        const ids = filter === null ? alertIds(fields) : [];
        if (comment === null && context.settings().commentRequired) {
          const detail =
            'comment is missing: the settings of this server ask for one with each acknowledgement';
          throw new ProblemError('comment_required', detail);
        }
        const targets: AckTargets =
          filter === null ? { ids } : { downHosts: await downHosts(context, filter) };
        const answer = await context.acknowledge(targets, {
          batchId: context.newBatchId(),
          by,
          comment,
          expiresInMs,
          maxOpenedSeq,
          filterInWords: filter === null ? null : filterInWords(filter),
        });
        return json(answer);
      },
    },
    {
      method: 'POST',
      path: '/api/alerts/unack',
      access: 'operator',
      operation: {
        summary: 'Undo a batch of acknowledgements, or take back single ones',
        description: 'Exactly one of `batchId` and `ids`. A batch that nobody knows undoes nothing.',
        body: object(
          {
            batchId: text({ maxLength: MAX_BATCH_ID_LENGTH }),
            ids: arrayOf(text(), { minItems: 1, maxItems: MAX_IDS }),
            by: nullable(text({ maxLength: 64, description: 'ignored where people sign in' })),
          },
          ['batchId', 'ids', 'by'],
        ),
        answers: { 200: { description: 'How many', schema: ref('UnackAnswer') } },
        problems: ['store_unavailable'],
        examples: [
          {
            summary: 'Give one back',
            at: '/api/alerts/unack',
            body: { ids: [EXAMPLE_ID] },
            status: 200,
            before: {
              method: 'POST',
              at: '/api/alerts/ack',
              body: { ids: [EXAMPLE_ID], comment: 'mine' },
            },
          },
        ],
      },
      handle: async ({ req, json }, identity) => {
        withoutParameters(req.url);
        const fields = bodyFields(await readJson(req.raw), ['batchId', 'ids', 'by']);
        const by = authorOf(identity, fields);
        const batchId = textField(fields, 'batchId', MAX_BATCH_ID_LENGTH);
        if ((batchId === undefined) === (fields.ids === undefined)) {
          throw new ProblemError('invalid_parameter', 'one of batchId and ids is needed, and not both');
        }
        const target = batchId === undefined ? { ids: alertIds(fields) } : { batchId };
        return json(await context.unacknowledge(target, by));
      },
    },
  ];
}

/** While nothing can be stored, open alerts come from what is published: those opened meanwhile are only there. */
function readAlerts({ store, live }: ApiContext, query: AlertQuery): Promise<AlertResult> {
  if (query.status === 'resolved' || store.health().writable) return store.alerts(query);
  return pageOfAlerts(live.openAlerts, (alert) => alert, query);
}

/** Where a page goes on: what was stale for the first page is stale for all that follow it. */
function placeOf(cursor: string, status: AlertStatus): Pick<AlertQuery, 'staleBeforeMs' | 'after'> {
  const [of, staleBeforeMs, stale, atMs, id] = decodeCursor(cursor, [
    'string',
    'number',
    'count',
    'number',
    'string',
  ]);
  if (of !== status)
    throw invalidParameter('cursor', cursor, `a nextCursor that was given for status=${status}`);
  return {
    staleBeforeMs: staleBeforeMs as number,
    after: { stale: stale === 1, atMs: atMs as number, id: id as string },
  };
}

function alertIds({ ids }: Fields): string[] {
  const takes = `1 to ${MAX_IDS} alert ids, each a host id and an episode such as 3d2f0a9c11b7e845-1`;
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > MAX_IDS)
    throw invalidParameter('ids', ids, takes);
  for (const id of ids) {
    if (typeof id !== 'string' || parseAlertId(id) === null) throw invalidParameter('ids', id, takes);
  }
  return ids as string[];
}

/** The sequence number of `at`, null without one. Positions of another run have nothing to do with this one. */
function openedBy({ at }: Fields, now: Position): number | null {
  if (at === undefined || at === null) return null;
  const { e, s } = bodyFields(at, ['e', 's']) as { e?: string; s?: number };
  const position = typeof s === 'number' ? parsePosition(e, s) : null;
  if (position === null) throw invalidParameter('at', at, 'a position: e is 16 hex digits, s a whole number');
  if (position.e !== now.e) {
    throw new ProblemError(
      'stale_position',
      `at is of epoch ${position.e}; this server's is ${now.e}: look again`,
    );
  }
  if (position.s > now.s)
    throw invalidParameter('at', at, `a position this server has reached; it is at ${now.s}`);
  return position.s;
}

function expiryOf({ expiresInMs }: Fields): number | null {
  if (expiresInMs === undefined || expiresInMs === null) return null;
  const isInRange =
    Number.isInteger(expiresInMs) &&
    (expiresInMs as number) >= MIN_EXPIRY_MS &&
    (expiresInMs as number) <= MAX_EXPIRY_MS;
  if (!isInRange) {
    const takes = `a whole number of ms from ${MIN_EXPIRY_MS} to ${MAX_EXPIRY_MS}, or null: until recovery`;
    throw invalidParameter('expiresInMs', expiresInMs, takes);
  }
  return expiresInMs as number;
}

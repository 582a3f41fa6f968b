/** `GET /api/alerts`, acknowledging and its undoing. */
import type { Hono } from 'hono';
import { ALERT_STATUSES, parseAlertId } from '#lib/protocol/alert.ts';
import type { AlertPage } from '#lib/protocol/api.ts';
import { type Position, parsePosition } from '#lib/protocol/position.ts';
import type { ApiContext } from './api-context.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { downHosts, parseFilter } from './host-query.ts';
import { bodyFields, QueryParameters, textField } from './parameters.ts';
import { invalidParameter, ProblemError } from './problem.ts';

const MAX_IDS = 500;
const MAX_NAME_LENGTH = 64;
const MAX_COMMENT_LENGTH = 1_000;
const MIN_EXPIRY_MS = 1_000;
const MAX_EXPIRY_MS = 30 * 24 * 3_600_000;
/** Who did it when the browser gave no name. */
const NOBODY = 'anonymous';

type Fields = Readonly<Record<string, unknown>>;

export function addAlertRoutes(
  app: Hono,
  context: ApiContext,
  readJson: (request: Request) => Promise<unknown>,
): void {
  app.get('/api/alerts', async ({ req, json }) => {
    const query = new QueryParameters(req.url, ['status', 'limit', 'cursor']);
    const status = query.oneOf('status', ALERT_STATUSES) ?? 'open';
    const cursor = query.text('cursor');
    const position = context.live.position;
    const after = cursor === null ? undefined : alertKeyOf(cursor, status);
    const { alerts, next } = await context.store.alerts({ status, limit: query.limit(), after });
    const nextCursor = next === null ? null : encodeCursor([status, next.atMs, next.id]);
    return json({ position, alerts, nextCursor } satisfies AlertPage);
  });

  app.post('/api/alerts/ack', async ({ req, json }) => {
    const fields = bodyFields(await readJson(req.raw), [
      'filter',
      'at',
      'ids',
      'comment',
      'expiresInMs',
      'by',
    ]);
    const maxOpenedSeq = openedBy(fields, context.live.position);
    const command = {
      batchId: context.newBatchId(),
      by: textField(fields, 'by', MAX_NAME_LENGTH) ?? NOBODY,
      comment: textField(fields, 'comment', MAX_COMMENT_LENGTH) ?? null,
      expiresInMs: expiryOf(fields),
      maxOpenedSeq,
    };
    const byIds = fields.ids !== undefined;
    if (byIds === (fields.filter !== undefined)) {
      throw new ProblemError('invalid_parameter', 'one of ids and filter is needed, and not both');
    }
    const targets = byIds
      ? { ids: alertIds(fields) }
      : { downHosts: await downHosts(context, filterOf(fields)) };
    return json(await context.acknowledge(targets, command));
  });

  app.post('/api/alerts/unack', async ({ req, json }) => {
    const fields = bodyFields(await readJson(req.raw), ['batchId', 'ids', 'by']);
    const by = textField(fields, 'by', MAX_NAME_LENGTH) ?? NOBODY;
    const batchId = textField(fields, 'batchId', MAX_NAME_LENGTH);
    if ((batchId === undefined) === (fields.ids === undefined)) {
      throw new ProblemError('invalid_parameter', 'one of batchId and ids is needed, and not both');
    }
    return json(
      await context.unacknowledge(batchId === undefined ? { ids: alertIds(fields) } : { batchId }, by),
    );
  });
}

function alertKeyOf(cursor: string, status: string): { atMs: number; id: string } {
  const [of, atMs, id] = decodeCursor(cursor, ['string', 'number', 'string']);
  if (of !== status)
    throw invalidParameter('cursor', cursor, `a nextCursor that was given for status=${status}`);
  return { atMs: atMs as number, id: id as string };
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

function filterOf({ filter }: Fields) {
  const { state, q, label } = bodyFields(filter, ['state', 'q', 'label']);
  return parseFilter(state, q, label);
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

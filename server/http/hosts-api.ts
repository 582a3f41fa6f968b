/** `GET /api/hosts`, one host, its events. */
import type { Hono } from 'hono';
import type { EventPage, HostDetail, HostPage, HostSort } from '#lib/protocol/api.ts';
import { HOST_ID_PATTERN, type HostEvent, isHostName } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import type { ApiContext } from './api-context.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { HOST_SORTS, parseFilter, queryHosts } from './host-query.ts';
import { hostView, isShown } from './host-view.ts';
import { MAX_LIMIT, QueryParameters } from './parameters.ts';
import { invalidParameter, ProblemError } from './problem.ts';

const DEFAULT_SORT: HostSort = 'name';
const RECENT_EVENTS = 50;

export function addHostRoutes(app: Hono, context: ApiContext): void {
  app.get('/api/hosts', async ({ req, json }) => {
    const position = context.live.position;
    if (new URL(req.url).searchParams.has('slots')) {
      const slots = parseSlots(new QueryParameters(req.url, ['slots']).text('slots') ?? '');
      const shown = slots.filter((slot) => isShown(context, slot));
      const hosts = shown.map((slot) => hostView(context, slot));
      return json({ position, total: hosts.length, hosts, nextCursor: null } satisfies HostPage);
    }
    const query = new QueryParameters(
      req.url,
      ['state', 'q', 'label', 'sort', 'limit', 'cursor', 'slots'],
      ['label'],
    );
    const filter = parseFilter(query.text('state'), query.text('q'), query.all('label'));
    const sort = query.oneOf('sort', HOST_SORTS) ?? DEFAULT_SORT;
    const window = await queryHosts(context, filter, sort, query.limit(), query.text('cursor'));
    const hosts = window.slots.map((slot) => hostView(context, slot));
    return json({ position, total: window.total, hosts, nextCursor: window.nextCursor } satisfies HostPage);
  });

  app.get('/api/hosts/:nameOrId', async ({ req, json }) => {
    new QueryParameters(req.url, []);
    const nameOrId = req.param('nameOrId');
    const slot = context.directory.find(nameOrId);
    if (slot === null || !isShown(context, slot)) throw hostNotFound(nameOrId);
    const position = context.live.position;
    const host = hostView(context, slot);
    const { events } = await context.store.events({ hostId: host.id, limit: RECENT_EVENTS });
    return json({ position, host, events } satisfies HostDetail);
  });

  app.get('/api/hosts/:nameOrId/events', async ({ req, json }) => {
    const nameOrId = req.param('nameOrId');
    const slot = context.directory.find(nameOrId);
    const hostId = slot === null ? idOfAbsent(nameOrId) : context.directory.idOf(slot);
    if (hostId === null) throw hostNotFound(nameOrId);
    const page = await readEvents(context, req.url, hostId);
    if (slot === null && page.events.length === 0) throw hostNotFound(nameOrId);
    return json(page);
  });
}

/** Newest first; the parameters of both event lists. */
export async function readEvents(context: ApiContext, url: string, hostId?: string): Promise<EventPage> {
  const query = new QueryParameters(url, ['from', 'to', 'limit', 'cursor']);
  const cursor = query.text('cursor');
  const position = context.live.position;
  const result = await context.store.events({
    hostId,
    fromMs: query.instant('from'),
    toMs: query.instant('to'),
    limit: query.limit(),
    before: cursor === null ? undefined : (decodeCursor(cursor, ['count'])[0] as number),
  });
  const events: readonly HostEvent[] = result.events;
  return { position, events, nextCursor: result.next === null ? null : encodeCursor([result.next]) };
}

/** A removed host still has a history. */
function idOfAbsent(nameOrId: string): string | null {
  if (HOST_ID_PATTERN.test(nameOrId)) return nameOrId;
  return isHostName(nameOrId) ? hostIdHex(nameOrId) : null;
}

function hostNotFound(nameOrId: string): ProblemError {
  const shown = JSON.stringify(nameOrId.slice(0, 100));
  return new ProblemError(
    'host_not_found',
    `${shown} is neither the name nor the id of a host this server knows`,
  );
}

function parseSlots(text: string): number[] {
  const slots = text.split(',').map((part) => (/^[0-9]{1,8}$/.test(part) ? Number(part) : Number.NaN));
  if (slots.length > MAX_LIMIT || slots.some(Number.isNaN)) {
    throw invalidParameter('slots', text, `at most ${MAX_LIMIT} slot numbers, separated by commas`);
  }
  return [...new Set(slots)];
}

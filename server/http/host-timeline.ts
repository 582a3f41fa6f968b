/** What the store knows of a host's past, as spans of its states: the timeline of the API and the availability. */
import type { Availability, HostTimeline } from '#lib/protocol/api.ts';
import { type HostId, HostState, STATE_MASK } from '#lib/protocol/host.ts';
import type { TimelineQuery } from '../store/store.ts';
import { availabilityOf } from '../store/timeline.ts';
import type { ApiContext } from './api-context.ts';
import { hostNotFound, idWithHistory } from './host-lookup.ts';
import { isShown } from './host-view.ts';
import { QueryParameters } from './parameters.ts';
import { invalidParameter } from './problem.ts';

export const MAX_BUCKETS = 500;
const DEFAULT_BUCKETS = 96;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Of availability. */
const DAYS = 30;
/** Beyond what any store keeps. */
const MAX_SPAN_MS = 3_660 * DAY_MS;

type Source = Pick<ApiContext, 'live' | 'directory' | 'store' | 'nowMs'>;

/** `GET /api/hosts/{nameOrId}/timeline`. Also for a host that was removed, while the store remembers it. */
export async function readTimeline(
  context: ApiContext,
  url: string,
  nameOrId: string | undefined,
): Promise<HostTimeline> {
  const query = new QueryParameters(url, ['from', 'to', 'buckets']);
  const nowMs = Math.round(context.nowMs());
  const to = Math.min(query.instant('to') ?? nowMs, nowMs);
  const from = query.instant('from') ?? Math.max(0, to - DAY_MS);
  const buckets = query.integer('buckets', 1, MAX_BUCKETS) ?? DEFAULT_BUCKETS;
  if (to - from < buckets || to - from > MAX_SPAN_MS) {
    const takes = `an instant before to, which is ${to}: by one ms for each bucket at least, by ten years at most`;
    throw invalidParameter('from', from, takes);
  }
  const { id, isKnown } = idWithHistory(context, nameOrId);
  const position = context.live.position;
  if (!isKnown && (await context.store.events({ hostId: id, limit: 1 })).events.length === 0) {
    throw hostNotFound(nameOrId ?? '');
  }
  const span = { hostId: id, fromMs: from, toMs: to, buckets, present: presentOf(context, id) };
  const result = await context.store.timeline(span);
  return {
    position,
    hostId: id,
    from,
    to,
    buckets: result.buckets,
    downs: result.downs,
    availability: availabilityOf(result.buckets),
  };
}

/** Only for a slot that is shown. One question for all three spans: the last of thirty days, the last seven, all. */
export async function readAvailability(context: Source, slot: number): Promise<Availability> {
  const hostId = context.directory.idOf(slot);
  const toMs = Math.round(context.nowMs());
  const { buckets: days } = await context.store.timeline({
    hostId,
    fromMs: toMs - DAYS * DAY_MS,
    toMs,
    buckets: DAYS,
    present: presentOf(context, hostId),
  });
  return {
    '24h': availabilityOf(days.slice(-1)),
    '7d': availabilityOf(days.slice(-7)),
    '30d': availabilityOf(days),
  };
}

/** A pending host was not down when it was last known: that it now is unheard is nothing the store is told. */
function presentOf({ live, directory }: Source, id: HostId): TimelineQuery['present'] {
  const slot = directory.find(id);
  if (slot === null || !isShown({ live, directory }, slot)) return 'absent';
  const state = live.stateAt(slot) & STATE_MASK;
  if (state === HostState.down) return 'down';
  return state === HostState.left ? 'left' : 'up';
}

/**
 * The newest changes of state in the history, which tells of much else: a fleet that has just registered, an
 * acknowledgement of twelve thousand. Reads on until it has enough, and not for ever.
 */
import type { EventQuery } from '@/lib/client/api-client.ts';
import type { EventPage } from '@/lib/protocol/api.ts';
import type { HostEvent } from '@/lib/protocol/host.ts';
import { isStateEvent } from './change-feed.ts';

/** More than the panel ever shows. */
const ENOUGH = 20;
const FIRST_PAGE = 50;
const PAGE = 500;
const MOST_PAGES = 5;

/** `only`: changes of state, newest first. `others`: something else has happened. */
export type StateHistory = { readonly only: readonly HostEvent[]; readonly others: boolean };

/** Up to 5 requests, one after the other. Rejects as `read` does. */
export async function readStateHistory(
  read: (query: EventQuery) => Promise<Pick<EventPage, 'events' | 'nextCursor'>>,
): Promise<StateHistory> {
  const only: HostEvent[] = [];
  let others = false;
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { events, nextCursor } = await read(
      cursor === null ? { limit: FIRST_PAGE } : { limit: PAGE, cursor },
    );
    const states = events.filter(isStateEvent);
    only.push(...states);
    others ||= states.length < events.length;
    cursor = nextCursor;
    if (cursor === null || only.length >= ENOUGH) break;
  }
  return { only, others };
}

/** One feed from two sources: changes seen live, and the history from before this page watched. Pure. */

import type { StateKind } from '@/components/ui/tokens.ts';
import type { RecentChange } from '@/lib/client/view-store.ts';
import type { HostEvent, StateName } from '@/lib/protocol/host.ts';
import { appearanceNameOf } from './map-appearance.ts';

export type FeedEntry = {
  readonly key: string;
  readonly atMs: number;
  /** A live change names its slot, an event from the history its host. */
  readonly slot: number | null;
  readonly host: string | null;
  /** null: not known, or the host was not there. */
  readonly from: StateKind | null;
  readonly to: StateKind | null;
};

/** What in the history is a change of state, as on the live feed. Everything else is told on the host's page. */
const STATE_EVENTS: readonly StateName[] = ['up', 'down', 'left'];

export const isStateEvent = ({ kind }: HostEvent): boolean => STATE_EVENTS.some((state) => state === kind);

function fromLive(change: RecentChange): FeedEntry {
  return {
    key: `${change.slot}.${change.atMs}.${change.to}`,
    atMs: change.atMs,
    slot: change.slot,
    host: null,
    from: appearanceNameOf(change.from),
    to: appearanceNameOf(change.to),
  };
}

function fromHistory(event: HostEvent): FeedEntry | null {
  const to = STATE_EVENTS.find((state) => state === event.kind);
  if (to === undefined) return null;
  return {
    key: `${event.hostId}.${event.at}.${to}`,
    atMs: event.at,
    slot: null,
    host: event.host,
    from: null,
    to,
  };
}

/**
 * Newest first, at most `most`. Where the two overlap the live feed counts: it knows where a host came from, and
 * it knows late, which no history keeps.
 */
export function changeFeed(
  live: readonly RecentChange[],
  history: readonly HostEvent[],
  most: number,
): readonly FeedEntry[] {
  const entries = live.slice(0, most).map(fromLive);
  const liveSinceMs = live.at(-1)?.atMs ?? Number.POSITIVE_INFINITY;
  for (const event of history) {
    if (entries.length >= most) break;
    const entry = event.at < liveSinceMs ? fromHistory(event) : null;
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

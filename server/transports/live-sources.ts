/**
 * What a viewer's query can name beside a position: the feed it watches, the meter that counts it. Knows neither
 * HTTP nor Socket.IO.
 */
import type { ScratchFeeds } from '../live/scratch-feeds.ts';
import type { Viewers } from '../live/viewers.ts';
import type { Meters } from './meters.ts';

/** What the live transports serve. */
export type LiveSources = {
  /** Of the fleet. */
  readonly viewers: Viewers;
  readonly scratch: ScratchFeeds;
  readonly meters: Meters;
};

/** null: not named. */
export type Names = { readonly feed: string | null; readonly meter: string | null };

const NAME = /^[0-9a-f]{16}$/;

export const NAMES_TAKE = 'feed and meter are 16 lower-case hex digits, or left out';

/** The feed and the meter named in a query; undefined when one of them is not of its form. */
export function namesIn(query: URLSearchParams): Names | undefined {
  const feed = query.get('feed') || null;
  const meter = query.get('meter') || null;
  return isNameOrNone(feed) && isNameOrNone(meter) ? { feed, meter } : undefined;
}

function isNameOrNone(text: string | null): boolean {
  return text === null || NAME.test(text);
}

/**
 * Who watches the feed of this name, the fleet for null; null: there is no such feed (any more). One who asks watches
 * it, which keeps it.
 */
export function viewersOf({ viewers, scratch }: LiveSources, feed: string | null): Viewers | null {
  if (feed === null) return viewers;
  const known = scratch.get(feed);
  known?.watched();
  return known?.viewers ?? null;
}

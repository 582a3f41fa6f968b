/**
 * Owns how many events a newer reading has above the ones shown. Pure. Events carry no id: one is known again by
 * everything it says. O(events of a page).
 */
import type { HostEvent } from '@/lib/protocol/host.ts';

export type EventNews = {
  readonly count: number;
  /** There are at least so many: the newest one shown is on no page that was read. */
  readonly more: boolean;
};

const nameOf = ({ at, hostId, kind, by, reason }: HostEvent): string =>
  JSON.stringify([at, hostId, kind, by, reason]);

/** Both newest first. */
export function eventNews(shown: readonly HostEvent[], latest: readonly HostEvent[]): EventNews {
  const newest = shown[0];
  if (newest === undefined) return { count: latest.length, more: false };
  // Equal ones stand together, and the number of them shown says which of them is the newest.
  const name = nameOf(newest);
  const equal = shown.filter((event) => nameOf(event) === name).length;
  const last = latest.findLastIndex((event) => nameOf(event) === name);
  return last < 0
    ? { count: latest.length, more: latest.length > 0 }
    : { count: Math.max(0, last + 1 - equal), more: false };
}

/** A key for each event, also of those that say exactly the same. */
export function eventKeys(events: readonly HostEvent[]): readonly string[] {
  const seen = new Map<string, number>();
  // Counted from the oldest, so that new ones leave the keys of the others alone.
  return events
    .toReversed()
    .map((event) => {
      const name = nameOf(event);
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      return `${name}${count}`;
    })
    .toReversed();
}

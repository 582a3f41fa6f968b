/**
 * Keeps a feed (newest first) still while somebody points at it or stands in it: new entries wait and are counted.
 * Pure; knows no DOM. An entry that is shown keeps its place and takes its newest content.
 */
export type HeldFeed<T> = {
  readonly shown: readonly T[];
  /** Entries that would be shown but wait. */
  readonly waiting: number;
};

/** `held` = the entries that stood there when holding began; null when nobody holds. O(n). */
export function holdFeed<T>(
  latest: readonly T[],
  keyOf: (entry: T) => string,
  held: readonly T[] | null,
): HeldFeed<T> {
  if (held === null) return { shown: latest, waiting: 0 };
  const byKey = new Map(latest.map((entry) => [keyOf(entry), entry]));
  const shown = held.map((entry) => byKey.get(keyOf(entry)) ?? entry);
  for (const entry of held) byKey.delete(keyOf(entry));
  return { shown, waiting: byKey.size };
}

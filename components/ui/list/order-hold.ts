/**
 * Keeps a list still while someone is at it: rows stay where they are, what would move is counted.
 * Pure; knows nothing of what the rows are. O(n log n) for n ids, a window of the list.
 */

export type HeldOrder = {
  readonly shown: readonly string[];
  /** How many rows would come, go or move if the newest order were taken over. */
  readonly waiting: number;
};

/** What to show of `latest` when `shown` is on the screen. Both without repeats. */
export function holdOrder(shown: readonly string[], latest: readonly string[], held: boolean): HeldOrder {
  if (sameOrder(shown, latest)) return { shown, waiting: 0 };
  return held ? { shown, waiting: countChanges(shown, latest) } : { shown: latest, waiting: 0 };
}

/** Rows that come or go, and the fewest that must move for the others to stand in the new order. */
export function countChanges(shown: readonly string[], latest: readonly string[]): number {
  const place = new Map(latest.map((id, index) => [id, index]));
  const stays: number[] = [];
  for (const id of shown) {
    const index = place.get(id);
    if (index !== undefined) stays.push(index);
  }
  const comeAndGo = shown.length + latest.length - 2 * stays.length;
  return comeAndGo + stays.length - longestRise(stays);
}

function sameOrder(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}

/** Length of the longest increasing subsequence (patience sorting). */
function longestRise(values: readonly number[]): number {
  const tails: number[] = [];
  for (const value of values) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tails[middle]! < value) low = middle + 1;
      else high = middle;
    }
    tails[low] = value;
  }
  return tails.length;
}

/**
 * Instants as [instant, how many], in few entries. Pure; O(instants), whatever their order; without a sort where
 * there are many.
 */
export type WeightedInstant = readonly [atMs: number, count: number];
type Instants = ArrayLike<number> & Iterable<number>;

/** Spans of equal length into which many instants are counted before they are merged. */
const SPANS = 1_024;

/**
 * Ascending, at most `maxEntries` of them, their counts adding up to the number of instants. Where there are more
 * different ones, neighbours are merged so that entries weigh about the same; a merged entry's instant is the mean.
 */
export function mergeInstants(instants: Instants, maxEntries: number): WeightedInstant[] {
  return runsOf(instants, maxEntries) ?? mergeEvenly(spansOf(instants), instants.length, maxEntries);
}

/** The different instants, ascending; null: more than `maxRuns` runs of equal ones. A batch's are mostly equal. */
function runsOf(instants: Instants, maxRuns: number): WeightedInstant[] | null {
  const runs: [number, number][] = [];
  for (const atMs of instants) {
    const last = runs.at(-1);
    if (last?.[0] === atMs) last[1]++;
    else if (runs.length === maxRuns) return null;
    else runs.push([atMs, 1]);
  }
  runs.sort((a, b) => a[0] - b[0]);
  let kept = 0;
  for (const run of runs) {
    if (kept > 0 && runs[kept - 1]![0] === run[0]) runs[kept - 1]![1] += run[1];
    else runs[kept++] = run;
  }
  runs.length = kept;
  return runs;
}

function spansOf(instants: Instants): WeightedInstant[] {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const atMs of instants) {
    if (atMs < first) first = atMs;
    if (atMs > last) last = atMs;
  }
  // There are at least two different ones, or they would have been runs.
  const spansPerMs = SPANS / (last - first);
  const counts = new Uint32Array(SPANS);
  // Of the distances from the first: the sum of the instants themselves would have no digits left for microseconds.
  const sums = new Float64Array(SPANS);
  for (const atMs of instants) {
    const span = Math.min(SPANS - 1, Math.floor((atMs - first) * spansPerMs));
    counts[span]!++;
    sums[span]! += atMs - first;
  }
  const spans: WeightedInstant[] = [];
  for (let i = 0; i < SPANS; i++) if (counts[i]! > 0) spans.push([first + sums[i]! / counts[i]!, counts[i]!]);
  return spans;
}

function mergeEvenly(
  spans: readonly WeightedInstant[],
  total: number,
  maxEntries: number,
): WeightedInstant[] {
  const merged: WeightedInstant[] = [];
  let before = 0;
  let count = 0;
  let meanMs = 0;
  for (const [atMs, more] of spans) {
    count += more;
    meanMs += ((atMs - meanMs) * more) / count;
    if (before + count < (total * (merged.length + 1)) / maxEntries) continue;
    merged.push([meanMs, count]);
    before += count;
    count = 0;
  }
  return merged;
}

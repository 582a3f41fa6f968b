/**
 * Owns what a host's timeline looks like and says: the spans to choose from, the columns of the strip, what one of them
 * holds. Pure; O(buckets).
 */
import type { TimelineBucket } from '@/lib/protocol/api.ts';

const HOUR_MS = 3_600_000;

/** Each in stretches that people count in: 15 minutes, 2 hours, 8 hours. */
export const TIMELINE_RANGES = {
  '24h': { spanMs: 24 * HOUR_MS, buckets: 96 },
  '7d': { spanMs: 7 * 24 * HOUR_MS, buckets: 84 },
  '30d': { spanMs: 30 * 24 * HOUR_MS, buckets: 90 },
} as const;
export type TimelineRange = keyof typeof TIMELINE_RANGES;
const DEFAULT_RANGE: TimelineRange = '24h';

export function parseTimelineRange(params: Pick<URLSearchParams, 'get'>): TimelineRange {
  const range = params.get('range') ?? '';
  return Object.hasOwn(TIMELINE_RANGES, range) ? (range as TimelineRange) : DEFAULT_RANGE;
}

/** The address of the same host with another span. */
export function timelineAddress(pathname: string, range: TimelineRange): string {
  return range === DEFAULT_RANGE ? pathname : `${pathname}?range=${range}`;
}

/** In the order a bucket gives them. */
export const TIMELINE_STATES = ['up', 'down', 'left', 'unknown'] as const;
export type TimelineState = (typeof TIMELINE_STATES)[number];

export type TimelinePart = { readonly state: TimelineState; readonly ms: number };

/** What a bucket holds, the longest first. */
export function bucketParts(bucket: TimelineBucket): readonly TimelinePart[] {
  return TIMELINE_STATES.map((state, index) => ({ state, ms: bucket[index]! }))
    .filter(({ ms }) => ms > 0)
    .sort((a, b) => b.ms - a.ms);
}

export type TimelinePaths = Readonly<Record<TimelineState, string>>;

/** How much of the strip's height everything but down takes: what was down stands out above, in any colour. */
const CALM_SHARE = 0.6;
/** However short it was down, it can be seen. */
const LEAST_DOWN_SHARE = 0.2;

const at = (value: number): number => Number(value.toFixed(2));

/**
 * SVG paths for a box of `buckets × pitch` by `height`. In each column the shares of up, left and unknown are stacked in
 * its lower part; a column with any down reaches to the top, the red part growing with its share.
 */
export function timelinePaths(
  buckets: readonly TimelineBucket[],
  pitch: number,
  height: number,
): TimelinePaths {
  const paths: Record<TimelineState, string> = { up: '', down: '', left: '', unknown: '' };
  const width = at(pitch * 0.85);
  buckets.forEach((bucket, index) => {
    const total = bucket[0] + bucket[1] + bucket[2] + bucket[3];
    if (total <= 0) return;
    const x = at(index * pitch);
    const bar = (state: TimelineState, bottom: number, tall: number): void => {
      if (tall > 0) paths[state] += `M${x} ${at(height - bottom)}v-${at(tall)}h${width}v${at(tall)}z`;
    };
    const downShare = bucket[1] === 0 ? 0 : Math.max(LEAST_DOWN_SHARE, bucket[1] / total);
    const calm = height * (downShare === 0 ? CALM_SHARE : 1 - downShare);
    const others = bucket[0] + bucket[2] + bucket[3];
    let bottom = 0;
    for (const [state, ms] of [
      ['unknown', bucket[3]],
      ['left', bucket[2]],
      ['up', bucket[0]],
    ] as const) {
      const tall = others === 0 ? 0 : (calm * ms) / others;
      bar(state, bottom, tall);
      bottom += tall;
    }
    bar('down', height * (1 - downShare), height * downShare);
  });
  return paths;
}

/** For how long anybody watched, whatever the host was then, ms. */
export function watchedMs(buckets: readonly TimelineBucket[]): number {
  return buckets.reduce((sum, [up, down, left]) => sum + up + down + left, 0);
}

/** Down in it, though it did not go down in it: the outage began before. */
export function isDownFromBefore(downs: number, buckets: readonly TimelineBucket[]): boolean {
  return downs === 0 && statesIn(buckets).has('down');
}

/** The states there are anything of, for the legend. */
export function statesIn(buckets: readonly TimelineBucket[]): ReadonlySet<TimelineState> {
  return new Set(TIMELINE_STATES.filter((_, index) => buckets.some((bucket) => bucket[index]! > 0)));
}

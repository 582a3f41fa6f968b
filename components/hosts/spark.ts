/**
 * Owns the picture of a host's last 64 expected beats: which arrived, which were lost, which it never had to send,
 * and the SVG paths that draw them. Pure; O(64).
 */

export const SPARK_BEATS = 64;
/** A host that is silent shows at most this many of the beats it owes. */
export const MAX_OWED_BEATS = 8;

/** a = arrived, l = lost, o = owed (due since the last one, not there yet). Oldest first. */
export type SparkBeats = { readonly marks: string; readonly arrived: number; readonly expected: number };

const HEX64 = /^[0-9a-f]{16}$/;

/**
 * The beats behind `recentBeats` (16 hex digits, newest in the lowest bit) and `lossRatio`, which says how many of the
 * zeros were expected at all: a host heard for 10 s has not lost 54. Null when either is missing or malformed.
 */
export function sparkBeats(
  recentBeats: string | null,
  lossRatio: number | null,
  owedBeats = 0,
): SparkBeats | null {
  if (recentBeats === null || lossRatio === null || !HEX64.test(recentBeats)) return null;
  let bits = '';
  for (const digit of recentBeats) bits += Number.parseInt(digit, 16).toString(2).padStart(4, '0');
  const arrived = bits.length - bits.replaceAll('1', '').length;
  if (arrived === 0) return null;
  const oldest = SPARK_BEATS - bits.indexOf('1');
  const share = Math.min(Math.max(lossRatio, 0), 1);
  const expected = share < 1 ? Math.round(arrived / (1 - share)) : SPARK_BEATS;
  const shown = Math.min(Math.max(expected, oldest), SPARK_BEATS);
  const owed = Math.min(Math.max(Math.floor(owedBeats), 0), MAX_OWED_BEATS);
  const marks =
    bits
      .slice(SPARK_BEATS - shown)
      .replaceAll('1', 'a')
      .replaceAll('0', 'l') + 'o'.repeat(owed);
  return { marks: marks.slice(-SPARK_BEATS), arrived, expected: shown };
}

/** How many beats a silent host owes by now. */
export function owedBeats(lastSeenAt: number | null, intervalMs: number, nowMs: number): number {
  if (lastSeenAt === null || intervalMs <= 0) return 0;
  return Math.max(0, Math.floor((nowMs - lastSeenAt) / intervalMs));
}

export type SparkPaths = { readonly arrived: string; readonly lost: string; readonly owed: string };

/**
 * Paths for a box of `64 × pitch` by `height`: a full bar for an arrived beat, a third of it from below for a lost
 * one, a dot on the base line for an owed one. The newest stands at the right edge.
 */
export function sparkPaths(beats: SparkBeats, pitch: number, height: number): SparkPaths {
  const paths = { a: '', l: '', o: '' };
  const width = pitch > 2 ? pitch - 1 : pitch / 2;
  const tall = { a: height, l: Math.max(2, Math.round(height / 3)), o: 2 };
  const from = SPARK_BEATS - beats.marks.length;
  for (let i = 0; i < beats.marks.length; i++) {
    const mark = beats.marks[i] as 'a' | 'l' | 'o';
    paths[mark] += `M${(from + i) * pitch} ${height}v-${tall[mark]}h${width}v${tall[mark]}z`;
  }
  return { arrived: paths.a, lost: paths.l, owed: paths.o };
}

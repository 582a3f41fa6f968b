/**
 * Owns which measures a comparison shows, in which order and groups, and how each is read from a lane. Pure.
 */
import type { ClockReading, Lane } from '@/lib/client/comparison/comparison-state.ts';
import type { FigureWords } from './use-figure-words.ts';

export type MeasureGroup = 'applied' | 'painted' | 'traffic' | 'repair';
export const MEASURE_GROUPS: readonly MeasureGroup[] = ['applied', 'painted', 'traffic', 'repair'];

export const MEASURE_KEYS = [
  'appliedP50',
  'appliedP95',
  'appliedP99',
  'paintedP50',
  'paintedP95',
  'paintedP99',
  'samples',
  'freshness',
  'worstFreshness',
  'requests',
  'bytesUp',
  'bytesDown',
  'updates',
  'emptyAnswers',
  'wastedShare',
  'gaps',
  'resyncs',
  'reconnects',
] as const;
export type MeasureKey = (typeof MEASURE_KEYS)[number];

export type Measure = {
  readonly key: MeasureKey;
  readonly group: MeasureGroup;
  /** null = nothing has been measured yet. */
  readonly value: (lane: Lane) => number | null;
  readonly words: (value: number, figures: FigureWords, clock: ClockReading | null) => string;
  /** A bar under the value compares the lanes: where more is dearer. */
  readonly bar: boolean;
};

const latency: Measure['words'] = (value, figures, clock) =>
  figures.latency(value, clock?.plusMinusMs ?? null) ?? '';
const span: Measure['words'] = (value, figures) => figures.span(value);
const bytes: Measure['words'] = (value, figures) => figures.bytes(value);
const count: Measure['words'] = (value, figures) => figures.count(value);
const share: Measure['words'] = (value, figures) => figures.share(value);

const measure = (
  key: MeasureKey,
  group: MeasureGroup,
  value: Measure['value'],
  words: Measure['words'],
  bar = false,
): Measure => ({ key, group, value, words, bar });

export const MEASURES: readonly Measure[] = [
  measure('appliedP50', 'applied', (lane) => lane.applied?.p50 ?? null, latency, true),
  measure('appliedP95', 'applied', (lane) => lane.applied?.p95 ?? null, latency, true),
  measure('appliedP99', 'applied', (lane) => lane.applied?.p99 ?? null, latency, true),
  measure('paintedP50', 'painted', (lane) => lane.painted?.p50 ?? null, latency, true),
  measure('paintedP95', 'painted', (lane) => lane.painted?.p95 ?? null, latency, true),
  measure('paintedP99', 'painted', (lane) => lane.painted?.p99 ?? null, latency, true),
  measure('requests', 'traffic', (lane) => lane.requests, count, true),
  measure('bytesUp', 'traffic', (lane) => lane.bytesUp, bytes, true),
  measure('bytesDown', 'traffic', (lane) => lane.bytesDown, bytes, true),
  measure('updates', 'traffic', (lane) => lane.updates, count),
  measure('emptyAnswers', 'traffic', (lane) => lane.emptyAnswers, count, true),
  measure('wastedShare', 'traffic', (lane) => lane.wastedShare, share, true),
  measure('samples', 'repair', (lane) => lane.samples, count),
  measure('freshness', 'repair', (lane) => lane.freshnessMs, span),
  measure('worstFreshness', 'repair', (lane) => lane.worstFreshnessMs, span),
  measure('gaps', 'repair', (lane) => lane.gaps, count),
  measure('resyncs', 'repair', (lane) => lane.resyncs, count),
  measure('reconnects', 'repair', (lane) => lane.reconnects, count),
];

/** How long a bar is, 0 to 1, beside the longest of its row; null = no bar. */
export function barShare(value: number | null, row: readonly (number | null)[]): number | null {
  const longest = Math.max(0, ...row.map((one) => one ?? 0));
  if (value === null || longest <= 0) return null;
  return Math.max(0, value) / longest;
}

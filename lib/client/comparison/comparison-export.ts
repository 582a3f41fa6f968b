/**
 * A comparison as a file: CSV for a table (RFC 4180: CRLF, quotes doubled), JSON for everything. Pure.
 */
import {
  type ComparisonState,
  DISTRIBUTION_EDGES_MS,
  type Lane,
  type Quantiles,
} from './comparison-state.ts';
import type { LatencySample } from './latency-samples.ts';

type Cell = string | number | null;

/** Microseconds are the finest the clocks tell. */
const rounded = (value: Cell): Cell =>
  typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;

function field(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function quantileCells(name: string, quantiles: Quantiles | null): Record<string, Cell> {
  return {
    [`${name}_p50_ms`]: quantiles?.p50 ?? null,
    [`${name}_p95_ms`]: quantiles?.p95 ?? null,
    [`${name}_p99_ms`]: quantiles?.p99 ?? null,
    [`${name}_max_ms`]: quantiles?.max ?? null,
  };
}

function cellsOf(lane: Lane, { settings, clock, elapsedMs }: ComparisonState): Record<string, Cell> {
  return {
    transport: lane.transport,
    carried_by: lane.link.transport,
    status: lane.link.status,
    elapsed_s: elapsedMs / 1_000,
    samples: lane.samples,
    ...quantileCells('applied', lane.applied),
    ...quantileCells('painted', lane.painted),
    clock_offset_ms: clock?.offsetMs ?? null,
    clock_plus_minus_ms: clock?.plusMinusMs ?? null,
    freshness_ms: lane.freshnessMs,
    worst_freshness_ms: lane.worstFreshnessMs,
    requests: lane.requests,
    up_bytes: lane.bytesUp,
    down_bytes: lane.bytesDown,
    updates: lane.updates,
    empty_answers: lane.emptyAnswers,
    wasted_share: lane.wastedShare,
    gaps: lane.gaps,
    resyncs: lane.resyncs,
    reconnects: lane.reconnects,
    poll_interval_ms: settings.pollMs,
    scratch_changes_per_s: settings.changesPerSecond,
    simulated_delay_each_way_ms: settings.delayMs,
    simulated_cut_every_s: settings.cutEveryS,
  };
}

/** Empty without a lane. What is not known is an empty field. */
export function comparisonCsv(state: ComparisonState): string {
  const rows = state.lanes.map((lane) => cellsOf(lane, state));
  if (rows.length === 0) return '';
  const lines = [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row).map(rounded))];
  return lines.map((cells) => `${cells.map(field).join(',')}\r\n`).join('');
}

/** @param samplesOf the kept samples of each lane, in the order of the lanes */
export function comparisonJson(
  state: ComparisonState,
  samplesOf: readonly (readonly LatencySample[])[],
): string {
  const { phase, elapsedMs, settings, clock } = state;
  const lanes = state.lanes.map((lane, i) => ({ ...lane, latencySamples: samplesOf[i] ?? [] }));
  const whole = { phase, elapsedMs, settings, clock, distributionEdgesMs: DISTRIBUTION_EDGES_MS, lanes };
  return JSON.stringify(whole, (_key, value: unknown) =>
    typeof value === 'number' ? rounded(value) : value,
  );
}

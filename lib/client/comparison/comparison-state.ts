/**
 * What a comparison of transports is told, and what it shows: data alone. A *lane* is one transport of the
 * comparison with a connection and a view of its own. Written by comparison.ts, read by the page.
 */
import type { StoreApi } from 'zustand/vanilla';
import type { Transport } from '../ladder.ts';
import type { Link } from '../view-store.ts';

export type ComparisonSettings = {
  /** Which lanes run, in the order of TRANSPORTS. */
  readonly transports: readonly Transport[];
  /** What the polling lane waits between two requests, ms; 250 to 60,000. */
  readonly pollMs: number;
  /** Made up on a scratch set of hosts, a second; 0 = no scratch set: the changes of the real fleet. */
  readonly changesPerSecond: number;
  /** Simulated on this viewer's side: added to each way of each message, ms; 0 = none. */
  readonly delayMs: number;
  /** Simulated: each lane's connection is cut about this often, s; 0 = never. */
  readonly cutEveryS: number;
};

/** What `configure` clamps to, both ends included, after rounding to whole numbers. cutEveryS may also be 0. */
export const SETTING_LIMITS = {
  pollMs: { min: 250, max: 60_000 },
  changesPerSecond: { min: 0, max: 1_000 },
  delayMs: { min: 0, max: 2_000 },
  cutEveryS: { min: 3, max: 600 },
} as const;

/** Upper edges of the buckets of Lane.distribution, ms: five a decade (the R5 series), so equally wide on a logarithmic axis. */
export const DISTRIBUTION_EDGES_MS: readonly number[] = [
  1, 1.6, 2.5, 4, 6.3, 10, 16, 25, 40, 63, 100, 160, 250, 400, 630, 1_000, 1_600, 2_500, 4_000, 6_300, 10_000,
  16_000, 25_000,
];

/** For `createComparison(options)` of comparison.ts. */
export type ComparisonOptions = {
  /** Origin with scheme; '' (default) = the page's own. */
  readonly origin?: string;
  /** To begin with; as `configure`. */
  readonly settings?: Partial<ComparisonSettings>;
};

/** Of latencies, ms. May be below 0 by as much as the clock's ±: nothing is rounded up to look right. */
export type Quantiles = {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
};

/**
 * Why a lane takes no samples at the moment. `clock`: the server's clock is not estimated yet; `hidden`: the page
 * is not visible; `woken`: it has just been, or has slept; `lease`: other tabs hold the browser's streaming
 * connections; `link`: the lane has no live connection.
 */
export type SampleBar = 'clock' | 'hidden' | 'woken' | 'lease' | 'link';

export type Lane = {
  readonly transport: Transport;
  readonly link: Link;
  /** null = samples are taken. */
  readonly bar: SampleBar | null;
  /** Latency samples taken since the last reset: one a host change. The quantiles are of the newest 20,000 or so. */
  readonly samples: number;
  /** From the server's change to its being in this lane's view. Null before the first sample. */
  readonly applied: Quantiles | null;
  /** … to the frame of the screen that showed it. */
  readonly painted: Quantiles | null;
  /** Samples of `applied` by bucket: bucket i holds those below DISTRIBUTION_EDGES_MS[i]; one more, the rest. */
  readonly distribution: readonly number[];
  /** Age of what the lane shows, ms, now and at its worst since the start. Null before the first frame. */
  readonly freshnessMs: number | null;
  readonly worstFreshnessMs: number | null;
  /** As the server counted them for this lane, headers included. Null before its first count. */
  readonly requests: number | null;
  readonly bytesUp: number | null;
  readonly bytesDown: number | null;
  /** Answers and frames that brought news; and those that did not (a beat, an empty poll). */
  readonly updates: number;
  readonly emptyAnswers: number;
  /** Share (0 to 1) of the bytes both ways that went into answers without news. */
  readonly wastedShare: number | null;
  readonly gaps: number;
  readonly resyncs: number;
  readonly reconnects: number;
};

/** The server's clock as seen from this page. */
export type ClockReading = {
  /** Add to this page's monotonic clock to get the server's, ms. */
  readonly offsetMs: number;
  /** Half the round trip of the best probe: the offset is right to ± this. */
  readonly plusMinusMs: number;
};

/**
 * Why a comparison could not start or go on; `detail` is technical, English. `scratch-unanswered`: the server could
 * not be asked for scratch hosts.
 */
export type ComparisonProblem = {
  readonly kind: 'scratch-refused' | 'scratch-unanswered' | 'scratch-lost';
  readonly detail: string;
};

export type ComparisonState = {
  readonly phase: 'idle' | 'starting' | 'running' | 'stopped';
  readonly problem: ComparisonProblem | null;
  /** How long it has been running since the last reset, ms, pauses not counted. */
  readonly elapsedMs: number;
  readonly settings: ComparisonSettings;
  readonly clock: ClockReading | null;
  /** One a transport of the settings, in their order. */
  readonly lanes: readonly Lane[];
};

/** The changed slots ascending, or null = any; and the lane's state bytes (live memory). As `ChangesListener`. */
export type LaneListener = (slots: readonly number[] | null, states: Uint8Array) => void;

export type Comparison = {
  /** Changes at most four times a second. */
  readonly store: Pick<StoreApi<ComparisonState>, 'getState' | 'getInitialState' | 'subscribe'>;
  /** Also while running: lanes are added and ended, the rate changes, nothing else is lost. Clamped to its limits. */
  configure(settings: Partial<ComparisonSettings>): void;
  start(): void;
  /** Ends the connections; the figures stay. */
  stop(): void;
  /** Figures from nothing; goes on running. */
  reset(): void;
  /** Told at once of each frame a lane applied, outside React. */
  subscribeLane(transport: Transport, listener: LaneListener): () => void;
  /** One line a lane, a header line before them (RFC 4180). */
  exportCsv(): string;
  /** Everything, the samples among it, with the settings and the clock's ±. */
  exportJson(): string;
  /** For good: connections, timers and the scratch hosts are given back. */
  dispose(): void;
};

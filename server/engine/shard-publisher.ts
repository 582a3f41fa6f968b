/**
 * Makes a shard's counters into a publication each tick, on top of what a worker before it published: counts never
 * step back. Shard thread. Cost: some forty loads and stores a tick.
 */
import { publishStats, readStats, STALE_HORIZON_MS } from './ingest-stats.ts';
import { openStats, type ShardStats, STAT, STAT_COUNT } from './layout.ts';
import type { ObservedClock } from './observed-clock.ts';
import type { ShardCounters } from './shard.ts';

const RATE_SPAN_MS = 1_000;
const MINUTE_MS = 60_000;

export type Publication = {
  readonly nowMs: number;
  /** Datagrams never judged, as counted by this worker. */
  readonly dropped: number;
  readonly horizonMs: number;
  readonly dropShare: number;
  readonly misses: number;
  /** Time the machine slept, ms. */
  readonly sleptMs: number;
};

export class ShardPublisher {
  readonly #stats: ShardStats;
  readonly #observed: ObservedClock;
  readonly #values: Float64Array;
  readonly #startedAtMs: number;
  #counters: ShardCounters | undefined;
  /** Up to here a worker before this one had judged; of the first: its start. */
  readonly leftAtMs: number;
  readonly #blindBeforeMs: number;
  #droppedBefore = Number.NaN;
  #rateAtMs: number;
  #rateAccepted = 0;

  /** `goesOn`: after a worker that ended by itself. */
  constructor(stats: SharedArrayBuffer, observed: ObservedClock, goesOn: boolean, nowMs: number) {
    this.#stats = openStats(stats);
    this.#observed = observed;
    this.#startedAtMs = nowMs;
    this.#rateAtMs = nowMs;
    this.#values = goesOn ? readStats(this.#stats) : new Float64Array(STAT_COUNT);
    this.leftAtMs = goesOn ? Math.min(nowMs, this.#values[STAT.horizonAtMs]!) : nowMs;
    this.#blindBeforeMs = this.#values[STAT.blindMs]!;
    this.#values[STAT.heartbeatsPerSecond] = 0;
  }

  /** The shard's counters go on from those published before. */
  goOn(counters: ShardCounters): void {
    this.#counters = counters;
    counters.read = this.#values[STAT.read]!;
    counters.accepted = this.#values[STAT.accepted]!;
    for (let i = 0; i < counters.rejected.length; i++) {
      counters.rejected[i] = this.#values[STAT.firstRejected + i]!;
    }
    this.#rateAccepted = counters.accepted;
  }

  /** Heartbeats are counted into the rate from now on: what was judged before did not arrive in this second. */
  beginRate(nowMs: number): void {
    this.#rateAtMs = nowMs;
    this.#rateAccepted = this.#counters?.accepted ?? 0;
  }

  publish({ nowMs, dropped, horizonMs, dropShare, misses, sleptMs }: Publication): void {
    const values = this.#values;
    const counters = this.#counters;
    if (counters !== undefined) {
      if (nowMs - this.#rateAtMs >= RATE_SPAN_MS) {
        const since = counters.accepted - this.#rateAccepted;
        values[STAT.heartbeatsPerSecond] = (since * 1_000) / (nowMs - this.#rateAtMs);
        this.beginRate(nowMs);
      }
      values[STAT.read] = counters.read;
      values[STAT.accepted] = counters.accepted;
      values.set(counters.rejected, STAT.firstRejected);
    }
    // Sockets of the process go on counting; those of a worker begin again.
    if (Number.isNaN(this.#droppedBefore)) {
      this.#droppedBefore = Math.max(0, values[STAT.kernelDrops]! - dropped);
    }
    values[STAT.kernelDrops] = this.#droppedBefore + dropped;
    // None yet, or markers that do not come back, counts as a horizon that stands where the shard started.
    const horizonAtMs = Math.max(horizonMs, this.#startedAtMs);
    const minuteAgoMs = nowMs - MINUTE_MS;
    const observed = this.#observed;
    // All the time since a horizon that stands still is added by whoever reads: blind spans in it count once.
    const isStale = nowMs - horizonAtMs > STALE_HORIZON_MS;
    const againMs = isStale ? observed.blindMsSince(horizonAtMs) : 0;
    const againLastMinuteMs = isStale ? observed.blindMsSince(Math.max(horizonAtMs, minuteAgoMs)) : 0;
    values[STAT.blindMs] = this.#blindBeforeMs + observed.blindMs + sleptMs - againMs;
    values[STAT.blindLastMinuteMs] = observed.blindMsSince(minuteAgoMs) - againLastMinuteMs;
    values[STAT.horizonAtMs] = horizonAtMs;
    values[STAT.dropShare] = dropShare;
    values[STAT.misses] = misses;
    publishStats(this.#stats, values);
  }
}

/**
 * The latencies of one lane: exact quantiles of the newest samples, a distribution over all of them. Pure.
 * Quantiles cost one merge of what is new into what is sorted, so asking once a second stays cheap.
 */
import { DISTRIBUTION_EDGES_MS, type Quantiles } from './comparison-state.ts';

/** One or more host changes that happened at the same instant and were seen at the same instant. */
export type LatencySample = {
  /** When it changed, on the server's clock, ms since the epoch. */
  readonly changedAtMs: number;
  readonly appliedMs: number;
  /** Null where no screen showed it. */
  readonly paintedMs: number | null;
  /** How many host changes; at least 1. */
  readonly count: number;
};

/** Of so many the quantiles are made: the newest ones. */
export const MAX_KEPT_SAMPLES = 20_000;

type Entry = LatencySample & { readonly number: number };

/** One of the two latencies, sorted, brought up to date when it is asked for. */
class SortedLatencies {
  readonly #latencyOf: (entry: Entry) => number;
  #sorted: readonly Entry[] = [];
  #fresh: Entry[] = [];

  constructor(latencyOf: (entry: Entry) => number) {
    this.#latencyOf = latencyOf;
  }

  add(entry: Entry): void {
    this.#fresh.push(entry);
    // Nobody asks: what is too old must go all the same.
    if (this.#fresh.length > MAX_KEPT_SAMPLES) this.from(entry.number + 1 - MAX_KEPT_SAMPLES);
  }

  /** All entries from `oldestNumber` on, ascending by value. O(kept + new · log new). */
  from(oldestNumber: number): readonly Entry[] {
    const latencyOf = this.#latencyOf;
    const old = this.#sorted;
    const fresh = this.#fresh.sort((a, b) => latencyOf(a) - latencyOf(b));
    this.#fresh = [];
    const merged: Entry[] = [];
    let o = 0;
    let f = 0;
    while (o < old.length || f < fresh.length) {
      const fromOld = f >= fresh.length || (o < old.length && latencyOf(old[o]!) <= latencyOf(fresh[f]!));
      const entry = fromOld ? old[o++]! : fresh[f++]!;
      if (entry.number >= oldestNumber) merged.push(entry);
    }
    this.#sorted = merged;
    return merged;
  }

  quantiles(oldestNumber: number): Quantiles | null {
    const entries = this.from(oldestNumber);
    if (entries.length === 0) return null;
    let total = 0;
    for (const { count } of entries) total += count;
    // Nearest rank: the smallest value that at least this share of the samples do not exceed.
    const at = (share: number): number => {
      const rank = Math.max(1, Math.ceil(share * total));
      let seen = 0;
      for (const entry of entries) {
        seen += entry.count;
        if (seen >= rank) return this.#latencyOf(entry);
      }
      return this.#latencyOf(entries.at(-1)!);
    };
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  }
}

/** Which bucket of the distribution a latency belongs to: the first whose edge is above it. */
export function bucketOf(latencyMs: number): number {
  const bucket = DISTRIBUTION_EDGES_MS.findIndex((edgeMs) => latencyMs < edgeMs);
  return bucket < 0 ? DISTRIBUTION_EDGES_MS.length : bucket;
}

export class LatencySamples {
  readonly #byApplied = new SortedLatencies(({ appliedMs }) => appliedMs);
  readonly #byPainted = new SortedLatencies(({ paintedMs }) => paintedMs!);
  readonly #distribution: number[] = new Array(DISTRIBUTION_EDGES_MS.length + 1).fill(0);
  #entries = 0;
  #count = 0;
  /** Since nothing was added: whoever draws asks more often than there are samples. */
  #quantiles: { readonly applied: Quantiles | null; readonly painted: Quantiles | null } | null = null;

  /** Host changes so far, also those no longer kept. */
  get count(): number {
    return this.#count;
  }

  add(sample: LatencySample): void {
    const entry: Entry = { ...sample, number: this.#entries++ };
    this.#count += sample.count;
    this.#quantiles = null;
    this.#distribution[bucketOf(sample.appliedMs)]! += sample.count;
    this.#byApplied.add(entry);
    if (sample.paintedMs !== null) this.#byPainted.add(entry);
  }

  /** Of the newest MAX_KEPT_SAMPLES; null before the first. O(kept) after an `add`, else O(1). */
  quantiles(): { readonly applied: Quantiles | null; readonly painted: Quantiles | null } {
    this.#quantiles ??= {
      applied: this.#byApplied.quantiles(this.#oldest()),
      painted: this.#byPainted.quantiles(this.#oldest()),
    };
    return this.#quantiles;
  }

  /** A copy; host changes by bucket, over all samples. */
  distribution(): readonly number[] {
    return [...this.#distribution];
  }

  /** What is kept, in the order in which it was added. */
  kept(): readonly LatencySample[] {
    const entries = [...this.#byApplied.from(this.#oldest())].sort((a, b) => a.number - b.number);
    return entries.map(({ number, ...sample }) => sample);
  }

  #oldest(): number {
    return this.#entries - MAX_KEPT_SAMPLES;
  }
}

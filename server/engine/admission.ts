/**
 * Which hosts never heard before may register: the limit over all shards, exact, and token buckets per source
 * address and for all. Pure but for the shared counter. Cost: nothing for known hosts, O(1) without allocation for
 * new ones, whoever sends them. Source: PROTOCOL 1.5.
 */
import { NONE } from './layout.ts';
import type { SourceBook } from './source-book.ts';
import { SourceBuckets } from './source-buckets.ts';

/**
 * For all sources together: a server that knows nothing takes in a whole fleet of one-second beats within their
 * first 30 intervals. For one source: forged hosts, removed five minutes after their one beat, hold at most about
 * a third of the fleet's limit.
 */
export type AdmissionRates = {
  readonly allBurst: number;
  readonly allPerSecond: number;
  readonly sourceBurst: number;
  readonly sourcePerSecond: number;
};

/** One shard's part of what holds for all `shards` together, its least included. */
export function admissionRates(maxHosts: number, shards = 1): AdmissionRates {
  const part = (ofAll: number, least: number): number => Math.max(1, Math.max(ofAll, least) / shards);
  return {
    allBurst: part(maxHosts / 5, 1_000),
    allPerSecond: part(maxHosts / 30, 100),
    sourceBurst: part(maxHosts / 20, 500),
    sourcePerSecond: part(maxHosts / 1_000, 10),
  };
}

export class Admission {
  readonly #hostCount: Int32Array;
  readonly #maxHosts: number;
  readonly #rates: AdmissionRates;
  readonly #sources: SourceBook;
  #allTokens: number;
  #allAtMs = 0;
  readonly #buckets: SourceBuckets;

  /** hostCount: one Int32 shared by all shards. */
  constructor(
    hostCount: Int32Array,
    maxHosts: number,
    sources: SourceBook,
    rates: AdmissionRates = admissionRates(maxHosts),
  ) {
    this.#hostCount = hostCount;
    this.#maxHosts = maxHosts;
    this.#rates = rates;
    this.#sources = sources;
    this.#allTokens = rates.allBurst;
    this.#buckets = new SourceBuckets(rates.sourceBurst, rates.sourcePerSecond);
  }

  /** Counts a host known from before: the limit stops new ones only. */
  keep(): void {
    Atomics.add(this.#hostCount, 0, 1);
  }

  /** Counts a new host, or says why it may not come in. `source` NONE: an operator's wish, no sender's. */
  admit(source: number, nowMs: number): 'admitted' | 'host_limit' | 'rate_limit' {
    if (Atomics.load(this.#hostCount, 0) >= this.#maxHosts) return 'host_limit';
    if (source !== NONE && !this.#sources.isLoopback(source) && !this.#takeToken(source, nowMs)) {
      return 'rate_limit';
    }
    if (Atomics.add(this.#hostCount, 0, 1) < this.#maxHosts) return 'admitted';
    Atomics.sub(this.#hostCount, 0, 1);
    return 'host_limit';
  }

  /** A host admitted before is gone. */
  release(): void {
    Atomics.sub(this.#hostCount, 0, 1);
  }

  #takeToken(source: number, nowMs: number): boolean {
    const { allPerSecond, allBurst } = this.#rates;
    const refilled = this.#allTokens + ((nowMs - this.#allAtMs) / 1_000) * allPerSecond;
    this.#allTokens = Math.min(allBurst, refilled);
    this.#allAtMs = nowMs;
    if (this.#allTokens < 1) return false;
    // Kept only now, so that what is refused for all takes no room in the book.
    const kept = this.#sources.keep(source);
    if (!this.#buckets.hasToken(kept, nowMs)) return false;
    this.#buckets.take(kept, nowMs);
    this.#allTokens--;
    return true;
  }
}

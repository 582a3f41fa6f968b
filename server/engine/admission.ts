/**
 * Which hosts never heard before may register: the limit over all shards, exact, and token buckets per source
 * address and for all. Pure but for the shared counter. Cost: nothing for known hosts, O(1) without allocation for
 * new ones, whoever sends them. Source: PROTOCOL 1.5.
 */
import { NONE, UNKEPT } from './layout.ts';
import type { SourceBook } from './source-book.ts';

/** Buckets by source stand in sets of this many; a source's number says in which. */
const WAYS = 4;
const SETS = 4_096;
/** Addresses that are not kept share one bucket of their own. */
const UNKEPT_BUCKET = SETS * WAYS;

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

export function admissionRates(maxHosts: number): AdmissionRates {
  return {
    allBurst: Math.max(1_000, maxHosts / 5),
    allPerSecond: Math.max(100, maxHosts / 30),
    sourceBurst: Math.max(500, maxHosts / 20),
    sourcePerSecond: Math.max(10, maxHosts / 1_000),
  };
}

export class Admission {
  readonly #hostCount: Int32Array;
  readonly #maxHosts: number;
  readonly #rates: AdmissionRates;
  readonly #sources: SourceBook;
  #allTokens: number;
  #allAtMs = 0;
  /** By bucket: its source's number + 1 (0 = free), its tokens as of an instant. */
  readonly #owners = new Uint32Array(SETS * WAYS + 1);
  readonly #tokens = new Float64Array(SETS * WAYS + 1);
  readonly #atMs = new Float64Array(SETS * WAYS + 1);

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
    this.#tokens[UNKEPT_BUCKET] = rates.sourceBurst;
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
    const bucket = kept === UNKEPT ? UNKEPT_BUCKET : this.#bucketOf(kept, nowMs);
    const tokens = this.#tokensAt(bucket, nowMs);
    this.#tokens[bucket] = tokens;
    this.#atMs[bucket] = nowMs;
    if (tokens < 1) return false;
    this.#allTokens--;
    this.#tokens[bucket] = tokens - 1;
    return true;
  }

  #tokensAt(bucket: number, nowMs: number): number {
    const { sourcePerSecond, sourceBurst } = this.#rates;
    const refilled = this.#tokens[bucket]! + ((nowMs - this.#atMs[bucket]!) / 1_000) * sourcePerSecond;
    return Math.min(sourceBurst, refilled);
  }

  /** The source's bucket. Where there is none it takes the fullest of its set, which is the least worth remembering. */
  #bucketOf(source: number, nowMs: number): number {
    const first = (source % SETS) * WAYS;
    let fullest = first;
    let most = -1;
    for (let bucket = first; bucket < first + WAYS; bucket++) {
      const owner = this.#owners[bucket]!;
      if (owner === source + 1) return bucket;
      const tokens = owner === 0 ? Number.POSITIVE_INFINITY : this.#tokensAt(bucket, nowMs);
      if (tokens > most) {
        most = tokens;
        fullest = bucket;
      }
    }
    this.#owners[fullest] = source + 1;
    this.#tokens[fullest] = this.#rates.sourceBurst;
    this.#atMs[fullest] = nowMs;
    return fullest;
  }
}

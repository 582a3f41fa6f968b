/**
 * Which hosts never heard before may register: the limit over all shards, exact, and token buckets per source
 * address and for all. Pure but for the shared counter. Cost: nothing for known hosts. Source: PROTOCOL 1.5.
 */

/** Source addresses whose buckets are remembered; the oldest makes room. */
const MAX_SOURCES = 16_384;

type Bucket = { tokens: number; atMs: number };

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

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
}

function refill(bucket: Bucket, nowMs: number, perSecond: number, burst: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * perSecond);
  bucket.atMs = nowMs;
}

export class Admission {
  readonly #hostCount: Int32Array;
  readonly #maxHosts: number;
  readonly #rates: AdmissionRates;
  readonly #all: Bucket;
  readonly #bySource = new Map<string, Bucket>();

  /** hostCount: one Int32 shared by all shards. */
  constructor(hostCount: Int32Array, maxHosts: number, rates: AdmissionRates = admissionRates(maxHosts)) {
    this.#hostCount = hostCount;
    this.#maxHosts = maxHosts;
    this.#rates = rates;
    this.#all = { tokens: rates.allBurst, atMs: 0 };
  }

  /** Counts a host known from before: the limit stops new ones only. */
  keep(): void {
    Atomics.add(this.#hostCount, 0, 1);
  }

  /** Counts a new host, or says why it may not come in. `source` null: an operator's wish, no sender's. */
  admit(source: string | null, nowMs: number): 'admitted' | 'host_limit' | 'rate_limit' {
    if (Atomics.load(this.#hostCount, 0) >= this.#maxHosts) return 'host_limit';
    if (source !== null && !isLoopback(source) && !this.#takeToken(source, nowMs)) return 'rate_limit';
    if (Atomics.add(this.#hostCount, 0, 1) < this.#maxHosts) return 'admitted';
    Atomics.sub(this.#hostCount, 0, 1);
    return 'host_limit';
  }

  /** A host admitted before is gone. */
  release(): void {
    Atomics.sub(this.#hostCount, 0, 1);
  }

  #takeToken(source: string, nowMs: number): boolean {
    const { allPerSecond, allBurst, sourcePerSecond, sourceBurst } = this.#rates;
    refill(this.#all, nowMs, allPerSecond, allBurst);
    let bucket = this.#bySource.get(source);
    if (bucket === undefined) {
      if (this.#bySource.size >= MAX_SOURCES) this.#bySource.delete(this.#bySource.keys().next().value!);
      bucket = { tokens: sourceBurst, atMs: nowMs };
      this.#bySource.set(source, bucket);
    }
    refill(bucket, nowMs, sourcePerSecond, sourceBurst);
    if (this.#all.tokens < 1 || bucket.tokens < 1) return false;
    this.#all.tokens--;
    bucket.tokens--;
    return true;
  }
}

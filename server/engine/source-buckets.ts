/**
 * Token buckets by source, as many as there is room for: where there is none, the fullest of a set goes, which is the
 * least worth remembering. Pure. Shard thread. Cost: O(1) without allocation, whoever asks; 330 KB.
 */
import { UNKEPT } from './layout.ts';

/** Buckets stand in sets of this many; a source's number says in which. */
const WAYS = 4;
const SETS = 4_096;
/** Sources that are not told apart share one bucket of their own. */
const UNKEPT_BUCKET = SETS * WAYS;
const NOWHERE = -1;

export class SourceBuckets {
  readonly #burst: number;
  readonly #perSecond: number;
  /** By bucket: its source's number + 1 (0 = free), its tokens as of an instant. */
  readonly #owners = new Uint32Array(SETS * WAYS + 1);
  readonly #tokens = new Float64Array(SETS * WAYS + 1);
  readonly #atMs = new Float64Array(SETS * WAYS + 1);

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens[UNKEPT_BUCKET] = burst;
  }

  /** May the source, a number below 2^32 - 2 or UNKEPT, take a token? Remembers nothing. */
  hasToken(source: number, nowMs: number): boolean {
    const bucket = this.#find(source);
    return (bucket === NOWHERE ? this.#burst : this.#tokensAt(bucket, nowMs)) >= 1;
  }

  /** To be called when there is one. */
  take(source: number, nowMs: number): void {
    const found = this.#find(source);
    const bucket = found === NOWHERE ? this.#replaceFullest(source, nowMs) : found;
    this.#tokens[bucket] = this.#tokensAt(bucket, nowMs) - 1;
    this.#atMs[bucket] = nowMs;
  }

  #tokensAt(bucket: number, nowMs: number): number {
    const refilled = this.#tokens[bucket]! + ((nowMs - this.#atMs[bucket]!) / 1_000) * this.#perSecond;
    return Math.min(this.#burst, refilled);
  }

  #find(source: number): number {
    if (source === UNKEPT) return UNKEPT_BUCKET;
    const first = (source % SETS) * WAYS;
    for (let bucket = first; bucket < first + WAYS; bucket++) {
      if (this.#owners[bucket] === source + 1) return bucket;
    }
    return NOWHERE;
  }

  #replaceFullest(source: number, nowMs: number): number {
    const first = (source % SETS) * WAYS;
    let fullest = first;
    let most = -1;
    for (let bucket = first; bucket < first + WAYS; bucket++) {
      const tokens = this.#owners[bucket] === 0 ? Number.POSITIVE_INFINITY : this.#tokensAt(bucket, nowMs);
      if (tokens > most) {
        most = tokens;
        fullest = bucket;
      }
    }
    this.#owners[fullest] = source + 1;
    this.#tokens[fullest] = this.#burst;
    this.#atMs[fullest] = nowMs;
    return fullest;
  }
}

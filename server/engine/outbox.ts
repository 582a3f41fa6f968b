/**
 * What a shard has to tell main and has not sent yet: descriptions, newly met source addresses, transitions.
 * Fixed columns, so that noting a transition allocates nothing; a batch is an exact copy to be transferred.
 */
import type { HostId } from '../../lib/protocol/host.ts';
import type { HostDescription, ShardBatch, TransitionColumns } from './events.ts';

/** Most transitions, and most descriptions, one batch carries. */
export const MAX_BATCH = 4_096;

export class Outbox {
  readonly #shard: number;
  readonly #rows = new Uint32Array(MAX_BATCH);
  readonly #kinds = new Uint8Array(MAX_BATCH);
  readonly #reasons = new Uint8Array(MAX_BATCH);
  readonly #notes = new Uint8Array(MAX_BATCH);
  readonly #atMs = new Float64Array(MAX_BATCH);
  readonly #lastSeenAtMs = new Float64Array(MAX_BATCH);
  readonly #lostBeats = new Uint8Array(MAX_BATCH);
  readonly #expectedBeats = new Uint8Array(MAX_BATCH);
  #length = 0;
  #described: HostDescription[] = [];
  #sources: (readonly [number, string])[] = [];
  #refused: HostId[] = [];

  constructor(shard: number) {
    this.#shard = shard;
  }

  get isEmpty(): boolean {
    return this.#length + this.#described.length + this.#sources.length + this.#refused.length === 0;
  }

  /** How many more transitions and descriptions fit. */
  get room(): number {
    return MAX_BATCH - Math.max(this.#length, this.#described.length);
  }

  source(index: number, address: string): void {
    this.#sources.push([index, address]);
  }

  /** A named host that finds no room. */
  refuse(id: HostId): void {
    this.#refused.push(id);
  }

  describe(description: HostDescription): void {
    if (this.#described.length === MAX_BATCH) throw new Error('the outbox has no room for a description');
    this.#described.push(description);
  }

  /** Lost and expected beats as in TransitionColumns. The caller keeps within `room`. */
  transition(
    row: number,
    kind: number,
    reason: number,
    note: number,
    atMs: number,
    lastSeenAtMs: number,
    lostBeats: number,
    expectedBeats: number,
  ): void {
    const i = this.#length;
    if (i === MAX_BATCH) throw new Error('the outbox has no room for a transition');
    this.#length = i + 1;
    this.#rows[i] = row;
    this.#kinds[i] = kind;
    this.#reasons[i] = reason;
    this.#notes[i] = note;
    this.#atMs[i] = atMs;
    this.#lastSeenAtMs[i] = lastSeenAtMs;
    this.#lostBeats[i] = lostBeats;
    this.#expectedBeats[i] = expectedBeats;
  }

  /** Everything so far, in order, and an empty outbox. */
  take(): ShardBatch {
    const length = this.#length;
    const transitions: TransitionColumns = {
      length,
      rows: this.#rows.slice(0, length),
      kinds: this.#kinds.slice(0, length),
      reasons: this.#reasons.slice(0, length),
      notes: this.#notes.slice(0, length),
      atMs: this.#atMs.slice(0, length),
      lastSeenAtMs: this.#lastSeenAtMs.slice(0, length),
      lostBeats: this.#lostBeats.slice(0, length),
      expectedBeats: this.#expectedBeats.slice(0, length),
    };
    const batch: ShardBatch = {
      shard: this.#shard,
      described: this.#described,
      transitions,
      sources: this.#sources,
      refused: this.#refused,
    };
    this.#length = 0;
    this.#described = [];
    this.#sources = [];
    this.#refused = [];
    return batch;
  }
}

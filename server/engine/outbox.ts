/**
 * What a shard has to tell main and has not sent yet: descriptions, the newest of a host; transitions, a few a host;
 * named hosts that found no room. It never fills up, however long main takes: its size is bounded by the rows. A batch
 * is an exact copy to be transferred. Shard thread.
 */
import type { HostId } from '../../lib/protocol/host.ts';
import type { HostDescription, ShardBatch } from './events.ts';
import { PendingTransitions } from './pending-transitions.ts';

/** Most transitions one batch carries: some tens of ms of main's work, in slices. */
export const MAX_BATCH = 4_096;
/** Most descriptions, and most source addresses: objects, which cost main more to receive. */
export const MAX_DESCRIBED = 2_048;

export class Outbox {
  readonly #shard: number;
  readonly #transitions: PendingTransitions;
  /** By row. */
  readonly #described = new Map<number, HostDescription>();
  /** Of those the rows main has never been told of: what happens to them waits for their descriptions. */
  readonly #unknown = new Set<number>();
  #refused: HostId[] = [];

  /** `rows`: of the shard. */
  constructor(shard: number, rows: number) {
    this.#shard = shard;
    this.#transitions = new PendingTransitions(rows);
  }

  get isEmpty(): boolean {
    return this.#transitions.size + this.#described.size + this.#refused.length === 0;
  }

  /** Is there about a whole batch, once `more` are added? */
  hasBatch(more: number): boolean {
    return this.#transitions.size + more > MAX_BATCH || this.#described.size + more > MAX_DESCRIBED;
  }

  /** Transitions and descriptions that wait. */
  get size(): number {
    return this.#transitions.size + this.#described.size;
  }

  /** Transitions given up for newer ones of the same host, ever. */
  get merged(): number {
    return this.#transitions.merged;
  }

  /** A named host that finds no room. */
  refuse(id: HostId): void {
    this.#refused.push(id);
  }

  /** In place of what was to be said of the host before. `isNew`: main does not know the row yet. */
  describe(description: HostDescription, isNew: boolean): void {
    this.#described.set(description.row, description);
    if (isNew) this.#unknown.add(description.row);
  }

  /** Lost and expected beats as in TransitionColumns. */
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
    this.#transitions.add(row, kind, reason, note, atMs, lastSeenAtMs, lostBeats, expectedBeats);
  }

  /** Main, which had the host removed, does not listen to anything of it any longer. */
  forget(row: number): void {
    this.#described.delete(row);
    this.#unknown.delete(row);
    this.#transitions.forget(row);
  }

  /**
   * The oldest of each, as much as a batch holds; of transitions none whose host's first description comes later.
   * `sources`: new addresses; `more`: there are further ones, which transitions wait for.
   */
  take(sources: ShardBatch['sources'] = [], more = false): ShardBatch {
    const described: HostDescription[] = [];
    for (const [row, description] of this.#described) {
      if (described.length === MAX_DESCRIBED) break;
      described.push(description);
      this.#described.delete(row);
      this.#unknown.delete(row);
    }
    const mustWait = this.#unknown.size === 0 ? null : (row: number) => this.#unknown.has(row);
    const transitions = this.#transitions.take(more ? 0 : MAX_BATCH, mustWait);
    const refused = this.#refused;
    this.#refused = [];
    return { shard: this.#shard, described, transitions, sources, refused };
  }
}

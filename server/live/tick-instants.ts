/**
 * When each tick happened, and the changes in it. Its oldest change: exact for the last ticks, for older ones the
 * instant of a tick at most 1,024 ticks before. All of its changes: for as many of the last ticks as there is room.
 * Pure; 24 bytes a tick for 16,384 ticks, 12 an entry for 65,536 entries, 8 for every further 1,024 ticks.
 */
import type { ChangedTick } from '#lib/protocol/api.ts';
import { mergeInstants } from './merge-instants.ts';

const EXACT_TICKS = 16_384;
const COARSE_EVERY = 1_024;
const MAX_ENTRIES = 65_536;
/** Of one answer; the tick that exceeds it is still whole. */
const MAX_ENTRIES_GIVEN = 16_384;
/** Of one tick. */
export const MAX_ENTRIES_PER_TICK = 64;

export type Tick = {
  readonly seq: number;
  /** Of whatever changed in it, alerts too. */
  readonly oldestAtMs: number;
  readonly publishedAtMs: number;
  /** Of the changes of hosts, one a host, in any order. */
  readonly changedAtMs: ArrayLike<number> & Iterable<number>;
};

/** More digits than that are not in them, and would only be read and sent. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

export class TickInstants {
  #oldest = new Float64Array(EXACT_TICKS);
  #published = new Float64Array(EXACT_TICKS);
  /** How many entries had been written when the tick's were, in a ring of ticks. */
  #endOfEntries = new Float64Array(EXACT_TICKS);
  /** Entries of all ticks, in a ring of their own. */
  #entryAtMs = new Float64Array(MAX_ENTRIES);
  #entryCount = new Uint32Array(MAX_ENTRIES);
  #entries = 0;
  #firstSeq = 1;
  #coarse: number[] = [0];
  #lastSeq = 0;

  /** The first tick whose changes are known, one past the last tick when there is none yet. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /** Ticks come in order, from 1. O(its changes). */
  record({ seq, oldestAtMs, publishedAtMs, changedAtMs }: Tick): void {
    const i = seq % EXACT_TICKS;
    this.#oldest[i] = oldestAtMs;
    this.#published[i] = publishedAtMs;
    if (seq === 1) this.#coarse[0] = oldestAtMs;
    if (seq % COARSE_EVERY === 0) this.#coarse.push(oldestAtMs);
    for (const [atMs, count] of mergeInstants(changedAtMs, MAX_ENTRIES_PER_TICK)) {
      this.#entryAtMs[this.#entries % MAX_ENTRIES] = atMs;
      this.#entryCount[this.#entries % MAX_ENTRIES] = count;
      this.#entries++;
    }
    this.#endOfEntries[i] = this.#entries;
    this.#lastSeq = seq;
    this.#forget();
  }

  /** Instant (ms) of the oldest change in tick `seq`, 1 ≤ seq ≤ the last one recorded. */
  at(seq: number): number {
    return seq > this.#lastSeq - EXACT_TICKS
      ? this.#oldest[seq % EXACT_TICKS]!
      : this.#coarse[Math.floor(seq / COARSE_EVERY)]!;
  }

  /** Ticks after `seq` that are still known, oldest first, whole, at most `limit`, fewer of large ones. */
  after(seq: number, limit: number): ChangedTick[] {
    const ticks: ChangedTick[] = [];
    let given = 0;
    for (let s = Math.max(seq + 1, this.#firstSeq); s <= this.#lastSeq && ticks.length < limit; s++) {
      if (given >= MAX_ENTRIES_GIVEN) break;
      const entries: [number, number][] = [];
      const end = this.#endOfEntries[s % EXACT_TICKS]!;
      for (let entry = this.#startOfEntries(s); entry < end; entry++) {
        const i = entry % MAX_ENTRIES;
        entries.push([toMicroseconds(this.#entryAtMs[i]!), this.#entryCount[i]!]);
      }
      given += entries.length;
      ticks.push([s, toMicroseconds(this.#published[s % EXACT_TICKS]!), entries]);
    }
    return ticks;
  }

  #startOfEntries(seq: number): number {
    return seq === 1 ? 0 : this.#endOfEntries[(seq - 1) % EXACT_TICKS]!;
  }

  /** Ticks of which entries, or the end of the entries before them, have been written over. */
  #forget(): void {
    this.#firstSeq = Math.max(this.#firstSeq, this.#lastSeq - EXACT_TICKS + 2);
    while (this.#startOfEntries(this.#firstSeq) < this.#entries - MAX_ENTRIES) this.#firstSeq++;
  }
}

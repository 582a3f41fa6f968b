/**
 * What hosts that speak with a tag have said last, kept over restarts: read from the engine's columns and saved every
 * minute and at a clean stop, page by page; given back at the next start. Who crashes forgets a minute at most. Main
 * thread; owns one timer. Cost: a page is 4,096 rows in one turn, about 0.2 ms, and the next waits for the disk, so
 * that a million hosts are one page of memory at a time.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SavedRuns, type TaggedRuns } from '../engine/index.ts';
import type { Store } from '../store/store.ts';

const EVERY_MS = 60_000;
const PAGE_ROWS = 4_096;
/** More than a shard can have. */
const PAGES_A_SHARD = 8_192;
/** A row is written a little after the instant it carries. */
const OVERLAP_MS = 1_000;

export type ReplayWindowsOptions = {
  /** One a shard, once the engine has been restored. */
  readonly runs: () => readonly TaggedRuns[];
  /** false: some of what was known before does not stand in the columns yet, and may never. */
  readonly isRestored: () => boolean;
  readonly store: Pick<Store, 'saveReplayWindows' | 'keepReplayWindowsOf'>;
  /** Of this run of the server. */
  readonly epoch: string;
  /** The engine's clock. */
  readonly clock: () => number;
  readonly everyMs?: number;
};

export class ReplayWindows {
  readonly #o: ReplayWindowsOptions;
  readonly #timer: NodeJS.Timeout;
  /** By page: everything heard before then is saved. */
  readonly #savedUpToMs = new Map<number, number>();
  /** Pages that hold something on disk. */
  readonly #filled = new Set<number>();
  #isWhole = false;
  /** Under way; one at a time. */
  #round: Promise<void> | null = null;

  constructor(options: ReplayWindowsOptions) {
    this.#o = options;
    this.#timer = setInterval(() => void this.save(), options.everyMs ?? EVERY_MS);
    this.#timer.unref();
  }

  /**
   * Saves what is new since it was saved last. Never rejects: what the disk does not take now is new again the next
   * time, and health says by itself that the disk takes nothing.
   */
  save(): Promise<void> {
    this.#round ??= this.#saveAll().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  /** No further rounds; one more, of what the engine said last, for a clean stop. After the engine has stopped. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await this.#round;
    await this.save();
  }

  async #saveAll(): Promise<void> {
    // As of now: what is placed while pages are packed may be missing in those packed before.
    const isRestored = this.#o.isRestored();
    let complete = isRestored;
    for (const [shard, runs] of this.#o.runs().entries()) {
      for (let from = 0; from < runs.rows; from += PAGE_ROWS) {
        const page = shard * PAGES_A_SHARD + from / PAGE_ROWS;
        complete = (await this.#savePage(page, runs, from, isRestored)) && complete;
      }
    }
    if (this.#isWhole || !complete) return;
    // Until now an earlier run's pages spoke for whoever was not saved yet.
    await this.#o.store.keepReplayWindowsOf(this.#o.epoch).then(
      () => {
        this.#isWhole = true;
      },
      () => {},
    );
  }

  /** false: it could not be saved. */
  async #savePage(page: number, runs: TaggedRuns, from: number, isRestored: boolean): Promise<boolean> {
    const sinceMs = this.#savedUpToMs.get(page) ?? Number.NEGATIVE_INFINITY;
    const nowMs = this.#o.clock();
    const windows = runs.pack(from, Math.min(runs.rows, from + PAGE_ROWS), sinceMs);
    if (windows === null || (windows.length === 0 && !this.#filled.has(page))) {
      await nextTurn();
      return true;
    }
    try {
      await this.#o.store.saveReplayWindows(this.#o.epoch, page, windows);
    } catch {
      return false;
    }
    // Whoever is placed later was last seen before.
    if (isRestored) this.#savedUpToMs.set(page, nowMs - OVERLAP_MS);
    this.#filled.add(page);
    return true;
  }
}

/** All that was saved, for the hosts that are restored. */
export async function readReplayWindows(store: Pick<Store, 'replayWindows'>): Promise<SavedRuns> {
  const saved = new SavedRuns();
  for await (const page of store.replayWindows()) saved.add(page);
  return saved;
}

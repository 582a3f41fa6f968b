/**
 * Names, labels and reasons of the slots that pages look at: read in batches from `GET /api/hosts?slots=`, kept
 * while somebody looks, read again when the live frames say that a slot's description may have changed.
 */
import type { HostPage } from '#lib/protocol/api.ts';
import type { Host } from '#lib/protocol/host.ts';

/** As the API takes them in one call. */
export const MAX_SLOTS_PER_CALL = 500;
/** Wishes of one render go out together after this. */
export const GATHER_MS = 20;
/** Under churn a page reads again at most this often. */
export const REREAD_EVERY_MS = 250;
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** Descriptions nobody looks at are kept up to this many in all, for scrolling back. */
const MAX_KEPT = 5_000;

export type Descriptions = {
  /** What is known of a slot now, perhaps a moment old; undefined while it is not known. */
  get(slot: number): Host | undefined;
  /** Looks at these slots until the returned function is called; `listener` is told when anything was read. */
  watch(slots: readonly number[], listener: () => void): () => void;
  /** Grows with every answer; a snapshot for useSyncExternalStore. */
  readonly version: number;
};

export type ReadSlots = (slots: readonly number[], signal: AbortSignal) => Promise<HostPage>;

export class DescriptionCache implements Descriptions {
  readonly #read: ReadSlots;
  readonly #known = new Map<number, Host>();
  /** Known, and perhaps no longer right. */
  readonly #outdated = new Set<number>();
  readonly #watchers = new Map<number, number>();
  readonly #listeners = new Set<() => void>();
  readonly #wanted = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #reading: AbortController | null = null;
  #retryMs = RETRY_MS;
  #version = 0;
  #running = false;

  constructor(read: ReadSlots) {
    this.#read = read;
  }

  get version(): number {
    return this.#version;
  }

  get(slot: number): Host | undefined {
    return this.#known.get(slot);
  }

  watch(slots: readonly number[], listener: () => void): () => void {
    // A wrapper of its own, so that the same function may watch twice.
    const told = (): void => listener();
    this.#listeners.add(told);
    for (const slot of slots) {
      this.#watchers.set(slot, (this.#watchers.get(slot) ?? 0) + 1);
      if (!this.#known.has(slot) || this.#outdated.has(slot)) this.#wanted.add(slot);
    }
    this.#schedule(GATHER_MS);
    return () => {
      if (!this.#listeners.delete(told)) return;
      for (const slot of slots) {
        const left = this.#watchers.get(slot)! - 1;
        if (left > 0) {
          this.#watchers.set(slot, left);
        } else {
          this.#watchers.delete(slot);
          this.#wanted.delete(slot);
        }
      }
      this.#forgetSome();
    };
  }

  /** These slots (null = all) changed or were named again: what is known of them may be wrong. O(slots). */
  outdated(slots: readonly number[] | null): void {
    for (const slot of slots ?? this.#known.keys()) if (this.#known.has(slot)) this.#outdated.add(slot);
    for (const slot of slots ?? this.#watchers.keys()) if (this.#watchers.has(slot)) this.#wanted.add(slot);
    this.#schedule(REREAD_EVERY_MS);
  }

  /** Another epoch: the slots are other hosts now. */
  forget(): void {
    this.#reading?.abort();
    this.#known.clear();
    this.#outdated.clear();
    for (const slot of this.#watchers.keys()) this.#wanted.add(slot);
    this.#tell();
    this.#schedule(GATHER_MS);
  }

  start(): void {
    this.#running = true;
    this.#schedule(GATHER_MS);
  }

  stop(): void {
    this.#running = false;
    this.#reading?.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #schedule(delayMs: number): void {
    if (!this.#running || this.#timer !== null || this.#reading !== null || this.#wanted.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#readWanted();
    }, delayMs);
  }

  async #readWanted(): Promise<void> {
    const slots = [...this.#wanted].slice(0, MAX_SLOTS_PER_CALL);
    for (const slot of slots) {
      this.#wanted.delete(slot);
      // Marked again by a change that comes while this is read.
      this.#outdated.delete(slot);
    }
    const reading = new AbortController();
    this.#reading = reading;
    let delayMs = REREAD_EVERY_MS;
    try {
      const page = await this.#read(slots, reading.signal);
      if (reading.signal.aborted) throw reading.signal.reason;
      this.#take(slots, page.hosts);
      this.#retryMs = RETRY_MS;
      if (this.#wanted.size >= MAX_SLOTS_PER_CALL) delayMs = GATHER_MS;
    } catch {
      for (const slot of slots) {
        if (this.#known.has(slot)) this.#outdated.add(slot);
        if (this.#watchers.has(slot)) this.#wanted.add(slot);
      }
      if (reading.signal.aborted) {
        delayMs = GATHER_MS;
      } else {
        delayMs = this.#retryMs;
        this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
      }
    }
    this.#reading = null;
    this.#schedule(delayMs);
  }

  #take(asked: readonly number[], hosts: readonly Host[]): void {
    const answered = new Map(hosts.map((host) => [host.slot, host]));
    for (const slot of asked) {
      const host = answered.get(slot);
      this.#known.delete(slot);
      if (host !== undefined) this.#known.set(slot, host);
    }
    this.#forgetSome();
    this.#tell();
  }

  #forgetSome(): void {
    for (const slot of this.#known.keys()) {
      if (this.#known.size <= MAX_KEPT) return;
      if (this.#watchers.has(slot)) continue;
      this.#known.delete(slot);
      this.#outdated.delete(slot);
    }
  }

  #tell(): void {
    this.#version++;
    for (const listener of [...this.#listeners]) listener();
  }
}

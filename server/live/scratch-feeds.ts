/**
 * The scratch feeds there are: made by anyone who compares transports, few at a time, gone soon after nobody looks.
 * Knows no transport and no HTTP. Main thread; one timer for all.
 */
import { randomBytes } from 'node:crypto';
import { ScratchFeed, type ScratchFeedOptions } from './scratch-feed.ts';

export const MAX_SCRATCH_FEEDS = 8;
export const MAX_SCRATCH_HOSTS = 10_000;
export const MAX_SCRATCH_CHANGES_PER_SECOND = 1_000;
/** So long a feed outlives its last viewer, or its making when nobody came. */
export const SCRATCH_KEPT_MS = 30_000;

const SWEEP_EVERY_MS = 1_000;

export class ScratchFeeds {
  readonly #options: ScratchFeedOptions;
  readonly #feeds = new Map<string, ScratchFeed>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(options: ScratchFeedOptions) {
    this.#options = options;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_EVERY_MS);
    this.#sweeper.unref();
  }

  get size(): number {
    return this.#feeds.size;
  }

  /** A feed whose hosts are all up, or null when there are as many as there may be. Within the limits above. */
  create(hosts: number, changesPerSecond: number): ScratchFeed | null {
    this.#sweep();
    if (this.#feeds.size >= MAX_SCRATCH_FEEDS) return null;
    const feed = new ScratchFeed(randomBytes(8).toString('hex'), hosts, changesPerSecond, this.#options);
    this.#feeds.set(feed.id, feed);
    return feed;
  }

  /** null: there is none of that name, or no more. */
  get(id: string): ScratchFeed | null {
    const feed = this.#feeds.get(id);
    if (feed === undefined || this.#removeUnwatched(feed)) return null;
    return feed;
  }

  /** Ends the feed and its viewers; false: there is none of that name. */
  remove(id: string): boolean {
    const feed = this.get(id);
    if (feed === null) return false;
    this.#remove(feed);
    return true;
  }

  /** Ends all feeds. */
  stop(): void {
    clearInterval(this.#sweeper);
    for (const feed of this.#feeds.values()) this.#remove(feed);
  }

  #sweep(): void {
    for (const feed of this.#feeds.values()) this.#removeUnwatched(feed);
  }

  #removeUnwatched(feed: ScratchFeed): boolean {
    if (feed.unwatchedMs() < SCRATCH_KEPT_MS) return false;
    this.#remove(feed);
    return true;
  }

  #remove(feed: ScratchFeed): void {
    this.#feeds.delete(feed.id);
    feed.stop();
  }
}

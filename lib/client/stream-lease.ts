/**
 * How many streaming requests this browser holds to one server: over HTTP/1.1 it allows 6 connections an origin
 * for all tabs together, so a seventh stream, and every page with it, would wait for ever. Shared by Web Locks.
 */
import { MAX_STREAMS } from './ladder.ts';

const lockName = (place: number): string => `pw.stream.${place}`;

/** What is asked of the browser's LockManager. */
export type Locks = Pick<LockManager, 'request'>;

/** Give it back; only the first call counts. */
export type Release = () => void;

/**
 * The locks to share, or null where none are needed (the page came over HTTP/2 or 3, which streams over one
 * connection) or to be had (an insecure origin). Without locks a fifth stream is not hindered; what then hangs is
 * left to the ladder, which gives a transport 3 s for its first frame.
 */
export function locksOfPage(): Locks | null {
  const [page] = performance.getEntriesByType('navigation') as (PerformanceEntry & {
    readonly nextHopProtocol?: string;
  })[];
  if (page?.nextHopProtocol === 'h2' || page?.nextHopProtocol === 'h3') return null;
  return globalThis.navigator?.locks ?? null;
}

/** One place among MAX_STREAMS, or null when all are taken. Held until its release. */
async function takePlace(locks: Locks): Promise<Release | null> {
  for (let place = 0; place < MAX_STREAMS; place++) {
    const release = await new Promise<Release | null>((answer, fail) => {
      const held = (lock: Lock | null): Promise<void> | undefined => {
        if (lock === null) return void answer(null);
        return new Promise((end) => answer(() => end()));
      };
      locks.request(lockName(place), { ifAvailable: true }, held).catch(fail);
    });
    if (release !== null) return release;
  }
  return null;
}

/** At most one place, shared by every stream that is open through it. */
export class StreamLease {
  readonly #locks: Locks | null;
  #streams = 0;
  #taking: Promise<Release | null> | null = null;

  constructor(locks: Locks | null = locksOfPage()) {
    this.#locks = locks;
  }

  /** For one stream; null when other tabs hold every place. A browser that forbids locks is no hindrance. */
  async take(): Promise<Release | null> {
    if (this.#locks === null) return () => {};
    this.#streams++;
    this.#taking ??= takePlace(this.#locks).catch(() => () => {});
    const place = await this.#taking;
    let given = false;
    const release = (): void => {
      if (given) return;
      given = true;
      this.#streams--;
      if (this.#streams > 0) return;
      this.#taking = null;
      place?.();
    };
    if (place !== null) return release;
    release();
    return null;
  }
}

/**
 * All viewers of one live log on any transport: who is told of a tick and when, beats. Places are shared with the
 * viewers of other logs. Knows no transport. Main thread; one timer for all; a round over many viewers is cut
 * into slices.
 */

import type { Clock } from '../clock.ts';
import type { LiveLog } from './live-log.ts';
import { SlicedRound } from './sliced-round.ts';
import { Viewer, type ViewerOptions } from './viewer.ts';
import type { Place, ViewerPlaces } from './viewer-places.ts';

/** When a refused viewer may try again. */
export const RETRY_AFTER_MS = 5_000;
export const NO_PLACE =
  'all viewers this server accepts, in all or from one address, are connected: try again';

const SWEEP_EVERY_MS = 500;

export type ViewersOptions = {
  readonly log: LiveLog;
  readonly clock: Clock;
  readonly places: ViewerPlaces;
};

export class Viewers {
  readonly log: LiveLog;
  readonly clock: Clock;
  readonly #places: ViewerPlaces;
  readonly #viewers = new Set<Viewer>();
  /** A tick during a round: the served ones get another diff, the others both ticks as one. */
  readonly #updates: SlicedRound<Viewer>;
  readonly #sweeps: SlicedRound<Viewer>;
  readonly #unsubscribe: () => void;
  readonly #sweeper: NodeJS.Timeout;
  #stopped = false;

  constructor(options: ViewersOptions) {
    this.log = options.log;
    this.clock = options.clock;
    this.#places = options.places;
    this.#updates = new SlicedRound(this.#viewers, (viewer, nowMs) => viewer.update(nowMs), options.clock);
    this.#sweeps = new SlicedRound(this.#viewers, (viewer, nowMs) => viewer.tick(nowMs), options.clock);
    this.#unsubscribe = options.log.subscribe(() => this.#updates.start());
    this.#sweeper = setInterval(() => this.#sweeps.start(), SWEEP_EVERY_MS);
    this.#sweeper.unref();
  }

  /** Viewers now connected or held. */
  get size(): number {
    return this.#viewers.size;
  }

  /** A place for a viewer from this address, or null when there is none left, in all or for the address. */
  take(address: string): Place | null {
    return this.#places.take(address);
  }

  /**
   * Registers a viewer and sends it what it has not got; from now on it is told of every tick. After the stop it is
   * closed at once.
   */
  add(options: Pick<ViewerOptions, 'link' | 'position' | 'acknowledges' | 'beats'>): Viewer {
    const nowMs = this.clock();
    const viewer = new Viewer({ ...options, log: this.log, nowMs });
    if (this.#stopped) {
      viewer.close('shutdown');
      return viewer;
    }
    // Registered before it is served: no tick can fall between.
    this.#viewers.add(viewer);
    viewer.update(nowMs);
    return viewer;
  }

  /** The viewer's connection is gone. */
  remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
  }

  /** Closes all viewers; none is served any more. */
  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    clearInterval(this.#sweeper);
    this.#updates.stop();
    this.#sweeps.stop();
    for (const viewer of [...this.#viewers]) viewer.close('shutdown');
    this.#viewers.clear();
  }
}

/**
 * Whether this page can measure at all at the moment: it is visible, awake, and knows the server's clock. Owns
 * the clock's sampler and the listeners for the page's visibility and network.
 */
import { ClockSampler } from '../clock-sampler.ts';
import { WakeWatch } from '../wake-watch.ts';
import type { ClockReading, SampleBar } from './comparison-state.ts';

export type PageAttentionOptions = {
  /** Origin with scheme; '' = the page's own. */
  readonly origin: string;
  /** The page's clock, ms, monotonic. */
  readonly now: () => number;
  /** The page's wall clock, ms: it goes on while the page sleeps. */
  readonly wall: () => number;
  /** Visible or online again. */
  readonly onWake: () => void;
  /** Nothing measured and not booked yet counts any more. */
  readonly onBarred: () => void;
};

export class PageAttention {
  readonly #options: PageAttentionOptions;
  readonly #sleep: WakeWatch;
  readonly #clock: ClockSampler;
  readonly #page = typeof document === 'undefined' ? null : document;
  readonly #browser = typeof window === 'undefined' ? null : window;
  #woken = false;
  #sleeps = 0;
  #countFromMs = 0;

  constructor(options: PageAttentionOptions) {
    this.#options = options;
    const { origin, now, wall } = options;
    this.#sleep = new WakeWatch({ now, wall, onWake: () => this.#slept() });
    this.#clock = new ClockSampler({ origin, now, awake: () => this.look() });
  }

  /** Only changes after this instant count, ms on the page's clock: the start, the last wake, the last reset. */
  get countFromMs(): number {
    return this.#countFromMs;
  }

  get visible(): boolean {
    return this.#page === null || this.#page.visibilityState === 'visible';
  }

  start(): void {
    this.#woken = false;
    this.#sleep.start();
    this.countFromNow();
    this.#page?.addEventListener('visibilitychange', this.#onVisibility);
    this.#browser?.addEventListener('online', this.#options.onWake);
    if (this.visible) this.#clock.start();
  }

  stop(): void {
    this.#page?.removeEventListener('visibilitychange', this.#onVisibility);
    this.#browser?.removeEventListener('online', this.#options.onWake);
    this.#sleep.stop();
    this.#clock.stop();
  }

  countFromNow(): void {
    this.#countFromMs = this.#options.now();
  }

  /** False: the page slept since the last look, and all that was known of the clock is forgotten. */
  look(): boolean {
    const before = this.#sleeps;
    this.#sleep.look();
    return this.#sleeps === before;
  }

  /** As it is used now; null while it is not known. */
  reading(): ClockReading | null {
    return this.#clock.reading();
  }

  /** Why nothing may be measured; null: it may. */
  bar(): SampleBar | null {
    if (!this.visible) return 'hidden';
    if (this.reading() !== null) {
      this.#woken = false;
      return null;
    }
    return this.#woken ? 'woken' : 'clock';
  }

  readonly #onVisibility = (): void => {
    if (!this.visible) {
      this.#clock.stop();
      this.#options.onBarred();
      return;
    }
    this.#wake();
    this.#options.onWake();
  };

  #slept(): void {
    this.#sleeps++;
    // A hidden page's timers are held back, and nothing is measured there anyway.
    if (this.visible) this.#wake();
  }

  #wake(): void {
    this.#woken = true;
    this.countFromNow();
    this.#clock.start();
    this.#options.onBarred();
  }
}

/**
 * Reads the open alerts from the API after frames that named only some of the changed ones (`more`), once the
 * rush is over: without it an episode closed in the rush would stay open in the view.
 */
import type { AlertPage } from '#lib/protocol/api.ts';
import { MAX_ALERTS_PER_FRAME } from '#lib/protocol/frames.ts';

const QUIET_MS = 500;
const RETRY_MS = 5_000;

export type ReadOpenAlerts = (limit: number, signal: AbortSignal) => Promise<AlertPage>;

export class AlertCatchUp {
  readonly #read: ReadOpenAlerts;
  readonly #take: (page: AlertPage) => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #reading: AbortController | null = null;

  constructor(read: ReadOpenAlerts, take: (page: AlertPage) => void) {
    this.#read = read;
    this.#take = take;
  }

  /** Some were not named; each call puts the reading off until there is none for half a second. */
  request(delayMs: number = QUIET_MS): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#run();
    }, delayMs);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#reading?.abort();
    this.#reading = null;
  }

  async #run(): Promise<void> {
    const reading = new AbortController();
    this.#reading = reading;
    try {
      const page = await this.#read(MAX_ALERTS_PER_FRAME, reading.signal);
      if (!reading.signal.aborted) this.#take(page);
    } catch {
      if (!reading.signal.aborted) this.request(RETRY_MS);
    }
  }
}

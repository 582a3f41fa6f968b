/**
 * When what is being judged happens; one for a shard and its judge. The instant begins as no number: what holds
 * numbers alone would be read by making a new one, and every function it is handed to is called for each beat.
 */
export class Moment {
  #nowMs: number | null = null;
  /** How far the time of day is ahead of our clock. */
  wallAheadMs = 0;

  get nowMs(): number {
    return this.#nowMs as number;
  }

  set nowMs(nowMs: number) {
    this.#nowMs = nowMs;
  }
}

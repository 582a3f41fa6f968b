/**
 * When each tick's oldest change happened: exact for the last ticks, for older ones the instant of a tick at
 * most 1,024 ticks before. Pure; 8 bytes a tick for 16,384 ticks and 8 bytes for every further 1,024.
 */
const EXACT_TICKS = 16_384;
const COARSE_EVERY = 1_024;

export class TickInstants {
  #exact = new Float64Array(EXACT_TICKS);
  #coarse: number[] = [0];
  #lastSeq = 0;

  /** Ticks come in order, from 1. */
  record(seq: number, atMs: number): void {
    this.#exact[seq % EXACT_TICKS] = atMs;
    if (seq === 1) this.#coarse[0] = atMs;
    if (seq % COARSE_EVERY === 0) this.#coarse.push(atMs);
    this.#lastSeq = seq;
  }

  /** Instant (ms) of the oldest change in tick `seq`, 1 ≤ seq ≤ the last one recorded. */
  at(seq: number): number {
    return seq > this.#lastSeq - EXACT_TICKS
      ? this.#exact[seq % EXACT_TICKS]!
      : this.#coarse[Math.floor(seq / COARSE_EVERY)]!;
  }
}

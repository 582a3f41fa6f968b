/**
 * How large a share of the datagrams is dropped before it is judged, and how high that raises the bar. Drops do
 * not blind: a host that lives gets through now and then, so more misses are asked for. Pure; owned by a shard.
 * Source: SEMANTICS 2.3. Cost: a few additions a tick.
 */

/** Of so many misses in a row by chance there is one in 100 million. */
const CERTAINTY = 18.4;

/** Above this share nothing can be told from silence: observed time stands still. */
export const MAX_DROP_SHARE = 0.9;

export const DROP_WINDOW_MS = 10_000;
/** An outbreak is a small part of ten seconds at first: the newest second is looked at by itself too. */
const SHORT_WINDOW_MS = 1_000;
const STEP_MS = 250;
const STEPS = DROP_WINDOW_MS / STEP_MS + 1;

/** Missed intervals that make a host down while `share` of the datagrams is dropped; never below `misses`. */
export function missesAt(share: number, misses: number): number {
  if (!(share > 0)) return misses;
  const raised = Math.ceil(CERTAINTY / -Math.log(Math.min(share, MAX_DROP_SHARE)));
  return Math.max(misses, raised);
}

export class DropShare {
  readonly #atMs = new Float64Array(STEPS).fill(Number.NEGATIVE_INFINITY);
  readonly #dropsAt = new Float64Array(STEPS);
  readonly #readAt = new Float64Array(STEPS);
  #newest = 0;
  #drops = 0;
  #read = 0;
  /** Dropped while nobody listened: that is what blind time is for. */
  #excused = 0;

  /** Totals so far, of datagrams dropped and of datagrams read; `blind`: nobody listened since the call before. */
  note(drops: number, read: number, blind: boolean, nowMs: number): void {
    if (blind) this.#excused += Math.max(0, drops - this.#excused - this.#drops);
    this.#drops = drops - this.#excused;
    this.#read = read;
    if (nowMs - this.#atMs[this.#newest]! < STEP_MS) return;
    this.#newest = (this.#newest + 1) % STEPS;
    this.#atMs[this.#newest] = nowMs;
    this.#dropsAt[this.#newest] = this.#drops;
    this.#readAt[this.#newest] = this.#read;
  }

  /** Share of those dropped, over ten seconds or over the newest one, whichever is more; 0 to 1. */
  share(nowMs: number): number {
    return Math.max(this.#since(nowMs - DROP_WINDOW_MS), this.#since(nowMs - SHORT_WINDOW_MS));
  }

  #since(fromMs: number): number {
    // The newest step that is as old, else the oldest there is; before the first, all counts.
    let drops = 0;
    let read = 0;
    for (let back = 0; back < STEPS; back++) {
      const i = (this.#newest - back + STEPS) % STEPS;
      if (this.#atMs[i] === Number.NEGATIVE_INFINITY) break;
      drops = this.#dropsAt[i]!;
      read = this.#readAt[i]!;
      if (this.#atMs[i]! <= fromMs) break;
    }
    const dropped = this.#drops - drops;
    const all = dropped + this.#read - read;
    return dropped > 0 ? dropped / all : 0;
  }
}

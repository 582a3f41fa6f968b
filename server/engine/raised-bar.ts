/**
 * How long a raised bar stays up. A host whose interval is long may have missed many beats by chance before drops
 * ended and is heard again only an interval later; it can have missed k beats only where the drops lasted for k - 1 of
 * its intervals. So what was asked for in the newest part of an episode, its length / (k - 1), still holds. Pure.
 */
import type { DetectorPolicies } from './detector/policies.ts';
import type { TimeoutPolicy } from './timeout-class.ts';

/** The fewest missed intervals that make a host down, whichever policy it has. */
export function leastMisses({ misses }: TimeoutPolicy, policies: DetectorPolicies): number {
  return Math.min(
    misses,
    ...policies.map(({ detector }) => (detector.kind === 'fixed' ? detector.misses : misses)),
  );
}

/** An episode is no longer than this: the longest interval there is ends well within. */
const LONGEST_MS = 3_600_000;

export class RaisedBar {
  readonly #misses: number;
  readonly #parts: number;
  /** What was asked for and when, the oldest and highest first; each is more than all after it. */
  readonly #asked: { readonly misses: number; atMs: number }[] = [];
  #sinceMs = Number.NaN;
  #untilMs = Number.NaN;

  /** `misses`: what is asked for without drops. `least`: the fewest misses that make any host down then. */
  constructor(misses: number, least: number) {
    this.#misses = misses;
    this.#parts = Math.max(1, least - 1);
  }

  /** What the drops ask for now; gives what holds now, never less. Instants never step back. */
  hold(wanted: number, nowMs: number): number {
    if (wanted > this.#misses) {
      if (this.#asked.length === 0) this.#sinceMs = nowMs;
      this.#sinceMs = Math.max(this.#sinceMs, nowMs - LONGEST_MS);
      this.#untilMs = nowMs;
      while (this.#asked.length > 0 && this.#asked.at(-1)!.misses <= wanted) this.#asked.pop();
      this.#asked.push({ misses: wanted, atMs: nowMs });
    }
    const spanMs = (this.#untilMs - this.#sinceMs) / this.#parts;
    while (this.#asked.length > 0 && nowMs - this.#asked[0]!.atMs > spanMs) this.#asked.shift();
    return this.#asked[0]?.misses ?? Math.max(wanted, this.#misses);
  }
}

/**
 * The last episode number of every host that had one, also when the episode is no longer kept. Pure; O(1) a call,
 * taken together.
 */
import type { HostId } from '#lib/protocol/host.ts';

/** So much of the limit may be kept beyond it, until all of that is forgotten at once. */
const SLACK_SHARE = 64;

export class EpisodeNumbers {
  readonly #limit: number;
  /** In the order of use, so that the first is the one to forget. */
  readonly #last = new Map<HostId, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  next(hostId: HostId): number {
    const number = (this.#last.get(hostId) ?? 0) + 1;
    this.remember(hostId, number);
    return number;
  }

  remember(hostId: HostId, number: number): void {
    this.#last.delete(hostId);
    this.#last.set(hostId, number);
    // Not at each call: looking for the oldest passes by every place that was left, seconds in a mass outage.
    if (this.#last.size <= this.#limit + Math.floor(this.#limit / SLACK_SHARE)) return;
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= this.#limit) return;
      this.#last.delete(oldest);
    }
  }
}

/** The last episode number of every host that had one, also when the episode is no longer kept. Pure; O(1) a call. */
import type { HostId } from '#lib/protocol/host.ts';

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
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= this.#limit) return;
      this.#last.delete(oldest);
    }
  }
}

import type { HostCounts } from '#lib/protocol/host.ts';
import { hostCountsOf } from '#lib/protocol/host-counts.ts';

/**
 * How many slots carry each state byte, so that the fleet's counts never need a walk over all hosts.
 * Pure. O(1) a change, O(256) a reading.
 */
export class StateCounts {
  #slotsByByte = new Uint32Array(256);

  replace(before: number, after: number): void {
    this.#slotsByByte[before]!--;
    this.#slotsByByte[after]!++;
  }

  /** Slots that come into being carry byte 0 until something is published for them. */
  addEmpty(slots: number): void {
    this.#slotsByByte[0]! += slots;
  }

  read(): HostCounts {
    return hostCountsOf(this.#slotsByByte);
  }
}

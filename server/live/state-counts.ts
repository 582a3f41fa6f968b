import { ACKNOWLEDGED, type HostCounts, HostState, MAINTENANCE, STATE_MASK } from '#lib/protocol/host.ts';

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
    const byState = new Float64Array(16);
    let acknowledged = 0;
    let maintenance = 0;
    for (let byte = 1; byte < 256; byte++) {
      const slots = this.#slotsByByte[byte]!;
      const state = byte & STATE_MASK;
      byState[state]! += slots;
      if (state !== HostState.down) continue;
      if (byte & MAINTENANCE) maintenance += slots;
      else if (byte & ACKNOWLEDGED) acknowledged += slots;
    }
    const [, pending, up, late, down, left] = byState as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return {
      total: pending + up + late + down + left,
      pending,
      up,
      late,
      down,
      left,
      acknowledged,
      maintenance,
    };
  }
}

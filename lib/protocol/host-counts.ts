import { ACKNOWLEDGED, type HostCounts, HostState, MAINTENANCE, STATE_MASK } from './host.ts';

/** Down, not acknowledged and not in maintenance. */
export function unhandledOf(counts: HostCounts): number {
  return counts.down - counts.acknowledged - counts.maintenance;
}

/** The fleet's counts from how many hosts carry each state byte (index = byte). Unknown states count nowhere. O(256). */
export function hostCountsOf(hostsByByte: ArrayLike<number>): HostCounts {
  const byState = new Array<number>(16).fill(0);
  let acknowledged = 0;
  let maintenance = 0;
  for (let byte = 1; byte < hostsByByte.length; byte++) {
    const hosts = hostsByByte[byte]!;
    const state = byte & STATE_MASK;
    byState[state]! += hosts;
    if (state !== HostState.down) continue;
    if (byte & MAINTENANCE) maintenance += hosts;
    else if (byte & ACKNOWLEDGED) acknowledged += hosts;
  }
  const [, pending = 0, up = 0, late = 0, down = 0, left = 0] = byState;
  const total = pending + up + late + down + left;
  return { total, pending, up, late, down, left, acknowledged, maintenance };
}

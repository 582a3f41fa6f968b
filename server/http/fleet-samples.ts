/**
 * The fleet over the last ten minutes, one sample every two seconds, for the charts. Pure: somebody else's timer
 * calls `sample`. O(1) a sample.
 */
import type { FleetSample, FleetSamples } from '#lib/protocol/api.ts';
import type { HostCounts } from '#lib/protocol/host.ts';

export const SAMPLE_EVERY_MS = 2_000;
const KEPT_MS = 600_000;

/** Monotonic totals since the start. */
export type FleetTotals = { readonly heartbeats: number; readonly changes: number };

export class FleetSampler {
  readonly #samples: FleetSample[] = [];
  #last: (FleetTotals & { readonly atMs: number }) | null = null;

  /** The first call only marks the beginning: a rate needs two readings. */
  sample(nowMs: number, counts: HostCounts, totals: FleetTotals): void {
    const last = this.#last;
    this.#last = { ...totals, atMs: nowMs };
    if (last === null || nowMs <= last.atMs) return;
    const perSecond = (after: number, before: number): number =>
      Math.round((10_000 * (after - before)) / (nowMs - last.atMs)) / 10;
    const { pending, up, late, down, left } = counts;
    this.#samples.push({
      at: Math.round(nowMs),
      pending,
      up,
      late,
      down,
      left,
      heartbeatsPerSecond: perSecond(totals.heartbeats, last.heartbeats),
      changesPerSecond: perSecond(totals.changes, last.changes),
    });
    if (this.#samples.length > KEPT_MS / SAMPLE_EVERY_MS) this.#samples.shift();
  }

  /** Those newer than `sinceMs`, oldest first. */
  read(sinceMs: number): FleetSamples {
    return { everyMs: SAMPLE_EVERY_MS, samples: this.#samples.filter(({ at }) => at > sinceMs) };
  }
}

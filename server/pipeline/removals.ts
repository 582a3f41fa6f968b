/**
 * Which hosts leave the list by themselves and when, and which have been there before. Pure; O(1) a call.
 * Knows no live log and no engine: the pipeline does the removing.
 */
import type { HostId } from '#lib/protocol/host.ts';
import type { HostPlace } from '../live/host-directory.ts';

/** A host heard only once, and one that said bye, are shown so long. */
export const SHOWN_AFTER_END_MS = 300_000;
/** An ephemeral host that went down is shown so long. */
export const SHOWN_AFTER_DOWN_MS = 24 * 3_600_000;
/**
 * What the engine still says of a row whose host was removed is not listened to for so long: shorter than the
 * ten minutes a row rests before another host gets it, longer than a message is ever under way.
 */
const ROW_REST_MS = 300_000;
/** Removed hosts that are still told from new ones, newest kept. */
const TOMBSTONES = 100_000;
/** So many more may be kept, until all of these are forgotten at once. */
const TOMBSTONE_SLACK = 2_000;

/** The last two hold for hosts that are ephemeral when their time has come. */
export type RemovalCause = 'heardOnce' | 'left' | 'down';

type Scheduled = { readonly dueAtMs: number; readonly why: RemovalCause };

export class Removals {
  /** Each in the order of its deadlines, which all are the same span after their cause. */
  readonly #soon = new Map<number, Scheduled>();
  readonly #late = new Map<number, Scheduled>();
  readonly #restingUntilMs = new Map<number, number>();
  readonly #tombstones = new Set<HostId>();

  /** `sinceMs`: when the host ended. Best called in the order of these instants: a later one may delay an earlier. */
  schedule(slot: number, why: RemovalCause, sinceMs: number): void {
    this.cancel(slot);
    if (why === 'down') this.#late.set(slot, { dueAtMs: sinceMs + SHOWN_AFTER_DOWN_MS, why });
    else this.#soon.set(slot, { dueAtMs: sinceMs + SHOWN_AFTER_END_MS, why });
  }

  /** The host was heard of again, or is being removed. */
  cancel(slot: number): void {
    this.#soon.delete(slot);
    this.#late.delete(slot);
  }

  isScheduled(slot: number): boolean {
    return this.#soon.has(slot) || this.#late.has(slot);
  }

  /** Takes out what is due by now, at most `limit`. */
  due(nowMs: number, limit: number): { readonly slot: number; readonly why: RemovalCause }[] {
    const due: { slot: number; why: RemovalCause }[] = [];
    for (const scheduled of [this.#soon, this.#late]) {
      for (const [slot, { dueAtMs, why }] of scheduled) {
        if (dueAtMs > nowMs || due.length === limit) break;
        scheduled.delete(slot);
        due.push({ slot, why });
      }
    }
    for (const [row, untilMs] of this.#restingUntilMs) {
      if (untilMs > nowMs) break;
      this.#restingUntilMs.delete(row);
    }
    return due;
  }

  removed(slot: number, place: HostPlace, id: HostId, nowMs: number): void {
    this.cancel(slot);
    this.#restingUntilMs.set(rowKey(place), nowMs + ROW_REST_MS);
    this.remember(id);
  }

  /** A host that was removed, now or by an earlier run; oldest first. */
  remember(id: HostId): void {
    this.#tombstones.delete(id);
    this.#tombstones.add(id);
    // Not at each call: looking for the oldest passes by every place that was left, seconds for a whole fleet.
    if (this.#tombstones.size <= TOMBSTONES + TOMBSTONE_SLACK) return;
    for (const oldest of this.#tombstones) {
      if (this.#tombstones.size <= TOMBSTONES) break;
      this.#tombstones.delete(oldest);
    }
  }

  isResting(place: HostPlace): boolean {
    return this.#restingUntilMs.has(rowKey(place));
  }

  wasRemoved(id: HostId): boolean {
    return this.#tombstones.has(id);
  }
}

function rowKey({ shard, row }: HostPlace): number {
  return shard * 2 ** 32 + row;
}

/**
 * Which hosts leave the list by themselves and when, and which have been there before. Pure; O(1) a call.
 * Knows no live log and no engine: the pipeline does the removing.
 */
import type { HostId } from '#lib/protocol/host.ts';
import type { HostPlace } from './live/host-directory.ts';

/** A host heard only once, and one that said bye, are shown so long. */
export const SHOWN_AFTER_END_MS = 300_000;
/**
 * What the engine still says of a row whose host was removed is not listened to for so long: shorter than the
 * ten minutes a row rests before another host gets it, longer than a message is ever under way.
 */
const ROW_REST_MS = 300_000;
/** Removed hosts that are still told from new ones, newest kept. */
const TOMBSTONES = 100_000;

export type RemovalCause = 'heardOnce' | 'left';

export class Removals {
  /** In the order of their deadlines, which all are the same span after their cause. */
  readonly #scheduled = new Map<number, { readonly dueAtMs: number; readonly why: RemovalCause }>();
  readonly #restingUntilMs = new Map<number, number>();
  readonly #tombstones = new Set<HostId>();

  schedule(slot: number, why: RemovalCause, nowMs: number): void {
    this.#scheduled.delete(slot);
    this.#scheduled.set(slot, { dueAtMs: nowMs + SHOWN_AFTER_END_MS, why });
  }

  /** The host was heard of again. */
  cancel(slot: number): void {
    this.#scheduled.delete(slot);
  }

  /** Takes out what is due by now, at most `limit`. */
  due(nowMs: number, limit: number): { readonly slot: number; readonly why: RemovalCause }[] {
    const due: { slot: number; why: RemovalCause }[] = [];
    for (const [slot, { dueAtMs, why }] of this.#scheduled) {
      if (dueAtMs > nowMs || due.length === limit) break;
      this.#scheduled.delete(slot);
      due.push({ slot, why });
    }
    for (const [row, untilMs] of this.#restingUntilMs) {
      if (untilMs > nowMs) break;
      this.#restingUntilMs.delete(row);
    }
    return due;
  }

  removed(slot: number, place: HostPlace, id: HostId, nowMs: number): void {
    this.#scheduled.delete(slot);
    this.#restingUntilMs.set(rowKey(place), nowMs + ROW_REST_MS);
    this.#tombstones.delete(id);
    this.#tombstones.add(id);
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

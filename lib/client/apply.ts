/**
 * One frame into the view, or a demand to be resynchronised (docs/protocol.md 2, client). Pure: no clock, no I/O; the
 * same frames give the same view. Gzip is already undone here. O(changes) for D; O(n) for S, little if it was counted.
 */
import {
  type AlertsFrame,
  type DiffFrame,
  decodeSlots,
  type Frame,
  type SnapshotFrame,
} from '#lib/protocol/frames.ts';
import { STATE_MASK } from '#lib/protocol/host.ts';
import type { ByteCount } from './byte-count.ts';
import { MAX_SLOTS } from './parse-frame.ts';
import type { View } from './view.ts';
import { MAX_RECENT_CHANGES, type RecentChange } from './view-store.ts';

/** `bad`: the frame contradicts itself. */
export type Demand = 'epoch' | 'gap' | 'digest' | 'bad';

export type Change = {
  /** Ascending, also those named with the byte they had (their description changed); null = any (a snapshot). */
  readonly slots: readonly number[] | null;
  /** At most 50 changes of state, in slot order. */
  readonly recent: readonly RecentChange[];
  readonly newEpoch: boolean;
};

export type Outcome = {
  readonly change: Change | null;
  readonly demand: Demand | null;
  /** The view is now known to be the server's as of the frame's ts, and that ts is news. */
  readonly proof: boolean;
};

const NOTHING: Outcome = { change: null, demand: null, proof: false };
const demanding = (demand: Demand): Outcome => ({ change: null, demand, proof: false });

/** Alerts frames held at once; more than two mean that the snapshots of two connections were lost. */
const MAX_EARLY = 64;

/** Holds alerts of an epoch whose snapshot has not come yet: A goes directly before its S. */
export class FrameApplier {
  readonly view: View;
  #early: AlertsFrame[] = [];

  constructor(view: View) {
    this.view = view;
  }

  /** `count`: of a snapshot's bytes, when they have been counted; else they are counted here. */
  apply(frame: Frame, count: ByteCount | null = null): Outcome {
    switch (frame.t) {
      case 'S':
        return this.#snapshot(frame, count);
      case 'D':
        if (frame.e !== this.view.epoch) return demanding('epoch');
        return this.#diff(frame);
      case 'A':
        if (frame.e === this.view.epoch) this.view.alerts.apply(frame);
        // Another connection's changes may come between a whole list (f = 0) and its S.
        else this.#early = [...(frame.f > 0 ? this.#early.slice(1 - MAX_EARLY) : []), frame];
        return NOTHING;
      case 'B':
        if (frame.e !== this.view.epoch) return demanding('epoch');
        this.view.rates = frame.rates;
        if (frame.s > this.view.seq) return demanding('gap');
        return this.#compare(frame, null);
      case 'R':
        this.view.wantsSnapshot = true;
        return NOTHING;
      default:
        return NOTHING;
    }
  }

  #snapshot(frame: SnapshotFrame, count: ByteCount | null): Outcome {
    const { view } = this;
    const newEpoch = frame.e !== view.epoch;
    if (!newEpoch && !view.wantsSnapshot && frame.s <= view.seq) return this.#compare(frame, null);
    const recent = newEpoch ? [] : changesBetween(view.states, frame.data, frame.ts);
    view.replaceAll(frame.data, count);
    view.seq = frame.s;
    view.wantsSnapshot = false;
    view.touch();
    if (newEpoch) {
      view.epoch = frame.e;
      view.newestTs = 0;
      view.rates = null;
      view.alerts.reset();
      for (const early of this.#early) if (early.e === frame.e) view.alerts.apply(early);
    }
    this.#early = [];
    return this.#compare(frame, { slots: null, recent, newEpoch });
  }

  #diff(frame: DiffFrame): Outcome {
    const { view } = this;
    if (frame.s <= view.seq) return this.#compare(frame, null);
    if (frame.f > view.seq) return demanding('gap');
    const slots = slotsOf(frame);
    if (slots === null) return demanding('bad');
    const recent: RecentChange[] = [];
    slots.forEach((slot, i) => {
      const known = view.states[slot];
      const to = frame.states[i]!;
      if (known === to) return;
      const from = known ?? 0;
      view.set(slot, to);
      if (recent.length < MAX_RECENT_CHANGES && (from & STATE_MASK) !== (to & STATE_MASK)) {
        recent.push({ slot, from, to, atMs: frame.ts });
      }
    });
    view.seq = frame.s;
    view.touch();
    return this.#compare(frame, { slots, recent, newEpoch: false });
  }

  /** Digests can be compared at the same position only, and prove nothing while a snapshot is on its way. */
  #compare(frame: { s: number; ts: number; dig: string }, change: Change | null): Outcome {
    const { view } = this;
    if (frame.s !== view.seq || view.wantsSnapshot) return { change, demand: null, proof: false };
    if (frame.dig !== view.digest.toString()) {
      view.wantsSnapshot = true;
      return { change, demand: 'digest', proof: false };
    }
    const proof = frame.ts > view.newestTs;
    if (proof) view.newestTs = frame.ts;
    return { change, demand: null, proof };
  }
}

function slotsOf(frame: DiffFrame): number[] | null {
  try {
    const slots = decodeSlots(frame.slots);
    if (slots.length !== frame.states.length || (slots.at(-1) ?? 0) >= MAX_SLOTS) return null;
    return slots;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function changesBetween(before: Uint8Array, after: Uint8Array, atMs: number): RecentChange[] {
  const recent: RecentChange[] = [];
  for (let slot = 0; slot < after.length && recent.length < MAX_RECENT_CHANGES; slot++) {
    const from = before[slot] ?? 0;
    const to = after[slot]!;
    if ((from & STATE_MASK) !== (to & STATE_MASK)) recent.push({ slot, from, to, atMs });
  }
  return recent;
}

/**
 * Owns what viewers may know: the epoch, the seq, the published state bytes, and the answer to any position.
 * Changes are staged and become visible together in one tick. Pure: `nowMs` is passed in. Main thread.
 * A change costs O(1), a tick O(its changes), an answer to a viewer one tick behind O(its changes).
 * Source: docs/protocol.md 2; CouchDB `_changes`, tldraw sync (answers to a position).
 */
import { constants, gzipSync } from 'node:zlib';
import type { Alert, AlertId } from '#lib/protocol/alert.ts';
import type { Changes } from '#lib/protocol/api.ts';
import { StateDigest } from '#lib/protocol/digest.ts';
import {
  type AlertsFrame,
  type BeatFrame,
  type DiffFrame,
  encodeSlots,
  type Frame,
  MAX_DIFF_BYTES,
  type ResetReason,
  type SnapshotFrame,
} from '#lib/protocol/frames.ts';
import { type HostCounts, HostState, STATE_MASK } from '#lib/protocol/host.ts';
import type { Position } from '#lib/protocol/position.ts';
import { PROTOCOL_VERSION } from '#lib/protocol/version.ts';
import { AlertLog, type AlertSelection } from './alert-log.ts';
import { ChangeIndex } from './change-index.ts';
import { DigestRecount } from './digest-recount.ts';
import { SlotAllotment } from './slot-allotment.ts';
import { StagedSlots } from './staged-slots.ts';
import { StateCounts } from './state-counts.ts';
import { TickInstants } from './tick-instants.ts';

export type Rates = BeatFrame['rates'];

export type TransitionCounts = { up: number; late: number; down: number; left: number };

export type LiveLogOptions = {
  /** 16 hex digits, see `newEpoch`. */
  readonly epoch: string;
  /** Most slots ever in use at once; about 8 bytes each are taken at once. */
  readonly capacity: number;
  /** Read for every beat frame. Must be cheap. */
  readonly rates: () => Rates;
};

/** A frame is stamped anew when the cached one is older than this. */
const STAMP_VALID_MS = 1_000;
const MAX_ANSWERS_CACHED = 128;
/**
 * Runs of equal bytes alone: states have no other repetitions worth a search. A million hosts, 3 % of them down in
 * random places: 43 kB in 1.7 ms; without, 73 kB in 8.2 ms.
 */
const ZIP = { level: 1, strategy: constants.Z_RLE } as const;

type Answer = { readonly atMs: number; readonly frames: readonly Frame[] };
type DiffBytes = Pick<DiffFrame, 'slots' | 'states'>;

export class LiveLog {
  readonly epoch: string;
  readonly #rates: () => Rates;
  readonly #allotment: SlotAllotment;
  readonly #index: ChangeIndex;
  readonly #states: Uint8Array;
  readonly #counts = new StateCounts();
  readonly #digest = new StateDigest();
  readonly #alerts = new AlertLog();
  readonly #instants = new TickInstants();
  readonly #transitions: TransitionCounts = { up: 0, late: 0, down: 0, left: 0 };
  readonly #published = new Set<() => void>();
  readonly #staged = new Set<() => void>();

  #seq = 0;
  #slotCount = 0;
  #recount: DigestRecount | null = null;

  readonly #stagedSlots: StagedSlots;
  #stagedAlerts = new Map<AlertId, Alert>();
  #oldestStagedAtMs = Number.POSITIVE_INFINITY;

  /** Of the present seq: answers by f, the diffs' bytes by f, the snapshot's bytes. */
  readonly #answers = new Map<number, Answer>();
  readonly #diffBytes = new Map<number, DiffBytes>();
  #snapshotBytes: Pick<SnapshotFrame, 'enc' | 'data'> | null = null;
  #snapshotAnswer: Answer | null = null;
  #lastBeat: BeatFrame | null = null;

  constructor(options: LiveLogOptions) {
    this.epoch = options.epoch;
    this.#rates = options.rates;
    this.#allotment = new SlotAllotment(options.capacity);
    this.#index = new ChangeIndex(options.capacity);
    this.#states = new Uint8Array(options.capacity);
    this.#stagedSlots = new StagedSlots(options.capacity);
  }

  /** Ticks published so far. */
  get seq(): number {
    return this.#seq;
  }

  get position(): Position {
    return { e: this.epoch, s: this.#seq };
  }

  /** Published alerts that are open, by id. */
  get openAlerts(): ReadonlyMap<AlertId, Alert> {
    return this.#alerts.open;
  }

  /** Length of the published arrays: slots 0 to slotCount − 1, free ones among them. */
  get slotCount(): number {
    return this.#slotCount;
  }

  /** Is anything waiting for the next tick? */
  get hasStaged(): boolean {
    return this.#stagedSlots.size > 0 || this.#stagedAlerts.size > 0;
  }

  /** The published state byte; 0 for a slot that is free or not yet published. */
  stateAt(slot: number): number {
    return this.#states[slot] ?? 0;
  }

  /** The published bytes, live: read them in one turn and never write to them. */
  states(): Uint8Array {
    return this.#states.subarray(0, this.#slotCount);
  }

  /** Seq of the slot's last change; 0 when it never had one. */
  changedSeqAt(slot: number): number {
    return this.#index.changedAt[slot] ?? 0;
  }

  /** Of the published states. O(256). */
  counts(): HostCounts {
    return this.#counts.read();
  }

  /** Of the published states. O(1). */
  digest(): string {
    return this.#digest.toString();
  }

  /** How often a host became up, late, down or left since the start, those inside one tick included. */
  transitions(): Readonly<TransitionCounts> {
    return { ...this.#transitions };
  }

  /** A slot for a new host, or null when all are taken. It stays empty until a state is staged and published. */
  allotSlot(nowMs: number): number | null {
    return this.#allotment.allot(nowMs);
  }

  /** Empties the slot with the next tick; it may be allotted again after ten minutes. */
  freeSlot(slot: number, nowMs: number): void {
    this.#stage(slot, HostState.empty, true, nowMs);
    this.#allotment.free(slot, nowMs);
  }

  /**
   * The slot's whole state byte from the next tick on; the last one staged counts. `atMs`: when it happened
   * (default: at the tick). Throws a RangeError for a slot that was never allotted.
   */
  stageState(slot: number, stateByte: number, atMs = Number.POSITIVE_INFINITY): void {
    const before = this.#stagedOr(slot) & STATE_MASK;
    const after = stateByte & STATE_MASK;
    if (before !== after) {
      if (after === HostState.up) this.#transitions.up++;
      else if (after === HostState.late) this.#transitions.late++;
      else if (after === HostState.down) this.#transitions.down++;
      else if (after === HostState.left) this.#transitions.left++;
    }
    this.#stage(slot, stateByte, false, atMs);
  }

  /** The slot's state byte as an earlier run left it: nothing that happened now, so no transition is counted. */
  stageRestored(slot: number, stateByte: number): void {
    this.#stage(slot, stateByte, false, Number.POSITIVE_INFINITY);
  }

  /** The next tick repeats the slot's byte, which tells viewers to read its description again. */
  stageDescription(slot: number, atMs = Number.POSITIVE_INFINITY): void {
    this.#stage(slot, this.#stagedOr(slot), true, atMs);
  }

  /** The alert as it is from the next tick on, whole. */
  stageAlert(alert: Alert, atMs = Number.POSITIVE_INFINITY): void {
    const first = !this.hasStaged;
    this.#stagedAlerts.set(alert.id, alert);
    if (atMs < this.#oldestStagedAtMs) this.#oldestStagedAtMs = atMs;
    if (first) for (const listener of this.#staged) listener();
  }

  /** One tick: everything staged becomes visible as seq + 1. False, and no tick, when that changes nothing. */
  publish(nowMs: number): boolean {
    if (!this.hasStaged) return false;
    const seq = this.#seq + 1;
    const { changed, changedAtMs } = this.#applyStaged(seq, nowMs);
    const alerts = [...this.#stagedAlerts.values()];
    const oldestAtMs = Math.min(this.#oldestStagedAtMs, nowMs);
    this.#stagedAlerts.clear();
    this.#oldestStagedAtMs = Number.POSITIVE_INFINITY;
    if (changed.length === 0 && alerts.length === 0) return false;

    this.#seq = seq;
    if (this.#allotment.count > this.#slotCount) {
      this.#counts.addEmpty(this.#allotment.count - this.#slotCount);
      this.#slotCount = this.#allotment.count;
    }
    this.#allotment.published(seq);
    this.#index.record(seq, changed, this.#slotCount);
    this.#alerts.record(seq, alerts);
    this.#instants.record({ seq, oldestAtMs, publishedAtMs: nowMs, changedAtMs });
    this.#answers.clear();
    this.#diffBytes.clear();
    this.#snapshotBytes = null;
    this.#snapshotAnswer = null;
    for (const listener of this.#published) listener();
    return true;
  }

  /** Called after every tick, in the same turn. Returns the function that ends it. */
  subscribe(listener: () => void): () => void {
    this.#published.add(listener);
    return () => this.#published.delete(listener);
  }

  /** Called when the first change since the last tick is staged. Returns the function that ends it. */
  subscribeStaged(listener: () => void): () => void {
    this.#staged.add(listener);
    return () => this.#staged.delete(listener);
  }

  /**
   * What a viewer at `position` has to be sent, in order: `[A?, S]` without a position, `[R, A?, S]` when it
   * cannot be answered, `[B]` when it is up to date, else `[A?, D]`, or `[A, S]` when a diff would exceed
   * 64 KiB and a snapshot is smaller. Frames are shared among viewers: not to be written to.
   */
  framesFrom(position: Position | null, nowMs: number): readonly Frame[] {
    if (position === null) return this.#snapshot(nowMs);
    const why = this.#whyUnanswerable(position);
    if (why !== null) return [{ t: 'R', e: this.epoch, why }, ...this.#snapshot(nowMs)];
    if (position.s === this.#seq) return [this.beat(nowMs)];
    return this.#diff(position.s, nowMs);
  }

  /**
   * When the hosts in each tick after `seq` changed, for at most `limit` ticks, oldest first: the first change of
   * each host in the tick, merged into at most 64 instants a tick. O(what it gives).
   */
  changesAfter(seq: number, limit: number): Changes {
    return { ...this.position, from: this.#instants.firstSeq, ticks: this.#instants.after(seq, limit) };
  }

  /** A sign of life with the present position. */
  beat(nowMs: number): BeatFrame {
    const last = this.#lastBeat;
    // Viewers beaten to in the same round share one.
    if (last !== null && last.s === this.#seq && last.ts === nowMs) return last;
    const dig = this.digest();
    this.#lastBeat = { t: 'B', e: this.epoch, s: this.#seq, ts: nowMs, dig, rates: this.#rates() };
    return this.#lastBeat;
  }

  /**
   * One slice of the full count of the digest, at most `slots` of it; starts one when none is under way.
   * null: not done yet; else whether it agrees with the digest kept incrementally. When it does not, which is
   * a bug, the recounted one takes its place.
   */
  recountSlice(slots: number): boolean | null {
    this.#recount ??= new DigestRecount();
    const digest = this.#recount.advance(this.#states, this.#slotCount, slots);
    if (digest === null) return null;
    this.#recount = null;
    if (digest.toString() === this.digest()) return true;
    this.#digest.reset();
    this.#digest.addRange(this.#states, 0, this.#slotCount);
    return false;
  }

  #stagedOr(slot: number): number {
    return this.#stagedSlots.byteOf(slot) ?? this.stateAt(slot);
  }

  #stage(slot: number, stateByte: number, described: boolean, atMs: number): void {
    if (!(slot >= 0 && slot < this.#allotment.count)) {
      throw new RangeError(`slot ${slot} is not allotted; slots are 0 to ${this.#allotment.count - 1}`);
    }
    const first = !this.hasStaged;
    this.#stagedSlots.stage(slot, stateByte, described, atMs);
    if (atMs < this.#oldestStagedAtMs) this.#oldestStagedAtMs = atMs;
    if (first) for (const listener of this.#staged) listener();
  }

  /** Moves the staged bytes into the published ones; the slots a viewer has to hear of, and since when. */
  #applyStaged(seq: number, nowMs: number): { changed: Uint32Array; changedAtMs: Float64Array } {
    const changed = new Uint32Array(this.#stagedSlots.size);
    const changedAtMs = new Float64Array(this.#stagedSlots.size);
    let count = 0;
    this.#stagedSlots.take((slot, after, described, atMs) => {
      const before = this.#states[slot]!;
      if (before === after && !described) return;
      if (before !== after) {
        this.#states[slot] = after;
        this.#counts.replace(before, after);
        this.#digest.replace(slot, before, after);
        this.#recount?.observe(slot, before, after);
      }
      this.#index.changedAt[slot] = seq;
      changed[count] = slot;
      changedAtMs[count++] = Math.min(atMs, nowMs);
    });
    return { changed: changed.subarray(0, count), changedAtMs: changedAtMs.subarray(0, count) };
  }

  #whyUnanswerable(position: Position): ResetReason | null {
    if (position.e !== this.epoch) return 'epoch';
    if (position.s > this.#seq) return 'gap';
    return position.s < this.#allotment.floor ? 'old' : null;
  }

  #diff(f: number, nowMs: number): readonly Frame[] {
    const cached = this.#answers.get(f);
    if (cached !== undefined && nowMs - cached.atMs < STAMP_VALID_MS) return cached.frames;
    const { slots, states } = this.#encodeDiff(f);
    const bytes = slots.length + states.length;
    if (bytes > MAX_DIFF_BYTES && this.#encodeSnapshot().data.length < bytes) return this.#snapshot(nowMs);
    const frames: Frame[] = [];
    if (this.#alerts.lastSeq > f) frames.push(this.#alertsFrame(f, nowMs, this.#alerts.changedAfter(f)));
    frames.push({
      t: 'D',
      v: PROTOCOL_VERSION,
      e: this.epoch,
      f,
      s: this.#seq,
      ts: nowMs,
      t0: this.#instants.at(f + 1),
      slots,
      states,
      dig: this.digest(),
    });
    if (this.#answers.size < MAX_ANSWERS_CACHED || cached !== undefined) {
      this.#answers.set(f, { atMs: nowMs, frames });
    }
    return frames;
  }

  #encodeDiff(f: number): DiffBytes {
    const cached = this.#diffBytes.get(f);
    if (cached !== undefined) return cached;
    const changed = this.#index.changedAfter(f, this.#slotCount);
    const states = new Uint8Array(changed.length);
    for (let i = 0; i < changed.length; i++) states[i] = this.#states[changed[i]!]!;
    const bytes = { slots: encodeSlots(changed), states };
    if (this.#diffBytes.size < MAX_ANSWERS_CACHED) this.#diffBytes.set(f, bytes);
    return bytes;
  }

  #snapshot(nowMs: number): readonly Frame[] {
    const cached = this.#snapshotAnswer;
    if (cached !== null && nowMs - cached.atMs < STAMP_VALID_MS) return cached.frames;
    const frames: Frame[] = [];
    // An epoch without any alert has nothing to say of them, not even that there are none.
    if (this.#alerts.lastSeq > 0) frames.push(this.#alertsFrame(0, nowMs, this.#alerts.newestOpen()));
    frames.push({
      t: 'S',
      v: PROTOCOL_VERSION,
      e: this.epoch,
      s: this.#seq,
      ts: nowMs,
      n: this.#slotCount,
      ...this.#encodeSnapshot(),
      dig: this.digest(),
    });
    this.#snapshotAnswer = { atMs: nowMs, frames };
    return frames;
  }

  /** A copy: the frame may still wait in a socket when the next tick changes the states. */
  #encodeSnapshot(): Pick<SnapshotFrame, 'enc' | 'data'> {
    if (this.#snapshotBytes === null) {
      const states = this.states();
      const zipped = gzipSync(states, ZIP);
      this.#snapshotBytes =
        zipped.length < states.length ? { enc: 'gzip', data: zipped } : { enc: 'raw', data: states.slice() };
    }
    return this.#snapshotBytes;
  }

  #alertsFrame(f: number, nowMs: number, selection: AlertSelection): AlertsFrame {
    return {
      t: 'A',
      e: this.epoch,
      f,
      s: this.#seq,
      ts: nowMs,
      alerts: selection.alerts,
      counts: this.counts(),
      ...(selection.more ? { more: true as const } : {}),
    };
  }
}

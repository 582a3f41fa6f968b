/**
 * The way of every change, on one page: transitions of the shards and acts of people → directory and alerts →
 * store → live log. Decides overlays, history and removal; judges no host and sends nothing itself. Main thread;
 * O(1) a transition, long batches in slices. Rules A14, A22, A23 of alerts/SPEC.md and P1 to P33 of SPEC.md.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RemoveAnswer } from '#lib/protocol/account.ts';
import type { AckAnswer, UnackAnswer } from '#lib/protocol/alert.ts';
import { type HostId, HostState, type HostStateCode } from '#lib/protocol/host.ts';
import { reasonInWords } from '#lib/protocol/reason.ts';
import type { AlertBook } from '../alerts/alert-book.ts';
import { SYSTEM_ACTOR } from '../alerts/alert-book.ts';
import type { Clock } from '../clock.ts';
import {
  type Engine,
  type HostDescription,
  type ShardBatch,
  TransitionKind,
  TransitionNote,
} from '../engine/index.ts';
import type { HostDirectory } from '../live/host-directory.ts';
import type { LiveLog } from '../live/live-log.ts';
import type { Store } from '../store/store.ts';
import { type AckCommand, type AckTargets, PipelineAcks } from './acks.ts';
import { StoreCommands } from './commands.ts';
import { evidenceOf } from './evidence.ts';
import { type ExpectedHost, PipelineHosts } from './hosts.ts';
import type { Register } from './register.ts';
import type { Removals } from './removals.ts';
import { PipelineTurn } from './turn.ts';

export type PipelineOptions = {
  readonly engine: Pick<Engine, 'read' | 'remove' | 'expect'>;
  readonly directory: HostDirectory;
  readonly alerts: AlertBook;
  readonly store: Pick<Store, 'append' | 'health'>;
  readonly live: LiveLog;
  readonly register: Register;
  readonly removals: Removals;
  readonly clock: Clock;
  /** MAX_HOSTS. */
  readonly maxHosts: number;
  /** History could not be stored, or a host found no slot. Watching goes on. */
  readonly onFault: (error: Error) => void;
};

/** Transitions and descriptions handled before other work gets a turn, and for how long at most. */
const SLICE = 512;
const SLICE_MS = 8;
/** So many are handled between two looks at the clock. */
const LOOK_AT_CLOCK_EVERY = 64;
/** Deadlines handled before other work gets a turn: about 10 ms. */
const DEADLINES_A_TURN = 512;

type Progress = { readonly batch: ShardBatch; described: number; next: number; handled: () => void };

export class Pipeline {
  readonly #o: PipelineOptions;
  readonly #turn: PipelineTurn;
  readonly #acks: PipelineAcks;
  readonly #hosts: PipelineHosts;
  readonly #queue: Progress[] = [];
  #nextSlice: NodeJS.Immediate | null = null;
  #nextDeadlines: NodeJS.Immediate | null = null;

  constructor(options: PipelineOptions) {
    this.#o = options;
    this.#turn = new PipelineTurn(options);
    const shared = { ...options, turn: this.#turn, commands: new StoreCommands(options.store) };
    this.#acks = new PipelineAcks(shared);
    const forget = (slot: number, nowMs: number): void => this.#forget(slot, nowMs);
    this.#hosts = new PipelineHosts({ ...shared, forget });
  }

  /**
   * Batches in the order they come; the first slice at once. Resolves when all of it is handled; never when the
   * pipeline was stopped before.
   */
  take(batch: ShardBatch): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue.push({ batch, described: 0, next: 0, handled: resolve });
    if (this.#nextSlice === null) this.#slice();
    return promise;
  }

  #slice(): void {
    this.#nextSlice = null;
    const endAtMs = this.#o.clock() + SLICE_MS;
    let budget = SLICE;
    while (budget > 0 && this.#queue.length > 0 && (budget === SLICE || this.#o.clock() < endAtMs)) {
      budget -= this.#advance(this.#queue[0]!, Math.min(budget, LOOK_AT_CLOCK_EVERY));
    }
    this.#turn.commit();
    if (this.#queue.length > 0) this.#nextSlice = setImmediate(() => this.#slice());
  }

  /** Handles at most `limit` of the batch; gives how many, at least one. */
  #advance(progress: Progress, limit: number): number {
    const { batch } = progress;
    if (progress.described === 0 && progress.next === 0) {
      for (const [index, address] of batch.sources) {
        this.#o.directory.nameSource(batch.shard, index, address);
      }
      for (const id of batch.refused ?? []) this.#hosts.foundNoRoom(id);
    }
    const describedTo = Math.min(batch.described.length, progress.described + limit);
    let done = describedTo - progress.described;
    for (; progress.described < describedTo; progress.described++) {
      this.#describe(batch.shard, batch.described[progress.described]!);
    }
    const to = Math.min(batch.transitions.length, progress.next + limit - done);
    done += to - progress.next;
    for (; progress.next < to; progress.next++) this.#transition(batch, progress.next);
    const isDone =
      progress.described === batch.described.length && progress.next === batch.transitions.length;
    if (isDone) this.#queue.shift()!.handled();
    return Math.max(1, done);
  }

  #describe(shard: number, described: HostDescription): void {
    const { directory, live, clock, register, removals } = this.#o;
    const { row, hostId, name, labels } = described;
    const place = { shard, row };
    if (removals.isResting(place)) return;
    const known = directory.slotAt(place);
    if (known !== null) {
      // A shard that goes on for one that ended does not know what was said of a host: what is known stays.
      if (name === null) return;
      if (this.#hosts.waits(known, () => this.#describe(shard, described))) return;
      if (!directory.describe(known, name, labels)) return;
      live.stageDescription(known);
      register.note(known);
      this.#scheduleRemoval(known, Math.round(clock()));
      return;
    }
    const nowMs = Math.round(clock());
    const elsewhere = directory.slotOfId(hostId);
    if (elsewhere !== null) this.#forget(elsewhere, nowMs);
    const slot = live.allotSlot(nowMs);
    if (slot === null) {
      this.#o.engine.remove(shard, row);
      this.#hosts.foundNoRoom(hostId);
      // Without the host's name: whoever sends would choose what is logged, and how often.
      this.#o.onFault(new Error('no slot is free: more hosts came and went than MAX_HOSTS allows for'));
      return;
    }
    directory.register(slot, place, { id: hostId, name, labels }, nowMs);
    if (!this.#hosts.registered(slot)) register.note(slot);
  }

  #transition(batch: ShardBatch, i: number): void {
    const { directory, live, register, removals } = this.#o;
    const { shard, transitions } = batch;
    const row = transitions.rows[i]!;
    const slot = directory.slotAt({ shard, row });
    if (slot === null || this.#hosts.waits(slot, () => this.#transition(batch, i))) return;
    const kind = transitions.kinds[i]!;
    const exactAtMs = transitions.atMs[i]!;
    const atMs = Math.round(exactAtMs);
    if (kind === TransitionKind.restarted) {
      live.stageDescription(slot, exactAtMs);
      this.#turn.record(slot, 'restarted', atMs);
      return;
    }
    const before = directory.stateOf(slot);
    // Told again by a shard that goes on for one that ended, and cannot know what was sent.
    if (kind === before) return;
    removals.cancel(slot);
    directory.setState(slot, kind as HostStateCode, atMs);
    if (kind === TransitionKind.up) {
      this.#cameUp(slot, before, atMs);
      this.#turn.collect(this.#o.alerts.up(directory.idOf(slot), atMs), exactAtMs);
    } else if (kind === TransitionKind.down || kind === TransitionKind.left) {
      this.#ended(batch, i, slot);
    }
    if (kind === TransitionKind.left || before === HostState.left) register.note(slot);
    this.#turn.stageState(slot, exactAtMs);
  }

  #cameUp(slot: number, before: HostStateCode, atMs: number): void {
    const { directory, removals } = this.#o;
    if (this.#hosts.isFirstHeard(slot)) this.#turn.record(slot, 'up', atMs);
    else if (before === HostState.empty) {
      const returned = removals.wasRemoved(directory.idOf(slot));
      this.#turn.record(slot, returned ? 'returned' : 'registered', atMs);
    }
    // After late it was never anything else; pending it may have been up all along while nobody watched.
    else if (before !== HostState.late && before !== HostState.pending) this.#turn.record(slot, 'up', atMs);
  }

  /** Down or left: the evidence, its words, the alert, and what is removed later. */
  #ended({ shard, transitions }: ShardBatch, i: number, slot: number): void {
    const { directory, live, alerts, engine, removals } = this.#o;
    const row = transitions.rows[i]!;
    const exactAtMs = transitions.atMs[i]!;
    const atMs = Math.round(exactAtMs);
    const notes = transitions.notes[i]!;
    const columns = engine.read(shard, row);
    const source = directory.sourceAt(shard, columns.sourceIndex);
    const evidence = evidenceOf(transitions, i, columns.intervalMs, source);
    directory.setEvidence(slot, evidence);
    const verdict = { reason: reasonInWords(evidence), evidence };
    const id = directory.idOf(slot);
    if (transitions.kinds[i] === TransitionKind.left) {
      this.#turn.record(slot, 'left', atMs, verdict);
      this.#turn.collect(alerts.left(id, atMs, verdict), exactAtMs);
      this.#scheduleRemoval(slot, atMs);
      return;
    }
    this.#turn.record(slot, 'down', atMs, verdict);
    if ((notes & TransitionNote.heardOnce) !== 0 && !this.#hosts.isNamed(slot)) {
      removals.schedule(slot, 'heardOnce', atMs);
      return;
    }
    this.#scheduleRemoval(slot, atMs);
    const { timeoutMs } = columns;
    const fact = { hostId: id, host: directory.nameOf(slot), atMs, verdict, timeoutMs, seq: live.seq + 1 };
    this.#turn.collect(alerts.down(fact), exactAtMs);
  }

  /** An ephemeral host that is down or gone is removed later; one told to be removed soon stays so. */
  #scheduleRemoval(slot: number, sinceMs: number): void {
    const { directory, removals } = this.#o;
    const state = directory.stateOf(slot);
    if (!directory.isEphemeral(slot) || removals.isScheduled(slot)) return;
    if (state === HostState.left) removals.schedule(slot, 'left', sinceMs);
    else if (state === HostState.down) removals.schedule(slot, 'down', sinceMs);
  }

  /** Rejects with StoreUnavailable, and nothing stays acknowledged, when the store cannot keep it. */
  acknowledge(targets: AckTargets, command: AckCommand): Promise<AckAnswer> {
    return this.#acks.acknowledge(targets, command);
  }

  /** Rejects with StoreUnavailable; what was acknowledged is then acknowledged as before. */
  unacknowledge(
    target: { readonly ids: readonly string[] } | { readonly batchId: string },
    by: string,
  ): Promise<UnackAnswer> {
    return this.#acks.unacknowledge(target, by);
  }

  /** Those that are not there count for nothing. Rejects with StoreUnavailable. */
  removeHosts(ids: readonly HostId[], by: string): Promise<RemoveAnswer> {
    return this.#hosts.remove(ids, by);
  }

  /** Watched from now on, before it is heard. Rejects with StoreUnavailable. */
  expectHost(host: ExpectedHost, by: string): Promise<'expected' | 'known' | 'full'> {
    return this.#hosts.expect(host, by);
  }

  /** Writes the register's rows of these hosts. O(slots). */
  writeRows(slots: readonly number[]): void {
    for (const slot of slots) if (!this.#hosts.isLeaving(slot)) this.#o.register.note(slot);
    this.#turn.commit();
  }

  /** After the fleet was restored: all at once that was due while the server was away, so that nobody is shown it. */
  begin(): void {
    this.#deadlines(Number.POSITIVE_INFINITY);
  }

  /** Deadlines: expired acknowledgements, hosts to remove; the first slice at once. Call about once a second. */
  tick(): void {
    if (this.#nextDeadlines === null) this.#deadlines(DEADLINES_A_TURN);
  }

  /** At most `limit` of each kind, the rest in the next turns. */
  #deadlines(limit: number): void {
    const { alerts, clock, directory, removals } = this.#o;
    this.#nextDeadlines = null;
    const nowMs = Math.round(clock());
    const expired = alerts.expire(nowMs, limit);
    this.#turn.collect(expired);
    const due = removals.due(nowMs, limit);
    const leaving: number[] = [];
    for (const { slot, why } of due) {
      if (why !== 'heardOnce' && !directory.isEphemeral(slot)) continue;
      // Somebody is removing it just now; should that be refused, its time comes again.
      if (this.#hosts.isLeaving(slot)) removals.schedule(slot, why, nowMs);
      else leaving.push(slot);
    }
    for (const slot of leaving) {
      this.#turn.record(slot, 'removed', nowMs, { by: SYSTEM_ACTOR });
      this.#turn.removed(directory.idOf(slot), nowMs);
    }
    const ids = leaving.map((slot) => directory.idOf(slot));
    const { changes, removal } = alerts.remove(ids, nowMs, SYSTEM_ACTOR);
    alerts.settleRemoval(removal, true);
    this.#turn.collect(changes);
    for (const slot of leaving) this.#hosts.forget(slot, nowMs);
    this.#turn.commit();
    if (expired.length === limit || due.length === limit) {
      this.#nextDeadlines = setImmediate(() => this.#deadlines(DEADLINES_A_TURN));
    }
  }

  #forget(slot: number, nowMs: number): void {
    const { directory, live, register, removals } = this.#o;
    removals.removed(slot, directory.placeOf(slot), directory.idOf(slot), nowMs);
    register.drop(slot);
    this.#hosts.forgotten(slot);
    directory.remove(slot);
    live.freeSlot(slot, nowMs);
  }

  /** Handles all that is queued, in slices, then stops. For a clean end, after the engine's. */
  async finish(): Promise<void> {
    while (this.#queue.length > 0) await nextTurn();
    this.stop();
  }

  /** No further slice; what is queued is dropped. */
  stop(): void {
    this.#turn.end();
    if (this.#nextSlice !== null) clearImmediate(this.#nextSlice);
    if (this.#nextDeadlines !== null) clearImmediate(this.#nextDeadlines);
    this.#queue.length = 0;
  }
}

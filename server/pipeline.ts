/**
 * The way of every change, on one page: transitions of the shards and acts of people → directory and alerts →
 * store → live log. Decides overlays, history and removal; judges no host and sends nothing itself. Main thread;
 * O(1) a transition, long batches in slices. Rules A14, A22, A23 of alerts/SPEC.md and P1 to P9 of SPEC.md.
 */
import {
  type AckAnswer,
  type AckResult,
  type Alert,
  parseAlertId,
  type UnackAnswer,
} from '#lib/protocol/alert.ts';
import {
  ACKNOWLEDGED,
  type Evidence,
  type HostEvent,
  type HostId,
  HostState,
  type HostStateCode,
  STATE_NAMES,
} from '#lib/protocol/host.ts';
import { reasonInWords } from '#lib/protocol/reason.ts';
import type { AckOrder, AlertBook, AlertChange } from './alerts/alert-book.ts';
import { SYSTEM_ACTOR } from './alerts/alert-book.ts';
import type { Clock } from './clock.ts';
import {
  type Engine,
  type HostDescription,
  type ShardBatch,
  TransitionKind,
  TransitionNote,
  TransitionReason,
} from './engine/index.ts';
import type { HostDirectory } from './live/host-directory.ts';
import type { LiveLog } from './live/live-log.ts';
import { Removals } from './removals.ts';
import type { Store } from './store/store.ts';

export type PipelineOptions = {
  readonly engine: Pick<Engine, 'read' | 'remove'>;
  readonly directory: HostDirectory;
  readonly alerts: AlertBook;
  readonly store: Store;
  readonly live: LiveLog;
  readonly clock: Clock;
  /** History could not be stored, or a host found no slot. Watching goes on. */
  readonly onFault: (error: Error) => void;
};

/** Whose alerts: episodes by id, or the open ones of hosts a filter found down. */
export type AckTargets = { readonly ids: readonly string[] } | { readonly downHosts: readonly HostId[] };

/** Transitions, or deadlines, handled before other work gets a turn: about 15 ms. */
const SLICE = 2_048;

const REASON_KINDS = {
  [TransitionReason.timeout]: 'timeout',
  [TransitionReason.closed]: 'closed',
  [TransitionReason.reset]: 'reset',
  [TransitionReason.bye]: 'bye',
} as const;

/** `exactAtMs`: the engine's own instant, of which `atMs` is the rounded one. */
type StagedAlertChange = AlertChange & { readonly exactAtMs?: number };

type Progress = { readonly batch: ShardBatch; described: boolean; next: number };

export class Pipeline {
  readonly #o: PipelineOptions;
  readonly #removals = new Removals();
  readonly #queue: Progress[] = [];
  #nextSlice: NodeJS.Immediate | null = null;
  #nextDeadlines: NodeJS.Immediate | null = null;
  /** What this turn brings to the store, in order. */
  #events: HostEvent[] = [];
  #changes: StagedAlertChange[] = [];

  constructor(options: PipelineOptions) {
    this.#o = options;
  }

  /** Batches in the order they come; the first slice at once. */
  take(batch: ShardBatch): void {
    this.#queue.push({ batch, described: false, next: 0 });
    if (this.#nextSlice === null) this.#slice();
  }

  #slice(): void {
    this.#nextSlice = null;
    let budget = SLICE;
    while (budget > 0 && this.#queue.length > 0) {
      const progress = this.#queue[0]!;
      const { batch } = progress;
      if (!progress.described) {
        for (const [index, address] of batch.sources)
          this.#o.directory.nameSource(batch.shard, index, address);
        for (const described of batch.described) this.#describe(batch.shard, described);
        budget -= batch.described.length;
        progress.described = true;
      }
      const end = Math.min(batch.transitions.length, progress.next + Math.max(1, budget));
      budget -= end - progress.next;
      for (; progress.next < end; progress.next++) this.#transition(batch, progress.next);
      if (end === batch.transitions.length) this.#queue.shift();
    }
    this.#commit();
    if (this.#queue.length > 0) this.#nextSlice = setImmediate(() => this.#slice());
  }

  #describe(shard: number, { row, hostId, name, labels }: HostDescription): void {
    const { directory, live, clock } = this.#o;
    const place = { shard, row };
    if (this.#removals.isResting(place)) return;
    const known = directory.slotAt(place);
    if (known !== null) {
      if (directory.describe(known, name, labels)) live.stageDescription(known);
      return;
    }
    const nowMs = Math.round(clock());
    const elsewhere = directory.slotOfId(hostId);
    if (elsewhere !== null) this.#forget(elsewhere, nowMs);
    const slot = live.allotSlot(nowMs);
    if (slot === null) {
      this.#o.engine.remove(shard, row);
      this.#o.onFault(
        new Error(
          `no slot is free for ${name ?? hostId}: more hosts came and went than MAX_HOSTS allows for`,
        ),
      );
      return;
    }
    directory.register(slot, place, { id: hostId, name, labels }, nowMs);
  }

  #transition({ shard, transitions }: ShardBatch, i: number): void {
    const { directory, live } = this.#o;
    const row = transitions.rows[i]!;
    const slot = directory.slotAt({ shard, row });
    if (slot === null) return;
    const kind = transitions.kinds[i]!;
    const exactAtMs = transitions.atMs[i]!;
    const atMs = Math.round(exactAtMs);
    if (kind === TransitionKind.restarted) {
      live.stageDescription(slot, exactAtMs);
      this.#record(slot, 'restarted', atMs);
      return;
    }
    this.#removals.cancel(slot);
    const before = directory.stateOf(slot);
    directory.setState(slot, kind as HostStateCode, atMs);
    const id = directory.idOf(slot);
    if (kind === TransitionKind.up) {
      if (before === HostState.empty)
        this.#record(slot, this.#removals.wasRemoved(id) ? 'returned' : 'registered', atMs);
      else if (before !== HostState.late) this.#record(slot, 'up', atMs);
      this.#collect(this.#o.alerts.up(id, atMs), exactAtMs);
    } else if (kind === TransitionKind.down || kind === TransitionKind.left) {
      this.#ended(shard, transitions, i, slot);
    }
    this.#stageState(slot, exactAtMs);
  }

  /** Down or left: the evidence, its words, the alert, and what is removed later. */
  #ended(shard: number, transitions: ShardBatch['transitions'], i: number, slot: number): void {
    const { directory, live, alerts, engine } = this.#o;
    const row = transitions.rows[i]!;
    const exactAtMs = transitions.atMs[i]!;
    const atMs = Math.round(exactAtMs);
    const columns = engine.read(shard, row);
    const reason = transitions.reasons[i]! as keyof typeof REASON_KINDS;
    const evidence: Evidence = {
      kind: REASON_KINDS[reason] ?? 'timeout',
      silentMs: Math.max(0, Math.round(exactAtMs - transitions.lastSeenAtMs[i]!)),
      intervalMs: columns.intervalMs,
      source: directory.sourceAt(shard, columns.sourceIndex),
      lostBeats: transitions.lostBeats[i]!,
      expectedBeats: transitions.expectedBeats[i]!,
    };
    directory.setEvidence(slot, evidence);
    const verdict = { reason: reasonInWords(evidence), evidence };
    const id = directory.idOf(slot);
    if (transitions.kinds[i] === TransitionKind.left) {
      this.#record(slot, 'left', atMs, verdict);
      this.#collect(alerts.left(id, atMs, verdict), exactAtMs);
      this.#removals.schedule(slot, 'left', atMs);
      return;
    }
    this.#record(slot, 'down', atMs, verdict);
    if ((transitions.notes[i]! & TransitionNote.heardOnce) !== 0) {
      this.#removals.schedule(slot, 'heardOnce', atMs);
      return;
    }
    const { timeoutMs } = columns;
    const fact = { hostId: id, host: directory.nameOf(slot), atMs, verdict, timeoutMs, seq: live.seq + 1 };
    this.#collect(alerts.down(fact), exactAtMs);
  }

  /** The engine's state with the overlays that hold now. */
  #stageState(slot: number, atMs: number): void {
    const { directory, live, alerts } = this.#o;
    const state = directory.stateOf(slot);
    const acknowledged = state === HostState.down && alerts.isAcknowledged(directory.idOf(slot));
    live.stageState(slot, state | (acknowledged ? ACKNOWLEDGED : 0), atMs);
  }

  #record(slot: number, kind: HostEvent['kind'], at: number, more: Partial<HostEvent> = {}): void {
    const { directory } = this.#o;
    const host = { hostId: directory.idOf(slot), host: directory.nameOf(slot) };
    this.#events.push({ at, ...host, kind, reason: null, evidence: null, by: null, ...more });
  }

  /** What changed in this turn goes to the store and, without waiting for it, to the live log. */
  #commit(): void {
    const changes = this.#changes;
    const stored = this.#toStore();
    this.#stageAlerts(changes);
    stored?.catch(this.#o.onFault);
  }

  /** null: nothing to store. */
  #toStore(): Promise<void> | null {
    if (this.#events.length === 0 && this.#changes.length === 0) return null;
    const events = this.#events;
    for (const { alert, kind, by, atMs } of this.#changes) {
      if (kind !== 'acknowledged' && kind !== 'unacknowledged') continue;
      const reason = kind === 'acknowledged' ? (alert.ack?.comment ?? null) : null;
      events.push({ at: atMs, hostId: alert.hostId, host: alert.host, kind, reason, evidence: null, by });
    }
    const alerts = this.#changes.map(({ alert }) => alert);
    this.#events = [];
    this.#changes = [];
    return this.#o.store.append({ events, alerts });
  }

  /** Each alert as it is now: by the time it is stored something newer may have happened to it. */
  #stageAlerts(changes: readonly StagedAlertChange[]): void {
    for (const { alert, atMs, exactAtMs } of changes) {
      const now = this.#o.alerts.get(alert.id);
      // Open then and not kept now: it has closed since, which has been staged, and must not open again.
      if (now === null && alert.closedAt === null) continue;
      this.#stageAlert(now ?? alert, exactAtMs ?? atMs);
    }
  }

  #stageAlert(alert: Alert, atMs: number): void {
    this.#o.live.stageAlert(alert, atMs);
    const slot = this.#o.directory.slotOfId(alert.hostId);
    if (slot !== null) this.#stageState(slot, atMs);
  }

  /**
   * Decided at once, so that the sequence settles every race; answered and shown when it is stored. Rejects, and
   * nothing stays acknowledged, when the store cannot keep it.
   */
  async acknowledge(targets: AckTargets, order: AckOrder): Promise<AckAnswer> {
    const { alerts, clock } = this.#o;
    const byId = 'ids' in targets;
    const ids = byId
      ? targets.ids
      : targets.downHosts.map((id) => alerts.openOf(id)?.id).filter((id) => id !== undefined);
    const withoutEpisode = byId ? 0 : targets.downHosts.length - ids.length;
    const { results, changes } = alerts.acknowledge(ids, order, Math.round(clock()));
    // Each with the host's state at the decision; by filter they are only counted.
    const answers = byId
      ? results.map((result): AckResult => ({ ...result, state: this.#stateNameOf(result.id) }))
      : null;
    try {
      await this.#storeThenStage(changes);
    } catch (error) {
      this.#takeBack(alerts.revoke(order.batchId));
      throw error;
    }
    const count = (outcome: AckResult['outcome']): number =>
      results.reduce((sum, result) => sum + (result.outcome === outcome ? 1 : 0), 0);
    const counts = {
      acked: count('acked'),
      alreadyAcked: count('alreadyAcked'),
      skipped: count('skipped') + withoutEpisode,
      batchId: order.batchId,
    };
    return answers === null ? counts : { ...counts, results: answers };
  }

  /** Alerts as they are without an acknowledgement; what was stored of them meanwhile may carry it. */
  #takeBack(reverted: readonly Alert[]): void {
    if (reverted.length === 0) return;
    for (const alert of reverted) this.#stageAlert(alert, Math.round(this.#o.clock()));
    this.#o.store.append({ events: [], alerts: reverted }).catch(this.#o.onFault);
  }

  async unacknowledge(
    target: { readonly ids: readonly string[] } | { readonly batchId: string },
    by: string,
  ): Promise<UnackAnswer> {
    const { changes, skipped } = this.#o.alerts.unacknowledge(target, by, Math.round(this.#o.clock()));
    try {
      await this.#storeThenStage(changes);
    } catch (error) {
      // Viewers see what holds here; the caller learns that it may not outlive this process.
      this.#stageAlerts(changes);
      throw error;
    }
    return { unacked: changes.length, skipped };
  }

  async #storeThenStage(changes: readonly AlertChange[]): Promise<void> {
    this.#collect(changes);
    await this.#toStore();
    this.#stageAlerts(changes);
  }

  #collect(changes: readonly AlertChange[], exactAtMs?: number): void {
    for (const change of changes) {
      this.#changes.push(exactAtMs === undefined ? change : { ...change, exactAtMs });
    }
  }

  /** By the newest transition, published or not. */
  #stateNameOf(alertId: string): string | null {
    const hostId = parseAlertId(alertId)?.hostId;
    const slot = hostId === undefined ? null : this.#o.directory.slotOfId(hostId);
    return slot === null ? null : STATE_NAMES[this.#o.directory.stateOf(slot)]!;
  }

  /** Deadlines: expired acknowledgements, hosts to remove; the first slice at once. Call about once a second. */
  tick(): void {
    if (this.#nextDeadlines === null) this.#deadlines();
  }

  #deadlines(): void {
    this.#nextDeadlines = null;
    const nowMs = Math.round(this.#o.clock());
    const expired = this.#o.alerts.expire(nowMs, SLICE);
    this.#collect(expired);
    const due = this.#removals.due(nowMs, SLICE);
    for (const { slot, why } of due) {
      const ephemeral = this.#o.directory.labelsOf(slot).ephemeral === '1';
      if (why === 'left' && !ephemeral) continue;
      this.#record(slot, 'removed', nowMs, { by: SYSTEM_ACTOR });
      const { shard, row } = this.#o.directory.placeOf(slot);
      this.#o.engine.remove(shard, row);
      this.#forget(slot, nowMs);
    }
    this.#commit();
    if (expired.length === SLICE || due.length === SLICE) {
      this.#nextDeadlines = setImmediate(() => this.#deadlines());
    }
  }

  #forget(slot: number, nowMs: number): void {
    const { directory, live } = this.#o;
    this.#removals.removed(slot, directory.placeOf(slot), directory.idOf(slot), nowMs);
    directory.remove(slot);
    live.freeSlot(slot, nowMs);
  }

  /** No further slice; what is queued is dropped. */
  stop(): void {
    if (this.#nextSlice !== null) clearImmediate(this.#nextSlice);
    if (this.#nextDeadlines !== null) clearImmediate(this.#nextDeadlines);
    this.#queue.length = 0;
  }
}

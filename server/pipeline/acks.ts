/**
 * Acknowledging and its undoing: decided in the book at once, so that the sequence settles every race; answered
 * and shown when it is stored; taken back when it could not be. Main thread; O(targets), staging in slices.
 */
import { type AckAnswer, type AckResult, parseAlertId, type UnackAnswer } from '#lib/protocol/alert.ts';
import { type HostId, STATE_NAMES } from '#lib/protocol/host.ts';
import type { AckOrder, AlertBook, AlertChange, Decision } from '../alerts/alert-book.ts';
import type { Clock } from '../clock.ts';
import type { HostDirectory } from '../live/host-directory.ts';
import type { StoreBatch } from '../store/store.ts';
import { type AckCounts, ackAudit, unackAudit } from './audit.ts';
import type { StoreCommands } from './commands.ts';
import { ackEventOf, type PipelineTurn, recordOf } from './turn.ts';

/** Whose alerts: episodes by id, or the open ones of hosts a filter found down. */
export type AckTargets = { readonly ids: readonly string[] } | { readonly downHosts: readonly HostId[] };

/** `filterInWords`: for the audit; null: by ids. */
export type AckCommand = AckOrder & { readonly filterInWords: string | null };

export type PipelineAcksOptions = {
  readonly alerts: AlertBook;
  readonly directory: HostDirectory;
  readonly turn: PipelineTurn;
  readonly commands: StoreCommands;
  readonly clock: Clock;
};

export class PipelineAcks {
  readonly #o: PipelineAcksOptions;

  constructor(options: PipelineAcksOptions) {
    this.#o = options;
  }

  /** Rejects with StoreUnavailable, and nothing stays acknowledged, when the store cannot keep it. */
  async acknowledge(targets: AckTargets, command: AckCommand): Promise<AckAnswer> {
    this.#o.commands.check();
    const nowMs = Math.round(this.#o.clock());
    return 'ids' in targets
      ? this.#acknowledgeIds(targets.ids, command, nowMs)
      : this.#acknowledgeHosts(targets.downHosts, command, nowMs);
  }

  async #acknowledgeIds(ids: readonly string[], command: AckCommand, nowMs: number): Promise<AckAnswer> {
    const decided = this.#o.alerts.acknowledge(ids, command, nowMs);
    // Each with the host's state at the decision.
    const states = decided.results.map(({ id }) => this.#stateNameOf(id));
    const count = (outcome: AckResult['outcome']): number =>
      decided.results.reduce((sum, result) => sum + (result.outcome === outcome ? 1 : 0), 0);
    const counts = {
      acked: decided.changes.length,
      alreadyAcked: count('alreadyAcked'),
      skipped: count('skipped'),
    };
    await this.#store(decided, decided.lapsed, ackAudit(command, command.filterInWords, counts, nowMs));
    const { alreadyAcked, skipped } = withoutRefused(
      counts,
      decided.results.map(({ owner }) => owner),
    );
    const results = decided.results.map(({ id, outcome, ack, owner }, i): AckResult => {
      const state = states[i]!;
      return owner?.failed ? { id, outcome: 'skipped', state, ack: null } : { id, outcome, state, ack };
    });
    return { acked: counts.acked, alreadyAcked, skipped, batchId: command.batchId, results };
  }

  async #acknowledgeHosts(
    hostIds: readonly HostId[],
    command: AckCommand,
    nowMs: number,
  ): Promise<AckAnswer> {
    const decided = this.#o.alerts.acknowledgeHosts(hostIds, command, nowMs);
    const { changes, alreadyAcked, skipped } = decided;
    const counts = { acked: changes.length, alreadyAcked, skipped };
    await this.#store(decided, decided.lapsed, ackAudit(command, command.filterInWords, counts, nowMs));
    return { ...withoutRefused(counts, decided.owners), batchId: command.batchId };
  }

  /**
   * Rejects with StoreUnavailable when the store cannot keep it; each acknowledgement is then in force again unless
   * a newer one, or its expiry, came in between.
   */
  async unacknowledge(
    target: { readonly ids: readonly string[] } | { readonly batchId: string },
    by: string,
  ): Promise<UnackAnswer> {
    this.#o.commands.check();
    const nowMs = Math.round(this.#o.clock());
    const decided = this.#o.alerts.unacknowledge(target, by, nowMs);
    const answer = { unacked: decided.changes.length, skipped: decided.skipped };
    const batchId = 'batchId' in target ? target.batchId : null;
    await this.#store(decided, [], unackAudit(by, batchId, answer, nowMs));
    return answer;
  }

  async #store(
    { changes, decision }: { readonly changes: readonly AlertChange[]; readonly decision: Decision },
    lapsed: readonly AlertChange[],
    audit: NonNullable<StoreBatch['audit']>[number],
  ): Promise<void> {
    const { alerts, turn, commands } = this.#o;
    // What had expired ended before, whatever becomes of the command.
    turn.collect(lapsed);
    turn.commit();
    const batch =
      changes.length === 0
        ? null
        : {
            events: changes.map((change) => ackEventOf(change)!),
            episodes: changes.map(recordOf),
            audit: [audit],
          };
    let reverted: ReturnType<AlertBook['settle']> = [];
    try {
      await commands.run(batch, (kept) => {
        reverted = alerts.settle(decision, kept);
        // What was stored of them meanwhile may carry what has been refused.
        if (reverted.length > 0) turn.append({ episodes: reverted });
      });
    } catch (error) {
      await turn.stageAlerts(reverted, Math.round(this.#o.clock()));
      throw error;
    }
    await turn.stageAlerts(changes, audit.at);
  }

  /** By the newest transition, published or not. */
  #stateNameOf(alertId: string): string | null {
    const hostId = parseAlertId(alertId)?.hostId;
    const slot = hostId === undefined ? null : this.#o.directory.slotOfId(hostId);
    return slot === null ? null : STATE_NAMES[this.#o.directory.stateOf(slot)]!;
  }
}

/** Who deferred to an acknowledgement that was then refused was skipped: nobody acknowledged it. */
function withoutRefused(counts: AckCounts, owners: readonly (Decision | null)[]): AckCounts {
  const refused = owners.reduce((sum, owner) => sum + (owner?.failed ? 1 : 0), 0);
  return { ...counts, alreadyAcked: counts.alreadyAcked - refused, skipped: counts.skipped + refused };
}

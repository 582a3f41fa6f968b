/**
 * Owns the down episodes of every host and who acknowledged them (SPEC.md, A1 to A38). Pure: no clock, no I/O;
 * the pipeline passes instants in and carries the changes to the store and the live log. Main thread.
 * Cost: O(1) a call; O(ids) for acknowledgements; O(acknowledgements with an expiry) when one falls due.
 */
import type { Acknowledgement, AckOutcome, Alert, AlertId } from '#lib/protocol/alert.ts';
import type { HostId } from '#lib/protocol/host.ts';
import { AckBatches } from './ack-batches.ts';
import { AckExpiries } from './ack-expiries.ts';
import { type AlertChange, Decision, Episode, type EpisodeRecord, type Verdict } from './episode.ts';
import { EpisodeShelf } from './episode-shelf.ts';
import { Removal } from './removal.ts';

export type { AlertChange, Decision, EpisodeRecord } from './episode.ts';

/** The actor of what nobody did by hand. */
export const SYSTEM_ACTOR = 'system';

export type DownFact = {
  readonly hostId: HostId;
  readonly host: string;
  readonly atMs: number;
  readonly verdict: Verdict;
  readonly timeoutMs: number;
  /** The sequence number this change will be published with. */
  readonly seq: number;
};

export type AckOrder = {
  readonly batchId: string;
  readonly by: string;
  readonly comment: string | null;
  readonly expiresInMs: number | null;
  /** Only episodes opened at or before this sequence number; null = all. */
  readonly maxOpenedSeq: number | null;
};

export type AckEntryResult = {
  readonly id: AlertId;
  readonly outcome: AckOutcome;
  readonly ack: Acknowledgement | null;
  /** Of alreadyAcked: the command of the first owner while the store has not kept it. */
  readonly owner: Decision | null;
};

/** A command as decided: what it changed, to be kept all or not at all, and then told to `settle`. */
export type Decided = { readonly changes: AlertChange[]; readonly decision: Decision };

/** `lapsed`: acknowledgements found expired, which ended before and whatever becomes of the command. */
export type DecidedAck = Decided & { readonly lapsed: AlertChange[] };

export type AlertBookLimits = {
  /** Batches whose undo is still possible, newest kept. */
  readonly batches: number;
  /** Hosts whose last episode number is remembered, newest kept. */
  readonly episodeNumbers: number;
};

const DEFAULT_LIMITS: AlertBookLimits = { batches: 100, episodeNumbers: 2_000_000 };

export class AlertBook {
  readonly #shelf: EpisodeShelf;
  readonly #batches: AckBatches;
  readonly #expiries = new AckExpiries();

  constructor(limits: AlertBookLimits = DEFAULT_LIMITS) {
    this.#shelf = new EpisodeShelf(limits.episodeNumbers);
    this.#batches = new AckBatches(limits.batches);
  }

  /**
   * What an earlier run knew: open episodes and resumable ones, oldest opened or closed first, and the last number
   * of every other host. Into an empty book. They count as opened before any position of this run.
   */
  restore(records: Iterable<EpisodeRecord>, numbers: Iterable<readonly [HostId, number]>): void {
    for (const [hostId, number] of numbers) this.#shelf.numbers.remember(hostId, number);
    const acknowledged: EpisodeRecord[] = [];
    for (const record of records) {
      const { alert } = record;
      const episode = new Episode(record, 0);
      this.#shelf.numbers.remember(alert.hostId, alert.episode);
      this.#shelf.put(episode);
      if (record.batchId !== null && alert.ack !== null) acknowledged.push(record);
      if (alert.closedAt === null) this.#expiries.watch(episode);
    }
    this.#batches.restore(acknowledged);
  }

  get openCount(): number {
    return this.#shelf.openCount;
  }

  /** The hosts that have an open episode. */
  openHosts(): Iterable<HostId> {
    return this.#shelf.openHosts();
  }

  /** When a host with an open episode went down last, or null. */
  downAtOf(hostId: HostId): number | null {
    return this.#shelf.openOf(hostId)?.downAt ?? null;
  }

  /** The host's open episode, or null. */
  openOf(hostId: HostId): Alert | null {
    return this.#shelf.openOf(hostId)?.alert ?? null;
  }

  /** An episode that is open, or closed and still resumable. */
  get(id: AlertId): Alert | null {
    return this.#shelf.kept(id)?.alert ?? null;
  }

  /** The same for viewers: with the acknowledgement that the store is known to have, not one just decided. */
  settled(id: AlertId): Alert | null {
    return this.#shelf.kept(id)?.settled ?? null;
  }

  /** Is the host's open episode acknowledged for viewers? */
  isSettledAcknowledged(hostId: HostId): boolean {
    return (this.#shelf.openOf(hostId)?.settled.ack ?? null) !== null;
  }

  isAcknowledged(hostId: HostId): boolean {
    return (this.#shelf.openOf(hostId)?.alert.ack ?? null) !== null;
  }

  /** Opens or resumes an episode; empty when one is open already. A lapsed acknowledgement is reported as ended. */
  down(fact: DownFact): AlertChange[] {
    if (this.#shelf.openOf(fact.hostId) !== null) return [];
    const last = this.#shelf.closedOf(fact.hostId);
    if (last?.isResumable(fact.atMs)) return this.#resume(last, fact);
    const number = this.#shelf.numbers.next(fact.hostId);
    const alert: Alert = {
      id: `${fact.hostId}-${number}`,
      hostId: fact.hostId,
      host: fact.host,
      episode: number,
      openedAt: fact.atMs,
      closedAt: null,
      reason: fact.verdict.reason,
      evidence: fact.verdict.evidence,
      incidentId: null,
      ack: null,
    };
    const { timeoutMs } = fact;
    const record = { alert, timeoutMs, closedBy: null, batchId: null, downAt: fact.atMs };
    const episode = new Episode(record, fact.seq);
    this.#shelf.put(episode);
    return [episode.change('opened', null, fact.atMs)];
  }

  #resume(episode: Episode, fact: DownFact): AlertChange[] {
    episode.closedBy = null;
    this.#shelf.put(episode);
    episode.timeoutMs = fact.timeoutMs;
    episode.openedSeq = fact.seq;
    episode.downAt = fact.atMs;
    episode.alert = { ...episode.alert, host: fact.host, closedAt: null, ...fact.verdict };
    const changes = [episode.change('resumed', null, fact.atMs)];
    if (episode.isExpired(fact.atMs)) changes.push(this.#lapse(episode, fact.atMs));
    else this.#expiries.watch(episode);
    return changes;
  }

  up(hostId: HostId, atMs: number): AlertChange[] {
    return this.#close(hostId, atMs, 'up', null);
  }

  left(hostId: HostId, atMs: number, bye: Verdict): AlertChange[] {
    return this.#close(hostId, atMs, 'left', bye);
  }

  #close(hostId: HostId, atMs: number, closedBy: 'up' | 'left', verdict: Verdict | null): AlertChange[] {
    const episode = this.#shelf.openOf(hostId);
    if (episode === null) return [];
    this.#expiries.drop(episode);
    episode.closedBy = closedBy;
    episode.alert = { ...episode.alert, ...verdict, closedAt: atMs };
    this.#shelf.put(episode);
    return [episode.change('closed', null, atMs)];
  }

  /**
   * The hosts leave the register: an open episode closes, one that could be resumed no longer can. To be told to
   * `settleRemoval`.
   */
  remove(hostIds: Iterable<HostId>, atMs: number, by: string): { changes: AlertChange[]; removal: Removal } {
    const changes: AlertChange[] = [];
    const removal = new Removal();
    for (const hostId of hostIds) {
      const episode = this.#shelf.take(hostId);
      if (episode === null) continue;
      this.#expiries.drop(episode);
      changes.push(removal.close(episode, atMs, by));
    }
    return { changes, removal };
  }

  /** Refused: the episodes stand as before. Gives those it brings back. */
  settleRemoval(removal: Removal, kept: boolean): EpisodeRecord[] {
    if (kept) return [];
    return removal.reopen().map((episode) => {
      this.#shelf.put(episode);
      if (episode.closedBy === null) this.#expiries.watch(episode);
      return episode.record();
    });
  }

  /** Results in the order of the ids, each once. */
  acknowledge(
    ids: Iterable<AlertId>,
    order: AckOrder,
    nowMs: number,
  ): DecidedAck & { readonly results: AckEntryResult[] } {
    const results: AckEntryResult[] = [];
    const decided = this.#acknowledgeAll(order, nowMs, (acknowledgeOne) => {
      for (const id of new Set(ids)) {
        const episode = this.#shelf.open(id);
        const outcome = acknowledgeOne(episode);
        const owner = outcome === 'alreadyAcked' ? episode!.unsettledDecision : null;
        const ack = outcome === 'skipped' ? null : episode!.alert.ack;
        results.push({ id, outcome, ack, owner });
      }
    });
    return { ...decided, results };
  }

  /** The open episodes of hosts, each named once. `owners`: of those acknowledged before, as in a result. */
  acknowledgeHosts(
    hostIds: Iterable<HostId>,
    order: AckOrder,
    nowMs: number,
  ): DecidedAck & { readonly alreadyAcked: number; readonly skipped: number; readonly owners: Decision[] } {
    let alreadyAcked = 0;
    let skipped = 0;
    const owners: Decision[] = [];
    const decided = this.#acknowledgeAll(order, nowMs, (acknowledgeOne) => {
      for (const hostId of hostIds) {
        const episode = this.#shelf.openOf(hostId);
        const outcome = acknowledgeOne(episode);
        if (outcome === 'skipped') skipped++;
        if (outcome !== 'alreadyAcked') continue;
        alreadyAcked++;
        const owner = episode!.unsettledDecision;
        if (owner !== null) owners.push(owner);
      }
    });
    return { ...decided, alreadyAcked, skipped, owners };
  }

  #acknowledgeAll(
    order: AckOrder,
    nowMs: number,
    each: (acknowledgeOne: (episode: Episode | null) => AckOutcome) => void,
  ): DecidedAck {
    const { batchId, by, comment, expiresInMs, maxOpenedSeq } = order;
    const expiresAt = expiresInMs === null ? null : nowMs + expiresInMs;
    // One for all, however many they are.
    const ack: Acknowledgement = { by, at: nowMs, comment, expiresAt };
    const lapsed: AlertChange[] = [];
    const changes: AlertChange[] = [];
    const decision = new Decision();
    each((episode) => {
      if (episode === null || (maxOpenedSeq !== null && episode.openedSeq > maxOpenedSeq)) return 'skipped';
      if (episode.isExpired(nowMs)) lapsed.push(this.#lapse(episode, nowMs));
      if (episode.alert.ack !== null) return 'alreadyAcked';
      episode.decide(decision, ack, batchId);
      this.#expiries.watch(episode);
      changes.push(episode.change('acknowledged', by, nowMs));
      return 'acked';
    });
    if (changes.length > 0) {
      decision.batch = { id: batchId, ids: changes.map(({ alert }) => alert.id), ended: false };
      this.#batches.remember(batchId, decision.batch.ids);
    }
    return { lapsed, changes, decision };
  }

  /**
   * Ends acknowledgements by alert id, or those one batch set, which also takes it from episodes that would get
   * it back by being resumed. Unknown ids and batches are skipped.
   */
  unacknowledge(
    target: { readonly ids: Iterable<AlertId> } | { readonly batchId: string },
    by: string,
    nowMs: number,
  ): Decided & { skipped: number } {
    const batchId = 'batchId' in target ? target.batchId : null;
    const batchIds = batchId === null ? null : this.#batches.take(batchId);
    const ids = 'ids' in target ? target.ids : (batchIds ?? []);
    const decision = new Decision();
    if (batchId !== null && batchIds !== null) decision.batch = { id: batchId, ids: batchIds, ended: true };
    const changes: AlertChange[] = [];
    let skipped = 0;
    for (const id of new Set(ids)) {
      const episode = batchId === null ? this.#shelf.open(id) : this.#episodeHeldBy(id, batchId, nowMs);
      if (episode === null || episode.alert.ack === null) {
        skipped++;
        continue;
      }
      episode.decide(decision, null, null);
      this.#expiries.drop(episode);
      changes.push(episode.change('unacknowledged', by, nowMs));
    }
    return { skipped, changes, decision };
  }

  /**
   * Whether the store has kept what a command decided. What it refused is taken back, also from episodes that have
   * closed meanwhile; where a newer command decided something, that stays. Gives the episodes this changed.
   */
  settle(decision: Decision, kept: boolean): EpisodeRecord[] {
    if (kept) {
      for (const episode of decision.episodes) episode.kept(decision);
      return [];
    }
    decision.failed = true;
    const { batch } = decision;
    if (batch?.ended) this.#batches.remember(batch.id, batch.ids);
    else if (batch) this.#batches.take(batch.id);
    const reverted: EpisodeRecord[] = [];
    for (const episode of decision.episodes) {
      if (!episode.refused(decision)) continue;
      this.#expiries.drop(episode);
      if (this.#shelf.open(episode.alert.id) === episode) this.#expiries.watch(episode);
      reverted.push(episode.record());
    }
    return reverted;
  }

  /**
   * Ends what has expired by `nowMs`, at most `limit`: as many changes mean that more may be due. Forgets closed
   * episodes that can no longer be resumed.
   */
  expire(nowMs: number, limit = Number.POSITIVE_INFINITY): AlertChange[] {
    this.#shelf.forgetClosed(nowMs);
    return this.#expiries.due(nowMs, limit).map((episode) => this.#lapse(episode, nowMs));
  }

  /** An episode the batch's acknowledgement is in force for, or would be when it is resumed. */
  #episodeHeldBy(id: AlertId, batchId: string, nowMs: number): Episode | null {
    const episode = this.#shelf.kept(id);
    if (episode === null || episode.batchId !== batchId) return null;
    if (episode.closedBy === null) return episode;
    return episode.isResumable(nowMs) && !episode.isExpired(nowMs) ? episode : null;
  }

  /** Its acknowledgement has expired. */
  #lapse(episode: Episode, atMs: number): AlertChange {
    episode.lapse();
    this.#expiries.drop(episode);
    return episode.change('unacknowledged', SYSTEM_ACTOR, atMs);
  }
}

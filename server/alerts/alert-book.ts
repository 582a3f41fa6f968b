/**
 * Owns the down episodes of every host and who acknowledged them (SPEC.md, A1 to A21). Pure: no clock, no I/O;
 * the pipeline passes instants in and carries the changes to the store and the live log. Main thread.
 * Cost: O(1) a call; O(ids) for acknowledgements; O(acknowledgements with an expiry) when one falls due.
 */
import type { Acknowledgement, AckOutcome, Alert, AlertId } from '#lib/protocol/alert.ts';
import type { Evidence, HostId } from '#lib/protocol/host.ts';

/** Closed episodes stay resumable at least this long. */
export const MIN_RESUMPTION_MS = 60_000;
export const RESUMPTION_TIMEOUTS = 3;
/** The actor of what nobody did by hand. */
export const SYSTEM_ACTOR = 'system';

/** What happened to an alert, with the alert as it stands afterwards. */
export type AlertChange = {
  readonly alert: Alert;
  readonly kind: 'opened' | 'resumed' | 'closed' | 'acknowledged' | 'unacknowledged';
  readonly by: string | null;
  readonly atMs: number;
};

/** Why a host is down or gone, in words and as data. */
export type Verdict = { readonly reason: string; readonly evidence: Evidence | null };

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
};

type Episode = {
  alert: Alert;
  timeoutMs: number;
  openedSeq: number;
  closedBy: 'up' | 'left' | null;
  /** The batch whose acknowledgement is in force. */
  batchId: string | null;
};

export type AlertBookLimits = {
  /** Batches whose undo is still possible, newest kept. */
  readonly batches: number;
  /** Hosts whose last episode number is remembered, newest kept. */
  readonly episodeNumbers: number;
};

const DEFAULT_LIMITS: AlertBookLimits = { batches: 100, episodeNumbers: 2_000_000 };

export class AlertBook {
  readonly #limits: AlertBookLimits;
  readonly #open = new Map<HostId, Episode>();
  /** Closed and perhaps still resumable, in the order of closing. */
  readonly #closed = new Map<HostId, Episode>();
  readonly #episodeNumbers = new Map<HostId, number>();
  readonly #batches = new Map<string, readonly AlertId[]>();
  readonly #expiring = new Set<HostId>();
  #nextExpiryAtMs = Number.POSITIVE_INFINITY;

  constructor(limits: AlertBookLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** The host's open episode, or null. */
  openOf(hostId: HostId): Alert | null {
    return this.#open.get(hostId)?.alert ?? null;
  }

  /** An episode that is open, or closed and still resumable. */
  get(id: AlertId): Alert | null {
    return this.#keptEpisode(id)?.alert ?? null;
  }

  isAcknowledged(hostId: HostId): boolean {
    return (this.#open.get(hostId)?.alert.ack ?? null) !== null;
  }

  /** Opens or resumes an episode; empty when one is open already. A lapsed acknowledgement is reported as ended. */
  down(fact: DownFact): AlertChange[] {
    if (this.#open.has(fact.hostId)) return [];
    const last = this.#closed.get(fact.hostId);
    if (last && isResumable(last, fact.atMs)) return this.#resume(last, fact);
    const number = (this.#episodeNumbers.get(fact.hostId) ?? 0) + 1;
    this.#rememberNumber(fact.hostId, number);
    this.#closed.delete(fact.hostId);
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
    this.#open.set(fact.hostId, {
      alert,
      timeoutMs: fact.timeoutMs,
      openedSeq: fact.seq,
      closedBy: null,
      batchId: null,
    });
    return [{ alert, kind: 'opened', by: null, atMs: fact.atMs }];
  }

  #resume(episode: Episode, fact: DownFact): AlertChange[] {
    this.#closed.delete(fact.hostId);
    this.#open.set(fact.hostId, episode);
    episode.closedBy = null;
    episode.timeoutMs = fact.timeoutMs;
    episode.openedSeq = fact.seq;
    episode.alert = { ...episode.alert, host: fact.host, closedAt: null, ...fact.verdict };
    const changes: AlertChange[] = [{ alert: episode.alert, kind: 'resumed', by: null, atMs: fact.atMs }];
    if (isExpired(episode.alert.ack, fact.atMs)) changes.push(this.#endAck(episode, SYSTEM_ACTOR, fact.atMs));
    else this.#watchExpiry(episode);
    return changes;
  }

  up(hostId: HostId, atMs: number): AlertChange[] {
    return this.#close(hostId, atMs, 'up', null);
  }

  left(hostId: HostId, atMs: number, bye: Verdict): AlertChange[] {
    return this.#close(hostId, atMs, 'left', bye);
  }

  #close(hostId: HostId, atMs: number, closedBy: 'up' | 'left', verdict: Verdict | null): AlertChange[] {
    const episode = this.#open.get(hostId);
    if (!episode) return [];
    this.#open.delete(hostId);
    this.#expiring.delete(hostId);
    episode.closedBy = closedBy;
    episode.alert = { ...episode.alert, ...verdict, closedAt: atMs };
    this.#closed.set(hostId, episode);
    return [{ alert: episode.alert, kind: 'closed', by: null, atMs }];
  }

  /** Results in the order of the ids, each once. */
  acknowledge(
    ids: Iterable<AlertId>,
    order: AckOrder,
    nowMs: number,
  ): { results: AckEntryResult[]; changes: AlertChange[] } {
    const results: AckEntryResult[] = [];
    const changes: AlertChange[] = [];
    const acked: AlertId[] = [];
    for (const id of new Set(ids)) {
      const episode = this.#openEpisode(id);
      if (episode === null || (order.maxOpenedSeq !== null && episode.openedSeq > order.maxOpenedSeq)) {
        results.push({ id, outcome: 'skipped', ack: null });
        continue;
      }
      if (isExpired(episode.alert.ack, nowMs)) changes.push(this.#endAck(episode, SYSTEM_ACTOR, nowMs));
      if (episode.alert.ack !== null) {
        results.push({ id, outcome: 'alreadyAcked', ack: episode.alert.ack });
        continue;
      }
      const ack: Acknowledgement = {
        by: order.by,
        at: nowMs,
        comment: order.comment,
        expiresAt: order.expiresInMs === null ? null : nowMs + order.expiresInMs,
      };
      episode.alert = { ...episode.alert, ack };
      episode.batchId = order.batchId;
      this.#watchExpiry(episode);
      acked.push(id);
      results.push({ id, outcome: 'acked', ack });
      changes.push({ alert: episode.alert, kind: 'acknowledged', by: order.by, atMs: nowMs });
    }
    if (acked.length > 0) this.#rememberBatch(order.batchId, acked);
    return { results, changes };
  }

  /**
   * Ends acknowledgements by alert id, or those one batch set, which also takes it from episodes that would get
   * it back by being resumed. Unknown ids and batches are skipped.
   */
  unacknowledge(
    target: { readonly ids: Iterable<AlertId> } | { readonly batchId: string },
    by: string,
    nowMs: number,
  ): { skipped: number; changes: AlertChange[] } {
    const batchId = 'batchId' in target ? target.batchId : null;
    const ids = 'batchId' in target ? (this.#batches.get(target.batchId) ?? []) : target.ids;
    const changes: AlertChange[] = [];
    let skipped = 0;
    for (const id of new Set(ids)) {
      const episode = batchId === null ? this.#openEpisode(id) : this.#episodeHeldBy(id, batchId, nowMs);
      if (episode === null || episode.alert.ack === null) skipped++;
      else changes.push(this.#endAck(episode, by, nowMs));
    }
    if (batchId !== null) this.#batches.delete(batchId);
    return { skipped, changes };
  }

  /**
   * Takes back acknowledgements that could not be stored, as if they had never been; also those whose episode
   * has closed meanwhile. Gives the alerts as they stand now.
   */
  revoke(batchId: string): Alert[] {
    const reverted: Alert[] = [];
    for (const id of this.#batches.get(batchId) ?? []) {
      const episode = this.#keptEpisode(id);
      if (episode === null || episode.batchId !== batchId) continue;
      this.#clearAck(episode);
      reverted.push(episode.alert);
    }
    this.#batches.delete(batchId);
    return reverted;
  }

  /**
   * Ends what has expired by `nowMs`, at most `limit`: as many changes mean that more may be due. Forgets closed
   * episodes that can no longer be resumed.
   */
  expire(nowMs: number, limit = Number.POSITIVE_INFINITY): AlertChange[] {
    for (const [hostId, episode] of this.#closed) {
      if (nowMs - episode.alert.closedAt! <= resumptionMs(episode.timeoutMs)) break;
      this.#closed.delete(hostId);
    }
    if (nowMs < this.#nextExpiryAtMs) return [];
    const changes: AlertChange[] = [];
    this.#nextExpiryAtMs = Number.POSITIVE_INFINITY;
    for (const hostId of this.#expiring) {
      if (changes.length === limit) {
        this.#nextExpiryAtMs = nowMs;
        break;
      }
      const episode = this.#open.get(hostId)!;
      if (isExpired(episode.alert.ack, nowMs)) changes.push(this.#endAck(episode, SYSTEM_ACTOR, nowMs));
      else this.#nextExpiryAtMs = Math.min(this.#nextExpiryAtMs, episode.alert.ack!.expiresAt!);
    }
    return changes;
  }

  #openEpisode(id: AlertId): Episode | null {
    const episode = this.#open.get(hostIdOf(id));
    return episode?.alert.id === id ? episode : null;
  }

  /** Open, or closed and not forgotten. */
  #keptEpisode(id: AlertId): Episode | null {
    const hostId = hostIdOf(id);
    const episode = this.#open.get(hostId) ?? this.#closed.get(hostId);
    return episode?.alert.id === id ? episode : null;
  }

  /** An episode the batch's acknowledgement is in force for, or would be when it is resumed. */
  #episodeHeldBy(id: AlertId, batchId: string, nowMs: number): Episode | null {
    const episode = this.#keptEpisode(id);
    if (episode === null || episode.batchId !== batchId) return null;
    if (episode.closedBy === null) return episode;
    return isResumable(episode, nowMs) && !isExpired(episode.alert.ack, nowMs) ? episode : null;
  }

  #endAck(episode: Episode, by: string, atMs: number): AlertChange {
    this.#clearAck(episode);
    return { alert: episode.alert, kind: 'unacknowledged', by, atMs };
  }

  #clearAck(episode: Episode): void {
    episode.alert = { ...episode.alert, ack: null };
    episode.batchId = null;
    this.#expiring.delete(episode.alert.hostId);
  }

  #watchExpiry(episode: Episode): void {
    const expiresAt = episode.alert.ack?.expiresAt ?? null;
    if (expiresAt === null) return;
    this.#expiring.add(episode.alert.hostId);
    this.#nextExpiryAtMs = Math.min(this.#nextExpiryAtMs, expiresAt);
  }

  #rememberNumber(hostId: HostId, number: number): void {
    this.#episodeNumbers.delete(hostId);
    this.#episodeNumbers.set(hostId, number);
    dropOldest(this.#episodeNumbers, this.#limits.episodeNumbers);
  }

  #rememberBatch(batchId: string, ids: readonly AlertId[]): void {
    this.#batches.set(batchId, ids);
    dropOldest(this.#batches, this.#limits.batches);
  }
}

/** How long after its recovery a host's next down is still the same episode. */
export function resumptionMs(timeoutMs: number): number {
  return Math.max(RESUMPTION_TIMEOUTS * timeoutMs, MIN_RESUMPTION_MS);
}

function isResumable({ closedBy, alert, timeoutMs }: Episode, atMs: number): boolean {
  return closedBy === 'up' && atMs - alert.closedAt! <= resumptionMs(timeoutMs);
}

/** Whatever is no alert id names a host that has no episode. */
function hostIdOf(id: AlertId): HostId {
  return id.slice(0, Math.max(0, id.lastIndexOf('-')));
}

function isExpired(ack: Acknowledgement | null, nowMs: number): boolean {
  return ack !== null && ack.expiresAt !== null && ack.expiresAt <= nowMs;
}

/** A Map iterates in the order of insertion, so the first key is the oldest. */
function dropOldest<K, V>(map: Map<K, V>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}

/**
 * One down episode as the book keeps it: the alert, what resumption and undo need, and what commands decided on it
 * that the store has not kept yet. Pure; O(1) a call. Which episode a host has is the book's to know.
 */
import { type Acknowledgement, type Alert, type AlertId, resumptionMs } from '#lib/protocol/alert.ts';
import type { Evidence } from '#lib/protocol/host.ts';

/** Why a host is down or gone, in words and as data. */
export type Verdict = { readonly reason: string; readonly evidence: Evidence | null };

export type ClosedBy = 'up' | 'left' | 'removed';

/** An episode as it is kept over a restart. */
export type EpisodeRecord = {
  readonly alert: Alert;
  /** By which the host was judged when it opened or last resumed. */
  readonly timeoutMs: number;
  readonly closedBy: ClosedBy | null;
  /** The batch whose acknowledgement is in force. */
  readonly batchId: string | null;
  /** When its host went down last: when it opened, or was resumed. */
  readonly downAt: number;
};

/**
 * What happened to an episode, with the episode as it stands afterwards. `sealed`: it was closed before and can
 * no longer be resumed.
 */
export type AlertChange = EpisodeRecord & {
  readonly kind: 'opened' | 'resumed' | 'closed' | 'sealed' | 'acknowledged' | 'unacknowledged';
  readonly by: string | null;
  readonly atMs: number;
};

/** An acknowledgement and the batch that set it. */
type Held = { readonly ack: Acknowledgement | null; readonly batchId: string | null };

/** A command's changes until the store has kept or refused them. */
export class Decision {
  readonly episodes: Episode[] = [];
  /** The batch it set, or ended as a whole. */
  batch: { readonly id: string; readonly ids: readonly AlertId[]; readonly ended: boolean } | null = null;
  /** It was refused. */
  failed = false;
}

type Unsettled = { readonly decision: Decision; before: Held; older: Unsettled | null };

export class Episode {
  alert: Alert;
  timeoutMs: number;
  /** The sequence number it opened or last resumed with. */
  openedSeq: number;
  closedBy: ClosedBy | null;
  batchId: string | null;
  downAt: number;
  /** Newest first. */
  #unsettled: Unsettled | null = null;

  constructor({ alert, timeoutMs, closedBy, batchId, downAt }: EpisodeRecord, openedSeq: number) {
    this.alert = alert;
    this.timeoutMs = timeoutMs;
    this.openedSeq = openedSeq;
    this.closedBy = closedBy;
    this.batchId = batchId;
    this.downAt = downAt;
  }

  record(): EpisodeRecord {
    const { alert, timeoutMs, closedBy, batchId, downAt } = this;
    return { alert, timeoutMs, closedBy, batchId, downAt };
  }

  change(kind: AlertChange['kind'], by: string | null, atMs: number): AlertChange {
    const { alert, timeoutMs, closedBy, batchId, downAt } = this;
    return { alert, timeoutMs, closedBy, batchId, downAt, kind, by, atMs };
  }

  /** Acknowledges it, or ends its acknowledgement, for a command the store may still refuse. */
  decide(decision: Decision, ack: Acknowledgement | null, batchId: string | null): void {
    this.#unsettled = { decision, before: this.#held(), older: this.#unsettled };
    this.#hold({ ack, batchId });
    decision.episodes.push(this);
  }

  /** Ends its acknowledgement for good: nothing that is refused later brings an older one back. */
  lapse(): void {
    this.#unsettled = null;
    this.#hold({ ack: null, batchId: null });
  }

  /** The newest command whose change of it is not yet kept, or null. */
  get unsettledDecision(): Decision | null {
    return this.#unsettled?.decision ?? null;
  }

  /** The alert with the acknowledgement that the store is known to have. */
  get settled(): Alert {
    let oldest = this.#unsettled;
    if (oldest === null) return this.alert;
    while (oldest.older !== null) oldest = oldest.older;
    return { ...this.alert, ack: oldest.before.ack };
  }

  kept(decision: Decision): void {
    this.#unlink(decision);
  }

  /** As if the command had not been; a newer one's change stays. True when that changes the acknowledgement. */
  refused(decision: Decision): boolean {
    const found = this.#unlink(decision);
    if (found === null) return false;
    if (found.newer !== null) found.newer.before = found.entry.before;
    else this.#hold(found.entry.before);
    return found.newer === null;
  }

  #unlink(decision: Decision): { entry: Unsettled; newer: Unsettled | null } | null {
    let newer: Unsettled | null = null;
    for (let entry = this.#unsettled; entry !== null; newer = entry, entry = entry.older) {
      if (entry.decision !== decision) continue;
      if (newer === null) this.#unsettled = entry.older;
      else newer.older = entry.older;
      return { entry, newer };
    }
    return null;
  }

  #held(): Held {
    return { ack: this.alert.ack, batchId: this.batchId };
  }

  #hold({ ack, batchId }: Held): void {
    this.alert = { ...this.alert, ack };
    this.batchId = batchId;
  }

  isExpired(nowMs: number): boolean {
    const expiresAt = this.alert.ack?.expiresAt ?? null;
    return expiresAt !== null && expiresAt <= nowMs;
  }

  isResumable(atMs: number): boolean {
    return this.closedBy === 'up' && atMs - this.alert.closedAt! <= resumptionMs(this.timeoutMs);
  }
}

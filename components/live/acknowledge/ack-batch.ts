/**
 * Owns what an acknowledgement made in this browser is, and what alerts look like with it. Apart from ack-batches.ts,
 * which says how one goes on, because pages need it to be drawn. Pure.
 */
import type { Acknowledgement, Alert, AlertId } from '#lib/protocol/alert.ts';

export type AckTarget = { readonly id: AlertId; readonly host: string };

/**
 * sending → acked → undoing → undone, or back to acked when the undo fails; sending → failed. `acked` also when the
 * server skipped some or all: `refused` names them.
 */
export type AckBatch = {
  readonly key: number;
  /** Empty for a batch by filter: the server chose the hosts. */
  readonly targets: readonly AckTarget[];
  readonly phase: 'sending' | 'acked' | 'undoing' | 'undone' | 'failed';
  /** As shown while the server has not answered. */
  readonly ack: Acknowledgement;
  /** The live alerts when this phase began: an alert that differs from its copy here has newer news. */
  readonly seen: ReadonlyMap<AlertId, Alert>;
  readonly batchId: string | null;
  readonly acked: number;
  readonly alreadyAcked: number;
  /** Who had it before, when a lone target was acknowledged already. */
  readonly firstOwner: string | null;
  readonly skipped: number;
  /** Targets the server did not acknowledge, with the host's state now (null: the host is gone). */
  readonly refused: readonly { readonly target: AckTarget; readonly state: string | null }[];
  /** Why the acknowledgement or its undo failed. */
  readonly problem: { readonly code: string; readonly detail: string } | null;
};

export type AckBatches = readonly AckBatch[];

/** Undo is offered until the batch is forgotten; one that failed may be tried again. */
export function canUndo(batch: AckBatch): boolean {
  return batch.phase === 'acked' && batch.acked > 0;
}

/**
 * An alert as this browser shows it: with what was done here laid over it until newer news of it arrives.
 * `live`: what the live view holds of it now. O(batches).
 */
export function withOwnAcks(alert: Alert, batches: AckBatches, live: Alert | undefined): Alert {
  let shown = alert;
  for (const batch of batches) {
    const ack = ownAck(batch, alert.id);
    if (ack !== undefined && alert.closedAt === null && batch.seen.get(alert.id) === live) {
      shown = { ...alert, ack };
    }
  }
  return shown;
}

/** What a batch says of an alert: acknowledged so, not acknowledged (null), or nothing (undefined). */
function ownAck(batch: AckBatch, id: AlertId): Acknowledgement | null | undefined {
  if (!batch.targets.some((target) => target.id === id)) return undefined;
  if (batch.phase === 'undoing' || batch.phase === 'undone') return null;
  if (batch.phase === 'failed') return undefined;
  const refused = batch.refused.some(({ target }) => target.id === id);
  return refused || (batch.phase === 'acked' && batch.acked === 0) ? undefined : batch.ack;
}

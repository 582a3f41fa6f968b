/**
 * Owns what this browser acknowledged a moment ago: shown before the server answers, taken back when it refuses,
 * undone on request. A pure reducer over a few batches; knows no fetch, no timer, no React.
 */
import type { AckAnswer, Acknowledgement, Alert, AlertId } from '#lib/protocol/alert.ts';

/** How long undo is offered after the server has acknowledged; then the batch is forgotten. */
export const UNDO_MS = 10_000;
const MAX_BATCHES = 8;

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

export type AckEvent =
  | {
      readonly type: 'sent';
      readonly key: number;
      readonly targets: readonly AckTarget[];
      readonly ack: Acknowledgement;
      readonly seen: ReadonlyMap<AlertId, Alert>;
    }
  | { readonly type: 'answered'; readonly key: number; readonly answer: AckAnswer }
  | { readonly type: 'failed'; readonly key: number; readonly code: string; readonly detail: string }
  | { readonly type: 'undoing'; readonly key: number; readonly seen: ReadonlyMap<AlertId, Alert> }
  | { readonly type: 'undone'; readonly key: number }
  | { readonly type: 'undoFailed'; readonly key: number; readonly code: string; readonly detail: string }
  | { readonly type: 'forgotten'; readonly key: number };

export function reduceAckBatches(batches: AckBatches, event: AckEvent): AckBatches {
  if (event.type === 'sent') {
    const batch: AckBatch = {
      key: event.key,
      targets: event.targets,
      phase: 'sending',
      ack: event.ack,
      seen: event.seen,
      batchId: null,
      acked: 0,
      alreadyAcked: 0,
      firstOwner: null,
      skipped: 0,
      refused: [],
      problem: null,
    };
    // A batch still under way is never dropped: its answer has to find it.
    const settled = batches.filter((one) => one.phase !== 'sending' && one.phase !== 'undoing');
    const surplus = new Set(settled.slice(0, Math.max(0, batches.length + 1 - MAX_BATCHES)));
    return [...batches.filter((one) => !surplus.has(one)), batch];
  }
  if (event.type === 'forgotten') return batches.filter((batch) => batch.key !== event.key);
  return batches.map((batch) => (batch.key === event.key ? next(batch, event) : batch));
}

function next(batch: AckBatch, event: Exclude<AckEvent, { type: 'sent' | 'forgotten' }>): AckBatch {
  switch (event.type) {
    case 'answered': {
      if (batch.phase !== 'sending') return batch;
      const { answer } = event;
      const byId = new Map(batch.targets.map((target) => [target.id, target]));
      const refused = (answer.results ?? []).flatMap(({ id, outcome, state }) => {
        const target = byId.get(id);
        return outcome === 'skipped' && target ? [{ target, state }] : [];
      });
      const lone = batch.targets.length === 1 ? answer.results?.[0] : undefined;
      return {
        ...batch,
        phase: 'acked',
        batchId: answer.batchId,
        acked: answer.acked,
        alreadyAcked: answer.alreadyAcked,
        firstOwner: lone?.outcome === 'alreadyAcked' ? (lone.ack?.by ?? null) : null,
        skipped: answer.skipped,
        refused,
      };
    }
    case 'failed':
      return batch.phase === 'sending'
        ? { ...batch, phase: 'failed', problem: { code: event.code, detail: event.detail } }
        : batch;
    case 'undoing':
      return canUndo(batch) ? { ...batch, phase: 'undoing', seen: event.seen, problem: null } : batch;
    case 'undone':
      return batch.phase === 'undoing' ? { ...batch, phase: 'undone' } : batch;
    case 'undoFailed':
      return batch.phase === 'undoing'
        ? { ...batch, phase: 'acked', problem: { code: event.code, detail: event.detail } }
        : batch;
  }
}

/** Undo is offered until the batch is forgotten; one that failed may be tried again. */
export function canUndo(batch: AckBatch): boolean {
  return batch.phase === 'acked' && batch.acked > 0;
}

/** The batch that `z` undoes: the newest that can be. */
export function lastUndoable(batches: AckBatches): AckBatch | null {
  return batches.findLast(canUndo) ?? null;
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

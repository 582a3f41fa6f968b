/**
 * Owns what this browser acknowledged a moment ago: shown before the server answers, taken back when it refuses,
 * undone on request. A pure reducer over a few batches; knows no fetch, no timer, no React.
 */
import type { AckAnswer, Acknowledgement, Alert, AlertId } from '#lib/protocol/alert.ts';
import { type AckBatch, type AckBatches, type AckTarget, canUndo } from './ack-batch.ts';

/** How long undo is offered after the server has acknowledged; then the batch is forgotten. */
export const UNDO_MS = 10_000;
const MAX_BATCHES = 8;

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

/** The batch that `z` undoes: the newest that can be. */
export function lastUndoable(batches: AckBatches): AckBatch | null {
  return batches.findLast(canUndo) ?? null;
}

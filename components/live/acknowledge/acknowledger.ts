/**
 * Owns the calls behind "acknowledge" and "undo": optimistic, told in a toast, taken back when the server refuses.
 * Knows no React; fetched after the page (use-acknowledge.ts).
 */
import type { Live } from '@/lib/client/live.ts';
import { steadyNowMs } from '@/lib/client/steady-clock.ts';
import type { AckRequest, HostFilter } from '@/lib/protocol/api.ts';
import type { Position } from '@/lib/protocol/position.ts';
import type { Translator } from '../../i18n/translator.ts';
import { showToast } from '../../ui/toast.ts';
import { problemOf, type ReadProblem } from '../read-problem.ts';
import { type AckBatch, type AckTarget, canUndo } from './ack-batch.ts';
import { type AckEvent, lastUndoable, reduceAckBatches, UNDO_MS } from './ack-batches.ts';
import { ackStore } from './ack-store.ts';

export type AckOptions = { readonly comment?: string; readonly expiresInMs?: number; readonly by?: string };

/** All that match, as the server counted them at a position. */
export type AckMatching = { readonly filter: HostFilter; readonly at: Position };

/** Nothing here rejects or waits: how it went, also that it went wrong, is said on the page. */
export type Acknowledger = {
  acknowledge(targets: readonly AckTarget[], options: AckOptions): void;
  acknowledgeMatching(matching: AckMatching, options: AckOptions): void;
  /** Undoes the newest batch that can be; nothing when there is none. */
  undoLast(): void;
  undo(batch: Pick<AckBatch, 'key' | 'batchId'>): void;
  /** Ends acknowledgements of any age and owner. */
  takeBack(targets: readonly AckTarget[]): void;
};

type Said = Translator<'alerts.said'>;

/** How long what went wrong stays on the screen. */
const PROBLEM_MS = 15_000;

const dismissToast = new Map<number, () => void>();
let nextKey = 1;

function dispatch(event: AckEvent): void {
  ackStore.setState(reduceAckBatches(ackStore.getState(), event), true);
}

/** Refusals that say that what this page was told of its reader is out of date. */
const ABOUT_THE_READER: ReadonlySet<string> = new Set(['forbidden', 'unauthenticated', 'comment_required']);

/**
 * `operator`: who acknowledges, where the options do not say. `onOutdated`: what the page offers was refused to this
 * reader; what they may do is to be read again.
 */
export function createAcknowledger(
  { api, store }: Live,
  t: Said,
  operator: string,
  onOutdated: () => void,
): Acknowledger {
  const noted = (error: unknown): ReadProblem => {
    const problem = problemOf(error);
    if (ABOUT_THE_READER.has(problem.code)) onOutdated();
    return problem;
  };

  const undo = async ({ key, batchId }: Pick<AckBatch, 'key' | 'batchId'>, by: string): Promise<void> => {
    if (batchId === null) return;
    dismissToast.get(key)?.();
    dispatch({ type: 'undoing', key, seen: store.getState().alerts });
    try {
      const answer = await api.unack({ batchId, by });
      dispatch({ type: 'undone', key });
      forget(key);
      showToast({ text: answer.unacked > 0 ? t('undone', { count: answer.unacked }) : t('undoneNone') });
    } catch (error) {
      const { code, detail } = noted(error);
      dispatch({ type: 'undoFailed', key, code, detail });
      forget(key);
      showToast({
        text: t('undoFailed', { code, detail }),
        tone: 'danger',
        undo: () => void undo({ key, batchId }, by),
        durationMs: PROBLEM_MS,
      });
    }
  };

  const send = async (targets: readonly AckTarget[], request: AckRequest): Promise<void> => {
    const key = nextKey++;
    const by = request.by ?? '';
    const nowMs = steadyNowMs();
    const ack = {
      by,
      at: nowMs + (store.getState().link.serverOffsetMs ?? 0),
      comment: request.comment ?? null,
      expiresAt: request.expiresInMs === undefined ? null : nowMs + request.expiresInMs,
    };
    dispatch({ type: 'sent', key, targets, ack, seen: store.getState().alerts });
    try {
      const answer = await api.ack(request);
      dispatch({ type: 'answered', key, answer });
    } catch (error) {
      const { code, detail } = noted(error);
      dispatch({ type: 'failed', key, code, detail });
      showToast({ text: t('failed', { code, detail }), tone: 'danger', durationMs: PROBLEM_MS });
      forget(key);
      return;
    }
    const batch = ackStore.getState().find((one) => one.key === key);
    if (batch) say(batch, t, () => void undo(batch, by));
    forget(key);
  };

  const takeBack = async (targets: readonly AckTarget[]): Promise<void> => {
    try {
      const answer = await api.unack({ ids: targets.map(({ id }) => id), by: operator });
      showToast({ text: answer.unacked > 0 ? t('undone', { count: answer.unacked }) : t('undoneNone') });
    } catch (error) {
      const { code, detail } = noted(error);
      showToast({
        text: t('undoFailed', { code, detail }),
        tone: 'danger',
        durationMs: PROBLEM_MS,
      });
    }
  };

  return {
    acknowledge: (targets, options) =>
      void send(targets, { ids: targets.map(({ id }) => id), by: operator, ...options }),
    acknowledgeMatching: (matching, options) => void send([], { ...matching, by: operator, ...options }),
    undoLast: () => {
      const batch = lastUndoable(ackStore.getState());
      if (batch) void undo(batch, operator);
    },
    undo: (batch) => void undo(batch, operator),
    takeBack: (targets) => void takeBack(targets),
  };
}

/** A settled batch is kept while its undo is offered, and a little longer while the live view follows. */
function forget(key: number): void {
  setTimeout(() => {
    dismissToast.delete(key);
    const batch = ackStore.getState().find((one) => one.key === key);
    if (batch && batch.phase !== 'sending' && batch.phase !== 'undoing') dispatch({ type: 'forgotten', key });
  }, UNDO_MS);
}

function say(batch: AckBatch, t: Said, undo: () => void): void {
  const lone = batch.targets.length === 1 ? batch.targets[0] : undefined;
  if (canUndo(batch)) {
    const text = lone ? t('acked', { host: lone.host }) : t('ackedMany', { count: batch.acked });
    dismissToast.set(batch.key, showToast({ text, undo, durationMs: UNDO_MS }));
  }
  if (batch.alreadyAcked > 0) {
    showToast({
      text:
        lone && batch.firstOwner !== null
          ? t('already', { host: lone.host, name: batch.firstOwner })
          : t('alreadyMany', { count: batch.alreadyAcked }),
    });
  }
  const refused = batch.refused[0];
  if (refused && lone) {
    const state = refused.state ?? 'unknown';
    showToast({ text: t('refused', { host: lone.host, state }), tone: 'danger', durationMs: PROBLEM_MS });
  } else if (batch.skipped > 0) {
    showToast({ text: t('refusedMany', { count: batch.skipped }), tone: 'danger', durationMs: PROBLEM_MS });
  } else if (batch.acked + batch.alreadyAcked === 0) {
    showToast({ text: t('nothing') });
  }
}

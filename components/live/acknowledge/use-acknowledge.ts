'use client';

/**
 * Owns the calls behind "acknowledge" and "undo": optimistic, told in a toast, taken back when the server refuses.
 * One list of batches for the whole page, so that an undo outlives a change of the view.
 */
import { useCallback, useSyncExternalStore } from 'react';
import { useTranslations } from 'use-intl';
import { createStore } from 'zustand/vanilla';
import { ApiError } from '@/lib/client/api-client.ts';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { AckRequest, HostFilter } from '@/lib/protocol/api.ts';
import type { Position } from '@/lib/protocol/position.ts';
import { showToast } from '../../ui/toast.ts';
import { useOperator } from '../browser-setting.ts';
import {
  type AckBatch,
  type AckBatches,
  type AckEvent,
  type AckTarget,
  canUndo,
  lastUndoable,
  reduceAckBatches,
  UNDO_MS,
} from './ack-batches.ts';

/** What the server takes: longer comments are cut off by the form. */
export const MAX_COMMENT_LENGTH = 500;
/** How long what went wrong stays on the screen. */
const PROBLEM_MS = 15_000;

export type AckOptions = { readonly comment?: string; readonly expiresInMs?: number; readonly by?: string };

/** All that match, as the server counted them at a position. */
export type AckMatching = { readonly filter: HostFilter; readonly at: Position };

const batchStore = createStore<AckBatches>(() => []);
const dismissToast = new Map<number, () => void>();
let nextKey = 1;

function dispatch(event: AckEvent): void {
  batchStore.setState(reduceAckBatches(batchStore.getState(), event), true);
}

function problemOf(error: unknown): { code: string; detail: string } {
  if (error instanceof ApiError) return { code: error.code, detail: error.detail };
  return { code: 'network', detail: String(error) };
}

/** What was acknowledged here a moment ago, oldest first. */
export function useAckBatches(): AckBatches {
  return useSyncExternalStore(batchStore.subscribe, batchStore.getState, batchStore.getInitialState);
}

export type Acknowledger = {
  /** True when the server acknowledged anything. Never rejects: what goes wrong is said on the page. */
  acknowledge(targets: readonly AckTarget[], options: AckOptions): Promise<boolean>;
  acknowledgeMatching(matching: AckMatching, options: AckOptions): Promise<boolean>;
  /** Undoes the newest batch that can be; false when there is none. */
  undoLast(): boolean;
  undo(batch: Pick<AckBatch, 'key' | 'batchId'>): void;
  /** Ends acknowledgements of any age and owner. */
  takeBack(targets: readonly AckTarget[]): Promise<void>;
};

export function useAcknowledger(): Acknowledger {
  const { api, store } = useLiveHandle();
  const t = useTranslations('alerts.said');
  const [operator] = useOperator();

  const undo = useCallback(
    async ({ key, batchId }: Pick<AckBatch, 'key' | 'batchId'>, by: string): Promise<void> => {
      if (batchId === null) return;
      dismissToast.get(key)?.();
      dispatch({ type: 'undoing', key, seen: store.getState().alerts });
      try {
        const answer = await api.unack({ batchId, by });
        dispatch({ type: 'undone', key });
        forget(key);
        showToast({ text: answer.unacked > 0 ? t('undone', { count: answer.unacked }) : t('undoneNone') });
      } catch (error) {
        const { code, detail } = problemOf(error);
        dispatch({ type: 'undoFailed', key, code, detail });
        forget(key);
        showToast({
          text: code === 'network' ? t('undoFailedNetwork') : t('undoFailed', { detail }),
          tone: 'danger',
          undo: () => void undo({ key, batchId }, by),
          durationMs: PROBLEM_MS,
        });
      }
    },
    [api, store, t],
  );

  const send = useCallback(
    async (targets: readonly AckTarget[], request: AckRequest): Promise<boolean> => {
      const key = nextKey++;
      const by = request.by ?? '';
      const nowMs = Date.now();
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
        const { code, detail } = problemOf(error);
        dispatch({ type: 'failed', key, code, detail });
        const text =
          code === 'network'
            ? t('failedNetwork')
            : code === 'stale_position'
              ? t('failedStale')
              : t('failed', { detail });
        showToast({ text, tone: 'danger', durationMs: PROBLEM_MS });
        forget(key);
        return false;
      }
      const batch = batchStore.getState().find((one) => one.key === key);
      if (batch) say(batch, t, () => void undo(batch, by));
      forget(key);
      return (batch?.acked ?? 0) > 0;
    },
    [api, store, t, undo],
  );

  const acknowledge = useCallback(
    (targets: readonly AckTarget[], options: AckOptions) =>
      send(targets, { ids: targets.map(({ id }) => id), by: operator, ...options }),
    [send, operator],
  );
  const acknowledgeMatching = useCallback(
    (matching: AckMatching, options: AckOptions) => send([], { ...matching, by: operator, ...options }),
    [send, operator],
  );
  const takeBack = useCallback(
    async (targets: readonly AckTarget[]) => {
      try {
        const answer = await api.unack({ ids: targets.map(({ id }) => id), by: operator });
        showToast({ text: answer.unacked > 0 ? t('undone', { count: answer.unacked }) : t('undoneNone') });
      } catch (error) {
        const { code, detail } = problemOf(error);
        showToast({
          text: code === 'network' ? t('undoFailedNetwork') : t('undoFailed', { detail }),
          tone: 'danger',
          durationMs: PROBLEM_MS,
        });
      }
    },
    [api, operator, t],
  );
  const undoLast = useCallback(() => {
    const batch = lastUndoable(batchStore.getState());
    if (batch) void undo(batch, operator);
    return batch !== null;
  }, [undo, operator]);

  return {
    acknowledge,
    acknowledgeMatching,
    undoLast,
    undo: (batch) => void undo(batch, operator),
    takeBack,
  };
}

/** A settled batch is kept while its undo is offered, and a little longer while the live view follows. */
function forget(key: number): void {
  setTimeout(() => {
    dismissToast.delete(key);
    const batch = batchStore.getState().find((one) => one.key === key);
    if (batch && batch.phase !== 'sending' && batch.phase !== 'undoing') dispatch({ type: 'forgotten', key });
  }, UNDO_MS);
}

function say(batch: AckBatch, t: ReturnType<typeof useTranslations<'alerts.said'>>, undo: () => void): void {
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

'use client';

/**
 * Owns one window of the list of alerts: read from the server, and again when alerts changed, at most once a second.
 */
import { useEffect, useRef, useState } from 'react';
import { steadyNowMs } from '@/lib/client/steady-clock.ts';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import { STALE_AFTER_MS } from '@/lib/protocol/alert.ts';
import { type ReadProblem, readProblem } from '../live/read-problem.ts';
import type { AlertWindow } from './alert-list.ts';
import { ALERTS_PER_PAGE, type AlertQuery } from './alert-query.ts';

const CHANGED_EVERY_MS = 1_000;
/** Without any sign of change the list is read again this often: a safety net, and the retry after a failure. */
const EVERY_MS = 10_000;
/** While the live view comes by polling, who took what is here within a second all the same. */
const EVERY_WHILE_POLLING_MS = 800;

export type ReadAlerts = AlertWindow & {
  readonly key: string;
  readonly nextCursor: string | null;
};

export type AlertWindowState = {
  readonly window: ReadAlerts | null;
  readonly loading: boolean;
  readonly problem: ReadProblem | null;
  reload(): void;
};

/** `key` must change exactly when the query does; `settled` when an act of this browser was answered. */
export function useAlertWindow(query: AlertQuery, key: string, settled: string): AlertWindowState {
  const { api, store } = useLiveHandle();
  const [window, setWindow] = useState<ReadAlerts | null>(null);
  const [problem, setProblem] = useState<ReadProblem | null>(null);
  const [attempt, setAttempt] = useState(0);
  const readSoon = useRef<() => void>(() => undefined);

  // biome-ignore lint/correctness/useExhaustiveDependencies(attempt): a reload is a new attempt at the same.
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let startedAtMs = Number.NEGATIVE_INFINITY;
    let reading = false;
    let again = false;
    let shown = false;

    const read = async (): Promise<void> => {
      timer = undefined;
      reading = true;
      again = false;
      startedAtMs = performance.now();
      try {
        const { status, cursor } = query;
        const nowMs = steadyNowMs() + (store.getState().link.serverOffsetMs ?? 0);
        const { position, alerts, nextCursor } = await api.alerts(
          { status, limit: ALERTS_PER_PAGE, ...(cursor === null ? {} : { cursor }) },
          abort.signal,
        );
        // Asked for before the pause began: the list stands still all the same.
        if (!shown || store.getState().link.status !== 'paused') {
          shown = true;
          const staleBeforeMs = nowMs - STALE_AFTER_MS;
          setWindow({ key, position, alerts, hasMore: nextCursor !== null, nextCursor, staleBeforeMs });
        }
        setProblem(null);
      } catch (error) {
        if (abort.signal.aborted) return;
        setProblem(readProblem(error));
      } finally {
        reading = false;
      }
      const { transport } = store.getState().link;
      const everyMs = transport === 'polling' ? EVERY_WHILE_POLLING_MS : EVERY_MS;
      schedule(again ? Math.min(CHANGED_EVERY_MS, everyMs) : everyMs);
    };
    /** The next read, so long after the start of the last one. */
    const schedule = (afterMs: number): void => {
      if (abort.signal.aborted) return;
      clearTimeout(timer);
      timer = setTimeout(readUnlessResting, Math.max(0, startedAtMs + afterMs - performance.now()));
    };
    const readUnlessResting = (): void => {
      const resting = document.hidden || store.getState().link.status === 'paused';
      if (!resting) void read();
      else timer = setTimeout(readUnlessResting, CHANGED_EVERY_MS);
    };
    const onNews = (): void => {
      if (reading) again = true;
      else schedule(CHANGED_EVERY_MS);
    };
    readSoon.current = onNews;

    void read();
    const unsubscribe = store.subscribe((now, before) => {
      const news = now.alertsVersion !== before.alertsVersion || now.epoch !== before.epoch;
      if (news || now.link.transport !== before.link.transport) onNews();
    });
    return () => {
      abort.abort();
      clearTimeout(timer);
      unsubscribe();
    };
  }, [api, store, query, key, attempt]);

  // biome-ignore lint/correctness/useExhaustiveDependencies(settled): an answer to what was done here is news too.
  useEffect(() => readSoon.current(), [settled]);

  return {
    window,
    loading: window === null || window.key !== key,
    problem,
    reload: () => setAttempt((count) => count + 1),
  };
}

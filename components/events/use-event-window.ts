'use client';

/**
 * Owns one window of the fleet's history: read once, and left alone. The newest page is read again when hosts changed,
 * at most every 2 s, to say how much is new; it stands in only when asked for. Nothing is read while hidden or paused.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { steadyNowMs } from '@/lib/client/steady-clock.ts';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { HostEvent } from '@/lib/protocol/host.ts';
import { type ReadProblem, readProblem } from '../live/read-problem.ts';
import { type EventNews, eventNews } from './event-news.ts';
import { EVENT_RANGES, EVENTS_PER_PAGE, type EventQuery } from './event-query.ts';

const NEWS_EVERY_MS = 2_000;
/** Also the retry after a failure. */
const EVERY_MS = 10_000;

export type EventWindow = {
  /** Names the query these events answer. */
  readonly key: string;
  readonly events: readonly HostEvent[];
  readonly nextCursor: string | null;
  /** The span they are from, on the server's clock. */
  readonly fromMs: number;
  readonly toMs: number;
};

export type EventWindowState = {
  readonly window: EventWindow | null;
  readonly loading: boolean;
  readonly problem: ReadProblem | null;
  readonly news: EventNews;
  /** Shows the newest page that was read. */
  takeNews(): void;
  reload(): void;
};

const NO_NEWS: EventNews = { count: 0, more: false };

/** `key` must change exactly when the query does. */
export function useEventWindow({ range, cursor }: EventQuery, key: string): EventWindowState {
  const live = useLiveHandle();
  const [window, setWindow] = useState<EventWindow | null>(null);
  const [latest, setLatest] = useState<EventWindow | null>(null);
  const [problem, setProblem] = useState<EventWindowState['problem']>(null);
  const [attempt, setAttempt] = useState(0);
  const shown = useRef<EventWindow | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies(attempt): a reload is a new attempt at the same.
  useEffect(() => {
    const { api, store } = live;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let readAtMs = Number.NEGATIVE_INFINITY;
    let reading = false;
    let again = false;

    const take = (next: EventWindow): void => {
      if (shown.current?.key !== key) {
        shown.current = next;
        setWindow(next);
        setLatest(null);
      } else {
        setLatest(next);
      }
    };
    const read = async (): Promise<void> => {
      reading = true;
      again = false;
      readAtMs = performance.now();
      try {
        const toMs = steadyNowMs() + (store.getState().link.serverOffsetMs ?? 0);
        const fromMs = toMs - EVENT_RANGES[range];
        const { events, nextCursor } = await api.events(
          {
            from: Math.floor(fromMs),
            limit: EVENTS_PER_PAGE,
            ...(cursor === null ? {} : { cursor }),
          },
          abort.signal,
        );
        take({ key, events, nextCursor, fromMs, toMs });
        setProblem(null);
      } catch (error) {
        if (abort.signal.aborted) return;
        setProblem(readProblem(error));
      } finally {
        reading = false;
      }
      if (!abort.signal.aborted) schedule(again ? NEWS_EVERY_MS : EVERY_MS);
    };
    const schedule = (afterMs: number): void => {
      clearTimeout(timer);
      timer = setTimeout(readUnlessResting, Math.max(0, readAtMs + afterMs - performance.now()));
    };
    const readUnlessResting = (): void => {
      // A later window does not change by what happens now.
      if (cursor !== null && shown.current?.key === key) return;
      const resting = document.hidden || store.getState().link.status === 'paused';
      if (!resting) void read();
      else timer = setTimeout(readUnlessResting, NEWS_EVERY_MS);
    };

    void read();
    const unsubscribe = live.subscribeChanges(() => {
      if (reading) again = true;
      else schedule(NEWS_EVERY_MS);
    });
    return () => {
      abort.abort();
      clearTimeout(timer);
      unsubscribe();
    };
  }, [live, key, range, cursor, attempt]);

  const takeNews = useCallback(() => {
    if (latest === null) return;
    shown.current = latest;
    setWindow(latest);
    setLatest(null);
  }, [latest]);

  const current = window?.key === key ? window : null;
  const news = current && latest?.key === key ? eventNews(current.events, latest.events) : NO_NEWS;
  // Nothing stands there that could jump.
  useEffect(() => {
    if (current?.events.length === 0 && news.count > 0) takeNews();
  }, [current, news.count, takeNews]);
  return {
    window,
    loading: current === null,
    problem,
    news,
    takeNews,
    reload: () => setAttempt((count) => count + 1),
  };
}

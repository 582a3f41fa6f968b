'use client';

/** Reads the timeline of one host for a span: again every half a minute, and soon after the host changed. */
import { useEffect, useRef, useState } from 'react';
import { steadyNowMs } from '@/lib/client/steady-clock.ts';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { HostTimeline } from '@/lib/protocol/api.ts';
import { type ReadProblem, readProblem } from '../live/read-problem.ts';
import { TIMELINE_RANGES, type TimelineRange } from './timeline.ts';

const EVERY_MS = 30_000;
/** What is stored a moment after a change is in it. */
const CHANGED_AFTER_MS = 1_500;

/** With the span it was asked for. */
export type RangedTimeline = HostTimeline & { readonly range: TimelineRange };
export type TimelineState = {
  readonly timeline: RangedTimeline | null;
  readonly problem: ReadProblem | null;
};

/** `state`: of the host now; another one means that there is something new to read. */
export function useTimeline(nameOrId: string, range: TimelineRange, state: string): TimelineState {
  const { api, store } = useLiveHandle();
  const [read, setRead] = useState<TimelineState>({ timeline: null, problem: null });
  /** What was read last: a span not read yet is read at once. */
  const asked = useRef('');

  // biome-ignore lint/correctness/useExhaustiveDependencies(state): a changed host has a changed timeline.
  useEffect(() => {
    const abort = new AbortController();
    const { spanMs, buckets } = TIMELINE_RANGES[range];
    const resting = () => document.hidden || store.getState().link.status === 'paused';
    const readNow = async (): Promise<void> => {
      const to = Math.floor(steadyNowMs() + (store.getState().link.serverOffsetMs ?? 0));
      try {
        const timeline = await api.read<HostTimeline>(
          `/api/hosts/${encodeURIComponent(nameOrId)}/timeline`,
          { from: to - spanMs, to, buckets },
          abort.signal,
        );
        setRead({ timeline: { ...timeline, range }, problem: null });
      } catch (error) {
        if (!abort.signal.aborted) setRead((now) => ({ ...now, problem: readProblem(error) }));
      }
    };
    const soon = setTimeout(() => void readNow(), asked.current === range ? CHANGED_AFTER_MS : 0);
    asked.current = range;
    const timer = setInterval(() => {
      if (!resting()) void readNow();
    }, EVERY_MS);
    return () => {
      abort.abort();
      clearTimeout(soon);
      clearInterval(timer);
    };
  }, [api, store, nameOrId, range, state]);
  return read;
}

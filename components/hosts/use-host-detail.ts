'use client';

/** Reads one host again while the page is visible, and at once when it changes live. */
import { useEffect, useState } from 'react';
import { steadyNowMs } from '@/lib/client/steady-clock.ts';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { HostDetail } from '@/lib/protocol/api.ts';
import { type ReadProblem, readProblem } from '../live/read-problem.ts';

/** Below a second, so that who took it is here within one although polling brings it later. */
const EVERY_MS = 800;
const CHANGED_AFTER_MS = 60;
const MISSING_AFTER_MS = 2_000;

export type HostDetailState = {
  /** With the instant it was read, on the server's clock. Kept when a later read fails. */
  readonly detail: (HostDetail & { readonly readAtMs: number }) | null;
  /** No host has this name or id; said of a host that was shown before, too. */
  readonly unknown: boolean;
  readonly problem: ReadProblem | null;
};

const NOTHING: HostDetailState = { detail: null, unknown: false, problem: null };

export function useHostDetail(nameOrId: string): HostDetailState & { reload(): void } {
  const live = useLiveHandle();
  const [state, setState] = useState(NOTHING);
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies(attempt): a reload is a new attempt at the same.
  useEffect(() => {
    const { api, store } = live;
    const abort = new AbortController();
    let slot: number | null = null;
    let reading = false;
    let again = false;
    let missing = false;
    let soon: ReturnType<typeof setTimeout> | undefined;

    const read = async (): Promise<void> => {
      if (document.hidden || store.getState().link.status === 'paused') return;
      again = reading;
      if (reading) return;
      reading = true;
      try {
        const readAtMs = steadyNowMs() + (store.getState().link.serverOffsetMs ?? 0);
        const detail = await api.host(nameOrId, abort.signal);
        slot = detail.host.slot;
        missing = false;
        setState({ detail: { ...detail, readAtMs }, unknown: false, problem: null });
      } catch (error) {
        if (abort.signal.aborted) return;
        const problem = readProblem(error);
        const unknown = problem?.code === 'host_not_found';
        missing = unknown;
        setState((now) => ({ detail: now.detail, unknown, problem: unknown ? null : problem }));
      } finally {
        reading = false;
        if (again) readSoon();
      }
    };
    const readSoon = (): void => {
      if (soon !== undefined || abort.signal.aborted) return;
      soon = setTimeout(
        () => {
          soon = undefined;
          void read();
        },
        missing ? MISSING_AFTER_MS : CHANGED_AFTER_MS,
      );
    };

    void read();
    // A host that is not there is asked for again when hosts change: it may be the one that came.
    const timer = setInterval(() => {
      if (!missing) void read();
    }, EVERY_MS);
    const unsubscribe = live.subscribeChanges((slots) => {
      if (slots === null || missing || (slot !== null && slots.includes(slot))) readSoon();
    });
    document.addEventListener('visibilitychange', readSoon);
    return () => {
      abort.abort();
      clearInterval(timer);
      clearTimeout(soon);
      unsubscribe();
      document.removeEventListener('visibilitychange', readSoon);
    };
  }, [live, nameOrId, attempt]);

  return { ...state, reload: () => setAttempt((count) => count + 1) };
}

'use client';

/** The server's health as far as pages must say it by themselves: read when it is due, told to all that show hosts. */
import { useEffect, useState } from 'react';
import { ALL_HEARD, type Hearing, hearingOf, isHealthDue } from '@/lib/client/hearing.ts';
import { steadyNowMs } from '@/lib/client/steady-clock.ts';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { Health } from '@/lib/protocol/api.ts';
import { setDoubt } from './doubt.ts';

const LOOK_EVERY_MS = 1_000;

export type HearingView = { readonly health: Health | null; readonly hearing: Hearing };

export function useHearing(): HearingView {
  const { api, store } = useLiveHandle();
  const [view, setView] = useState<HearingView>({ health: null, hearing: ALL_HEARD });
  useEffect(() => {
    const abort = new AbortController();
    let health: Health | null = null;
    let hearing = ALL_HEARD;
    let readAtMs: number | null = null;
    let answeredAtMs: number | null = null;
    let { rates } = store.getState();
    let toldAtMs = rates === null ? null : steadyNowMs();
    let toldAtSeq = store.getState().seq;
    let reading = false;

    const show = (): void => {
      const isTold = toldAtMs !== null && (answeredAtMs === null || toldAtMs > answeredAtMs);
      hearing = hearingOf(health, isTold ? (rates?.blind ?? false) : null);
      setView({ health, hearing });
      setDoubt(hearing.inDoubt);
    };
    const read = async (): Promise<void> => {
      reading = true;
      const askedAtMs = steadyNowMs();
      readAtMs = askedAtMs;
      try {
        health = await api.health(abort.signal);
        answeredAtMs = askedAtMs;
      } catch {
        // The last answer stays: that the server is out of reach is the connection pill's to say.
      }
      reading = false;
      if (!abort.signal.aborted) show();
    };
    const look = (): void => {
      const { link, seq } = store.getState();
      const resting = document.hidden || link.status === 'signed-out' || link.status === 'paused';
      if (reading || resting) return;
      const told = rates?.blind ?? false;
      const changedSince = seq !== toldAtSeq;
      const due = { nowMs: steadyNowMs(), readAtMs, toldAtMs, told, changedSince, inDoubt: hearing.inDoubt };
      if (isHealthDue(due)) void read();
    };
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    const unsubscribe = store.subscribe((state) => {
      if (state.rates === rates) return;
      const changed = (rates?.blind ?? false) !== (state.rates?.blind ?? false);
      ({ rates } = state);
      toldAtMs = steadyNowMs();
      toldAtSeq = state.seq;
      if (!changed) return;
      show();
      look();
    });
    document.addEventListener('visibilitychange', look);
    return () => {
      abort.abort();
      clearInterval(timer);
      unsubscribe();
      document.removeEventListener('visibilitychange', look);
      setDoubt(false);
    };
  }, [api, store]);
  return view;
}

'use client';

/**
 * Keeps the fleet's samples of the last minutes fresh while the page is seen: all of them once, then what is
 * newer. One request at a time, each ended after its time; a hidden page asks nothing.
 */
import { useEffect, useRef, useState } from 'react';
import type { FleetSample, FleetSamples } from '@/lib/protocol/api.ts';
import { mergeSamples } from './sample-window.ts';

const REFRESH_MS = 2_000;
const RETRY_MS = 5_000;
const ANSWER_WITHIN_MS = 10_000;

export type SamplesView = {
  readonly samples: readonly FleetSample[];
  readonly failed: boolean;
  readonly asked: boolean;
};

async function readSamples(
  sinceMs: number | undefined,
  signal: AbortSignal,
): Promise<readonly FleetSample[]> {
  const query = sinceMs === undefined ? '' : `?since=${sinceMs}`;
  const response = await fetch(`/api/samples${query}`, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
  });
  if (!response.ok) throw new Error(`GET /api/samples answered ${response.status}`);
  return ((await response.json()) as FleetSamples).samples;
}

/** `paused`: what is shown stands still. */
export function useSamples(paused: boolean): SamplesView {
  const held = useRef<readonly FleetSample[]>([]);
  const [view, setView] = useState<SamplesView>({ samples: [], failed: false, asked: false });

  useEffect(() => {
    if (paused) return;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;

    const ask = async (): Promise<void> => {
      if (asking || document.hidden || leaving.signal.aborted) return;
      asking = true;
      let failed = false;
      try {
        const fresh = await readSamples(held.current.at(-1)?.at, leaving.signal);
        held.current = mergeSamples(held.current, fresh);
      } catch {
        failed = true;
      }
      asking = false;
      if (leaving.signal.aborted) return;
      setView((before) =>
        before.asked && before.samples === held.current && before.failed === failed
          ? before
          : { samples: held.current, failed, asked: true },
      );
      timer = setTimeout(ask, failed ? RETRY_MS : REFRESH_MS);
    };
    const wake = (): void => {
      clearTimeout(timer);
      void ask();
    };
    document.addEventListener('visibilitychange', wake);
    void ask();
    return () => {
      leaving.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [paused]);

  return view;
}

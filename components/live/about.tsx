'use client';

/**
 * What the server says of itself and of who asks (`GET /api/about`): read once, again when another server process
 * answers, and again when somebody here has changed it.
 */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import { useLive, useLiveHandle } from '@/lib/client/use-live.ts';
import type { About } from '@/lib/protocol/api.ts';

const RETRY_MS = 5_000;

const AboutContext = createContext<About | null>(null);
const ReadAgainContext = createContext<() => void>(() => {});

export function AboutProvider({ children }: { children: ReactNode }) {
  const { api } = useLiveHandle();
  const epoch = useLive((state) => state.epoch);
  const signedOut = useLive((state) => state.link.status === 'signed-out');
  const [about, setAbout] = useState<About | null>(null);
  const [times, setTimes] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies(epoch): a new epoch is a new server, with other settings perhaps.
  // biome-ignore lint/correctness/useExhaustiveDependencies(times): counts how often somebody asked for it again.
  useEffect(() => {
    // There is no answer until somebody is signed in, perhaps somebody else.
    if (signedOut) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = (): void => {
      api.about(abort.signal).then(setAbout, () => {
        if (!abort.signal.aborted) timer = setTimeout(read, RETRY_MS);
      });
    };
    read();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [api, epoch, signedOut, times]);
  const readAgain = useCallback(() => setTimes((before) => before + 1), []);
  return (
    <ReadAgainContext value={readAgain}>
      <AboutContext value={about}>{children}</AboutContext>
    </ReadAgainContext>
  );
}

/** Null until the server has answered. */
export function useAbout(): About | null {
  return useContext(AboutContext);
}

/** To be called when what it says was changed, or an answer showed that it was: reads it again. Stable. */
export function useReadAboutAgain(): () => void {
  return useContext(ReadAgainContext);
}

'use client';

/** What the server says of itself (`GET /api/about`): read once, and again when another server process answers. */
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { useLive, useLiveHandle } from '@/lib/client/use-live.ts';
import type { About } from '@/lib/protocol/api.ts';

const RETRY_MS = 5_000;

const AboutContext = createContext<About | null>(null);

export function AboutProvider({ children }: { children: ReactNode }) {
  const { api } = useLiveHandle();
  const epoch = useLive((state) => state.epoch);
  const [about, setAbout] = useState<About | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies(epoch): a new epoch is a new server, with other settings perhaps.
  useEffect(() => {
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
  }, [api, epoch]);
  return <AboutContext value={about}>{children}</AboutContext>;
}

/** Null until the server has answered. */
export function useAbout(): About | null {
  return useContext(AboutContext);
}

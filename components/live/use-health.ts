'use client';

/** The server's own health, read now and then while the page is visible. Null before the first answer. */
import { useEffect, useState } from 'react';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { Health } from '@/lib/protocol/api.ts';

export function useHealth(everyMs: number): Health | null {
  const { api, store } = useLiveHandle();
  const [health, setHealth] = useState<Health | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = (): void => {
      const signedOut = store.getState().link.status === 'signed-out';
      if (signedOut || document.visibilityState === 'hidden') {
        timer = setTimeout(read, everyMs);
        return;
      }
      // A failure keeps the last answer: that the server is out of reach is the connection pill's to say.
      api
        .health(abort.signal)
        .then(setHealth, () => undefined)
        .finally(() => {
          if (!abort.signal.aborted) timer = setTimeout(read, everyMs);
        });
    };
    read();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [api, store, everyMs]);
  return health;
}

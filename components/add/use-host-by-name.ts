'use client';

/**
 * Owns waiting for a host: asks the server for exactly this name, again whenever the live view gains or
 * renames hosts, and follows its state byte once it is known.
 */
import { useEffect, useState } from 'react';
import { useLive, useLiveHandle } from '@/lib/client/use-live.ts';
import type { Host } from '@/lib/protocol/host.ts';

/** Not more often than this while others change, ms. */
const ASK_AGAIN_MS = 250;
/** Asked this often even when nothing is heard, for a view that is paused or cut off, ms. */
const ASK_ANYWAY_MS = 3_000;
/** Hosts whose names hold the wanted one; beyond these the server is asked for the one itself. */
const MAX_CANDIDATES = 100;

export function useHostByName(name: string | null): {
  readonly host: Host | null;
  readonly stateByte: number;
} {
  const { api, subscribeChanges } = useLiveHandle();
  const epoch = useLive((state) => state.epoch);
  const [found, setFound] = useState<{ readonly name: string; readonly host: Host } | null>(null);
  const host = found !== null && found.name === name ? found.host : null;
  const known = host !== null;

  // biome-ignore lint/correctness/useExhaustiveDependencies(epoch): slots mean nothing in another epoch.
  useEffect(() => {
    if (name === null || known) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;
    let askAgain = false;

    async function ask(wanted: string): Promise<void> {
      // The list, not the host itself: that a host is not there yet is no error here.
      const page = await api.hosts({ q: wanted, limit: MAX_CANDIDATES }, abort.signal);
      let match = page.hosts.find((candidate) => candidate.name === wanted);
      if (!match && page.nextCursor !== null) match = (await api.host(wanted, abort.signal)).host;
      if (match && !abort.signal.aborted) setFound({ name: wanted, host: match });
    }
    const run = (): void => {
      clearTimeout(timer);
      asking = true;
      askAgain = false;
      ask(name)
        .catch(() => undefined)
        .finally(() => {
          asking = false;
          if (!abort.signal.aborted) timer = setTimeout(run, askAgain ? ASK_AGAIN_MS : ASK_ANYWAY_MS);
        });
    };
    const unsubscribe = subscribeChanges(() => {
      if (asking) {
        askAgain = true;
        return;
      }
      if (askAgain) return;
      askAgain = true;
      clearTimeout(timer);
      timer = setTimeout(run, ASK_AGAIN_MS);
    });
    run();
    return () => {
      abort.abort();
      clearTimeout(timer);
      unsubscribe();
    };
  }, [api, subscribeChanges, name, known, epoch]);

  // A new server process: forget what the old one said.
  // biome-ignore lint/correctness/useExhaustiveDependencies(epoch): the reset is what the change is for.
  useEffect(() => setFound(null), [epoch]);

  const slot = host?.slot ?? -1;
  const stateByte = useLive((state) => (slot < 0 ? 0 : (state.states[slot] ?? 0)));
  return { host, stateByte };
}

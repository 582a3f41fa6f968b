'use client';

/**
 * Owns the moment from which a page may load what it can be read without: charts, toasts, keys, dialogs. The
 * live view goes first on a slow line.
 */
import { useEffect, useState } from 'react';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { LinkStatus } from '@/lib/client/view-store.ts';

/** A link that has come to nothing by then holds nothing else up. */
const AT_LATEST_MS = 3_000;
const AFTER_LIVE_MS = 50;
const UNDER_WAY: ReadonlySet<LinkStatus> = new Set(['idle', 'connecting', 'catching-up']);

/** False while rendered on the server, while hydrating, and until the first attempt to go live has ended. */
export function useSettled(): boolean {
  const { store } = useLiveHandle();
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    if (settled) return;
    let idle: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      if (idle !== undefined || UNDER_WAY.has(store.getState().link.status)) return;
      // Not in the frame that shows the first state of the hosts.
      idle = setTimeout(() => setSettled(true), AFTER_LIVE_MS);
    };
    const unsubscribe = store.subscribe(look);
    const timer = setTimeout(() => setSettled(true), AT_LATEST_MS);
    look();
    return () => {
      unsubscribe();
      clearTimeout(timer);
      clearTimeout(idle);
    };
  }, [store, settled]);
  return settled;
}

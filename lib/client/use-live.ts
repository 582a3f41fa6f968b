'use client';
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
/**
 * The live view for React, and the only file of lib/client that knows React. Server-rendered and during
 * hydration every hook gives the empty view, so that both sides agree.
 */
import type { Alert, AlertId } from '#lib/protocol/alert.ts';
import type { Host, HostCounts } from '#lib/protocol/host.ts';
import { createLive, type Live, type LiveOptions } from './live.ts';
import { clockSecondMs, subscribeSeconds } from './shared-clock.ts';
import type { Link, LiveState } from './view-store.ts';

const LiveContext = createContext<Live | null>(null);

export type LiveProviderProps = {
  readonly children: ReactNode;
  readonly options?: LiveOptions;
};

/** Owns one live view for the pages inside: starts it when mounted, stops it when unmounted. */
export function LiveProvider({ children, options }: LiveProviderProps): ReactElement {
  const [live] = useState(() => createLive(options));
  useEffect(() => {
    live.start();
    return () => live.stop();
  }, [live]);
  return createElement(LiveContext.Provider, { value: live }, children);
}

/** The view itself: commands (setMode, pause, resume), api, descriptions, subscribeChanges. Stable. */
export function useLiveHandle(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error('useLive… needs a <LiveProvider> above it');
  return live;
}

/**
 * A part of the view. The selector must return a stable value while the state is the same (a field, a number, a
 * string), not a new object or array each time.
 */
export function useLive<T>(selector: (state: LiveState) => T): T {
  const { store } = useLiveHandle();
  return useSyncExternalStore(
    store.subscribe,
    () => selector(store.getState()),
    () => selector(store.getInitialState()),
  );
}

export function useLink(): Link {
  return useLive((state) => state.link);
}

/** Null before the first snapshot. */
export function useCounts(): HostCounts | null {
  return useLive((state) => state.counts);
}

export function useAlerts(): ReadonlyMap<AlertId, Alert> {
  return useLive((state) => state.alerts);
}

/** The page's steady clock in ms, one tick a second shared by the whole page; 0 while hydrating. */
export function useNow(): number {
  return useSyncExternalStore(subscribeSeconds, clockSecondMs, () => 0);
}

/** About the server's clock: compare the server's instants (changedAt, openedAt) with this one. 0 while hydrating. */
export function useServerNow(): number {
  const nowMs = useNow();
  const offsetMs = useLive((state) => state.link.serverOffsetMs);
  return nowMs === 0 ? 0 : nowMs + (offsetMs ?? 0);
}

/** How old the view is, ms; null before the first frame. Ticks once a second. */
export function useAgeMs(): number | null {
  const nowMs = useNow();
  const lastFrameAtMs = useLive((state) => state.link.lastFrameAtMs);
  return lastFrameAtMs === null ? null : Math.max(0, nowMs - lastFrameAtMs);
}

/** What is known of these slots, read in batches and kept fresh while mounted. Slots not read yet are absent. */
export function useHostDescriptions(slots: readonly number[]): ReadonlyMap<number, Host> {
  const { descriptions } = useLiveHandle();
  const key = slots.join(',');
  // The key stands for the slots: an array made anew each time with the same members is the same wish.
  const wanted = useMemo(() => (key === '' ? [] : key.split(',').map(Number)), [key]);
  const subscribe = useMemo(
    () => (listener: () => void) => descriptions.watch(wanted, listener),
    [descriptions, wanted],
  );
  const version = useSyncExternalStore(
    subscribe,
    () => descriptions.version,
    () => 0,
  );
  return useMemo(() => {
    void version;
    const known = new Map<number, Host>();
    for (const slot of wanted) {
      const host = descriptions.get(slot);
      if (host !== undefined) known.set(slot, host);
    }
    return known;
  }, [descriptions, wanted, version]);
}

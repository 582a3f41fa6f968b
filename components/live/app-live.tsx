'use client';

/** The live view of the whole app: made once, with the server's clock and its facts for everything below. */
import type { ReactNode } from 'react';
import { LiveProvider, useLive, useLiveHandle, useNow } from '@/lib/client/use-live.ts';
import { NowContext } from '../ui/clock.ts';
import { StillClock } from '../ui/still.tsx';
import { AboutProvider } from './about.tsx';

function ServerClock({ children }: { children: ReactNode }) {
  const { store } = useLiveHandle();
  const localNowMs = useNow();
  // Before the first frame nobody knows the server's clock, and this one may be hours off.
  const known = useLive((state) => state.link.serverOffsetMs !== null);
  // Read at the tick, not subscribed to: the offset wobbles with every frame and ages are in seconds.
  const offsetMs = store.getState().link.serverOffsetMs;
  const paused = useLive((state) => state.link.status === 'paused');
  return (
    <NowContext value={localNowMs === 0 || !known ? null : Math.round(localNowMs + (offsetMs ?? 0))}>
      <StillClock still={paused}>{children}</StillClock>
    </NowContext>
  );
}

export function AppLive({ children }: { children: ReactNode }) {
  return (
    <LiveProvider>
      <ServerClock>
        <AboutProvider>{children}</AboutProvider>
      </ServerClock>
    </LiveProvider>
  );
}

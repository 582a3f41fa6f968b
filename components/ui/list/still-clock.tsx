'use client';

/** While `still`, the ages inside stand at the moment it began: a paused list changes nothing, not even a second. */
import { type ReactNode, useState } from 'react';
import { NowContext, useNowMs } from '../clock.ts';

export function StillClock({ still, children }: { still: boolean; children: ReactNode }) {
  const nowMs = useNowMs();
  const [keptMs, setKeptMs] = useState(nowMs);
  if (!still && keptMs !== nowMs) setKeptMs(nowMs);
  return <NowContext value={still ? (keptMs ?? nowMs) : nowMs}>{children}</NowContext>;
}

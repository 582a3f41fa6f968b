'use client';

/** What stands still while a page is paused: a paused list changes nothing, not even a second in an age. */
import { type ReactNode, useRef } from 'react';
import { NowContext, useNowMs } from './clock.ts';

/** The value, or while `still` the last one from before; it may be rendered elements. */
export function useStill<T>(value: T, still: boolean): T {
  const kept = useRef(value);
  if (!still) kept.current = value;
  return kept.current;
}

/** While `still`, the ages inside stand at the moment it began. */
export function StillClock({ still, children }: { still: boolean; children: ReactNode }) {
  const nowMs = useNowMs();
  const stillMs = useStill(nowMs, still);
  return <NowContext value={stillMs ?? nowMs}>{children}</NowContext>;
}

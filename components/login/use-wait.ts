'use client';

/** Counts down how long the server wants to be left alone: whole seconds that remain, 0 when it is over. */
import { useCallback, useEffect, useState } from 'react';

const LOOK_EVERY_MS = 250;

export function useWait(): readonly [remainingS: number, begin: (forMs: number) => void] {
  const [untilMs, setUntilMs] = useState(0);
  const [nowMs, setNowMs] = useState(0);
  useEffect(() => {
    if (untilMs === 0) return;
    const timer = setInterval(() => {
      const now = performance.now();
      setNowMs(now);
      if (now >= untilMs) setUntilMs(0);
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [untilMs]);
  const begin = useCallback((forMs: number) => {
    const now = performance.now();
    setNowMs(now);
    setUntilMs(now + forMs);
  }, []);
  return [untilMs === 0 ? 0 : Math.max(0, Math.ceil((untilMs - nowMs) / 1_000)), begin];
}

'use client';

/** True once something has been under way for long enough to say so: what is quick needs no skeleton. */
import { useEffect, useState } from 'react';

export function useSlow(underWay: boolean, afterMs = 250): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!underWay) return;
    const timer = setTimeout(() => setSlow(true), afterMs);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [underWay, afterMs]);
  return underWay && slow;
}

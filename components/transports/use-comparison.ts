'use client';

/** Owns the one comparison of the page: made when the page is, given back for good when it is left. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { createComparison } from '@/lib/client/comparison/comparison.ts';
import type {
  Comparison,
  ComparisonSettings,
  ComparisonState,
} from '@/lib/client/comparison/comparison-state.ts';

const subscribeToNothing = () => () => {};

/** Both null on the server and while hydrating. Settings that change are in force at once, also while it runs. */
export function useComparison(settings: ComparisonSettings): {
  comparison: Comparison | null;
  state: ComparisonState | null;
} {
  const [comparison, setComparison] = useState<Comparison | null>(null);
  useEffect(() => {
    const made = createComparison();
    setComparison(made);
    return () => made.dispose();
  }, []);
  useEffect(() => comparison?.configure(settings), [comparison, settings]);
  const state = useSyncExternalStore(
    comparison?.store.subscribe ?? subscribeToNothing,
    () => comparison?.store.getState() ?? null,
    () => null,
  );
  return { comparison, state };
}

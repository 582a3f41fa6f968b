'use client';

/**
 * Does the server doubt that it hears every host? Known to whoever reads its health, shown by all that show hosts:
 * a value of its own beside the live view, because no frame may tell it in time. One a page.
 */
import { useSyncExternalStore } from 'react';

let inDoubt = false;
const listeners = new Set<() => void>();

export function setDoubt(next: boolean): void {
  if (next === inDoubt) return;
  inDoubt = next;
  for (const listener of [...listeners]) listener();
}

export const isInDoubt = (): boolean => inDoubt;

export function subscribeDoubt(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useDoubt(): boolean {
  return useSyncExternalStore(subscribeDoubt, isInDoubt, () => false);
}

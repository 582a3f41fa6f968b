'use client';

/**
 * Owns what "now" is for everything that shows an age: one instant for the whole page, handed down by
 * whoever knows the server's clock (components/live), so that nothing here starts a timer of its own.
 */
import { createContext, useContext } from 'react';

/** ms since the epoch on the server's clock, renewed each second; null while rendered on the server. */
export const NowContext = createContext<number | null>(null);

export function useNowMs(): number | null {
  return useContext(NowContext);
}

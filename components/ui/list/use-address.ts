'use client';

/** The query of the address as state: read by render, written by people's acts; Back and Forward work. */
import { useSearchParams } from 'next/navigation';
import { useMemo } from 'react';

/** `parse` must be a function of the module, not made anew in each render. */
export function useAddress<T>(parse: (params: URLSearchParams) => T): T {
  const params = useSearchParams();
  return useMemo(() => parse(new URLSearchParams(params)), [params, parse]);
}

/** `replace`: no step of its own in the history (typing). Without a request to the server. */
export function goTo(address: string, how: 'push' | 'replace' = 'push'): void {
  if (address === window.location.pathname + window.location.search) return;
  if (how === 'push') window.history.pushState(null, '', address);
  else window.history.replaceState(null, '', address);
}

'use client';

/** The preferences in force and the way to change them: shown at once, kept in the cookie, known to the next page. */
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { applyPrefs, type Prefs, parsePrefs } from '../i18n/prefs.ts';

/** `initial` brought up to date by what the page shows: the router may hand out a page from before a change. */
function inForce(initial: Prefs): Prefs {
  if (typeof document === 'undefined') return initial;
  const { theme = '', density = '' } = document.documentElement.dataset;
  return { ...parsePrefs(`theme=${theme}&density=${density}`), locale: initial.locale };
}

/** `initial`: what the request's cookie said. */
export function usePrefs(initial: Prefs): readonly [Prefs, (change: Partial<Prefs>) => void] {
  const router = useRouter();
  const [prefs, setState] = useState(() => inForce(initial));
  useEffect(() => {
    // The palette changes them too.
    const observer = new MutationObserver(() => setState((now) => inForce(now)));
    observer.observe(document.documentElement, { attributeFilter: ['data-theme', 'data-density'] });
    return () => observer.disconnect();
  }, []);
  const setPrefs = (change: Partial<Prefs>): void => {
    const next = { ...prefs, ...change };
    setState(next);
    applyPrefs(next);
    // Messages come from the server, compiled, one language at a time; everything on the page stays alive.
    if (next.locale !== prefs.locale) router.refresh();
  };
  return [prefs, setPrefs];
}

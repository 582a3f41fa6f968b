'use client';

/** The preferences in force and the way to change them: shown at once, kept in the cookie, known to the next page. */
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { type Prefs, parsePrefs, writePrefs } from '../i18n/prefs.ts';

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
  const setPrefs = (change: Partial<Prefs>): void => {
    const next = { ...prefs, ...change };
    setState(next);
    writePrefs(next);
    const { dataset } = document.documentElement;
    dataset.theme = next.theme;
    dataset.density = next.density;
    // Messages come from the server, compiled, one language at a time; everything on the page stays alive.
    if (next.locale !== prefs.locale) router.refresh();
  };
  return [prefs, setPrefs];
}

'use client';

/** Which theme the page is in now, for canvases, which cannot read style sheets. Follows choice and system. */
import type { Theme } from './tokens.ts';

const DARK = '(prefers-color-scheme: dark)';

export function themeInUse(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia(DARK).matches ? 'dark' : 'light';
}

/** Calls `listener` whenever the theme may have changed, until the returned function is called. */
export function watchTheme(listener: () => void): () => void {
  const query = matchMedia(DARK);
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  query.addEventListener('change', listener);
  return () => {
    observer.disconnect();
    query.removeEventListener('change', listener);
  };
}

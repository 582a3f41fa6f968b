'use client';

/**
 * The keys that act on every page: Ctrl/⌘ K, `g` + letter, `?`, `/` and `p`. Lists bind their own
 * (components/live/single-keys).
 */
import { useRouter } from 'next/navigation';
import { useEffect, useRef } from 'react';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import { NAV_ITEMS } from '../live/nav-items.ts';
import { isShortcutPress, useSingleKeys } from '../live/single-keys.ts';
import { type ChordState, chordStep } from './chord.ts';

const CHORD_TARGETS: Readonly<Record<string, string>> = Object.fromEntries(
  NAV_ITEMS.filter((item) => item.chord !== null).map((item) => [item.chord, item.href]),
);

/** The input a page calls its filter: `data-filter-input`. */
const FILTER_SELECTOR = '[data-filter-input]';

/** ⌘ where there is one: there Ctrl K deletes to the end of the line. */
function isPalettePress(event: KeyboardEvent): boolean {
  if (event.isComposing || event.keyCode === 229 || event.altKey || event.shiftKey) return false;
  const apple = /Mac|iP(hone|ad|od)/.test(navigator.platform);
  return event.key.toLowerCase() === 'k' && (apple ? event.metaKey : event.ctrlKey);
}

export function Shortcuts({ onHelp, onPalette }: { onHelp: () => void; onPalette: () => void }) {
  const router = useRouter();
  const live = useLiveHandle();
  const chord = useRef<ChordState>(null);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Shift') return;
      if (!isShortcutPress(event)) {
        chord.current = null;
        return;
      }
      const step = chordStep(chord.current, event.key, event.timeStamp, CHORD_TARGETS);
      chord.current = step.state;
      if (!step.consumed) return;
      event.preventDefault();
      // Before any list sees it: `a` after `g` goes to the alerts and acknowledges nothing.
      event.stopImmediatePropagation();
      if (step.target !== null) router.push(step.target);
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, [router]);

  const newestOnPalette = useRef(onPalette);
  useEffect(() => {
    newestOnPalette.current = onPalette;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!isPalettePress(event)) return;
      event.preventDefault();
      // Over another dialog there is nowhere to go.
      const open = document.querySelector('dialog[open]');
      if (open === null || open.hasAttribute('data-palette')) newestOnPalette.current();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);

  useSingleKeys({
    '?': onHelp,
    p: () => {
      if (live.store.getState().link.status === 'paused') live.resume();
      else live.pause();
    },
    '/': () => {
      const filter = document.querySelector<HTMLInputElement>(FILTER_SELECTOR);
      filter?.focus();
      filter?.select?.();
    },
  });
  return null;
}

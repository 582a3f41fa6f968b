'use client';

/**
 * Owns when a single key may act: never while somebody types, composes (IME), holds a modifier or has a
 * dialog open, and not at all when the setting says so.
 */
import { useEffect, useRef } from 'react';
import { singleKeysAreOn } from './browser-setting.ts';

const TYPELESS_INPUTS = new Set([
  'button',
  'checkbox',
  'color',
  'file',
  'image',
  'radio',
  'range',
  'reset',
  'submit',
]);

function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return target instanceof HTMLInputElement && !TYPELESS_INPUTS.has(target.type);
}

/** May this key press act as a shortcut? */
export function isShortcutPress(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  // keyCode 229: browsers that end the composition with the very key press (Safari).
  if (event.isComposing || event.keyCode === 229) return false;
  if (takesText(event.target)) return false;
  if (document.querySelector('dialog[open]') !== null) return false;
  return singleKeysAreOn();
}

/** `event.key` → what it does. Keys that are not in it stay untouched; the page's own use of a bound key is prevented. */
export type KeyBindings = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** Binds single keys while the component is mounted. The newest bindings count; no need to memoise them. */
export function useSingleKeys(bindings: KeyBindings): void {
  const newest = useRef(bindings);
  useEffect(() => {
    newest.current = bindings;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!Object.hasOwn(newest.current, event.key) || !isShortcutPress(event)) return;
      event.preventDefault();
      newest.current[event.key]?.(event);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}

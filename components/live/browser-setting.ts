'use client';

/**
 * Owns the choices that stay in this browser alone and concern no server: who acts, and whether single keys
 * do something. Follows other tabs. Storage may be refused (private modes): then a choice lasts until reload.
 */
import { useCallback, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
/** What could not be stored. */
const unstored = new Map<string, string>();

function read(key: string): string | null {
  const kept = unstored.get(key);
  if (kept !== undefined) return kept;
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
    unstored.delete(key);
  } catch {
    unstored.set(key, value);
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}

/** The stored text, null when there is none or while rendered on the server; and the function that sets it. */
function useBrowserSetting(key: string): readonly [string | null, (value: string) => void] {
  const value = useSyncExternalStore(
    subscribe,
    () => read(key),
    () => null,
  );
  const set = useCallback((next: string) => write(key, next), [key]);
  return [value, set];
}

export const OPERATOR_KEY = 'pw.operator';
export const MAX_OPERATOR_LENGTH = 64;

/** Who acknowledges, as this browser was told; '' when it was not. At most 64 characters. */
export function useOperator(): readonly [string, (name: string) => void] {
  const [value, set] = useBrowserSetting(OPERATOR_KEY);
  const setName = useCallback(
    (name: string) => set(name.replace(/\s+/gu, ' ').trim().slice(0, MAX_OPERATOR_LENGTH)),
    [set],
  );
  return [value ?? '', setName];
}

export const SINGLE_KEYS_KEY = 'pw.single-keys';

/** Whether single keys act (`g h`, `?`, `j`, …). On unless switched off. */
export function useSingleKeysSetting(): readonly [boolean, (on: boolean) => void] {
  const [value, set] = useBrowserSetting(SINGLE_KEYS_KEY);
  const setOn = useCallback((on: boolean) => set(on ? 'on' : 'off'), [set]);
  return [value !== 'off', setOn];
}

/** For event handlers: the setting as it is now. */
export function singleKeysAreOn(): boolean {
  return read(SINGLE_KEYS_KEY) !== 'off';
}

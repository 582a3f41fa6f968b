/** Which transport this browser's user chose, and where that is remembered. A page's URL may say otherwise. */
import { type Mode, parseMode } from './ladder.ts';

export const MODE_KEY = 'pw.transport';
export const MODE_PARAMETER = 'transport';

/** A browser's Storage, or anything like it. */
export type ModeStorage = Pick<Storage, 'getItem' | 'setItem'>;

/** localStorage, or null where there is none or it is forbidden. */
export function browserStorage(): ModeStorage | null {
  try {
    return typeof localStorage === 'undefined' ? null : localStorage;
  } catch {
    return null;
  }
}

/** `?transport=` of the page's URL; null when absent or not a mode. */
export function modeOfPage(): Mode | null {
  if (typeof location === 'undefined') return null;
  return parseMode(new URLSearchParams(location.search).get(MODE_PARAMETER));
}

export function readMode(storage: ModeStorage | null): Mode | null {
  try {
    return parseMode(storage?.getItem(MODE_KEY));
  } catch {
    return null;
  }
}

/** A storage that is full or forbidden costs the memory of the choice, nothing else. */
export function keepMode(storage: ModeStorage | null, mode: Mode): void {
  try {
    storage?.setItem(MODE_KEY, mode);
  } catch {}
}

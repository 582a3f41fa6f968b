/** Which transport this browser's user chose, and where that is remembered. A page's URL may say otherwise. */
import { type Mode, parseMode, type Timing } from './ladder.ts';

export const MODE_KEY = 'pw.transport';
export const MODE_PARAMETER = 'transport';
/**
 * How often a better transport and a missing lease are tried again, for those who test that: an integer of 1,000 to
 * 600,000 (ms). No page writes them; anything else is as if they were not there.
 */
export const CLIMB_EVERY_KEY = 'pw.climb-every-ms';
export const LEASE_EVERY_KEY = 'pw.lease-every-ms';

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

function read(storage: ModeStorage | null, key: string): string | null {
  try {
    return storage?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

export function readMode(storage: ModeStorage | null): Mode | null {
  return parseMode(read(storage, MODE_KEY));
}

function readSpan(storage: ModeStorage | null, key: string): number | null {
  const text = read(storage, key) ?? '';
  const ms = /^\d{4,6}$/.test(text) ? Number(text) : 0;
  return ms >= 1_000 && ms <= 600_000 ? ms : null;
}

/** What the storage says of CLIMB_EVERY_KEY and LEASE_EVERY_KEY. */
export function readTiming(storage: ModeStorage | null): Partial<Timing> {
  const climbEveryMs = readSpan(storage, CLIMB_EVERY_KEY);
  const leaseEveryMs = readSpan(storage, LEASE_EVERY_KEY);
  return { ...(climbEveryMs && { climbEveryMs }), ...(leaseEveryMs && { leaseEveryMs }) };
}

/** A storage that is full or forbidden costs the memory of the choice, nothing else. */
export function keepMode(storage: ModeStorage | null, mode: Mode): void {
  try {
    storage?.setItem(MODE_KEY, mode);
  } catch {}
}

/**
 * Which transports there are and when `auto` goes down from one to the next (PROTOCOL.md 2, fallback), as data:
 * the connection machine reads this table and knows no transport by name.
 */
export type Transport = 'socketio' | 'polling';
/** What the user chose. A transport by name is forced and never falls back. */
export type Mode = 'auto' | Transport;

export const MODES: readonly Mode[] = ['auto', 'socketio', 'polling'];

export type Rung = {
  readonly transport: Transport;
  /** `auto` leaves this rung after so long without a frame, ms; null = the last rung, never left downwards. */
  readonly giveUpAfterMs: number | null;
};

/** Best first. */
export const LADDER: readonly Rung[] = [
  { transport: 'socketio', giveUpAfterMs: 3_000 },
  { transport: 'polling', giveUpAfterMs: null },
];

/** From a lower rung `auto` tries upward this often, ± CLIMB_SPREAD of it. */
export const CLIMB_EVERY_MS = 60_000;
export const CLIMB_SPREAD = 0.5;

/** The rungs a mode may stand on, best first; exactly one when it is forced. */
export function rungsOf(mode: Mode): readonly Rung[] {
  if (mode === 'auto') return LADDER;
  return [{ transport: mode, giveUpAfterMs: null }];
}

/** A mode from an untrusted string (storage, URL), or null. */
export function parseMode(text: string | null | undefined): Mode | null {
  return MODES.find((mode) => mode === text) ?? null;
}

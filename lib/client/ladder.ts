/**
 * Which transports there are and when `auto` goes down from one to the next (docs/protocol.md 2, fallback), as data:
 * the connection machine reads this table and knows no transport by name.
 */

/** Best first. */
export const TRANSPORTS = ['socketio', 'sse', 'long-polling', 'polling'] as const;
export type Transport = (typeof TRANSPORTS)[number];
/** What the user chose. A transport by name is forced and never falls back. */
export type Mode = 'auto' | Transport;

export const MODES: readonly Mode[] = ['auto', ...TRANSPORTS];

export type Rung = {
  readonly transport: Transport;
  /** `auto` leaves this rung after so long without a frame, ms; null = not for that. */
  readonly giveUpAfterMs: number | null;
  /** … or when so many connections in a row ended within QUICK_CLOSE_MS; null = not for that. */
  readonly quickCloses: number | null;
  /** … or when so many connections in a row failed; null = not for that. */
  readonly failures: number | null;
  /** How long a connection may go without its first frame, ms. */
  readonly firstFrameWithinMs: number;
  /** Without a proof for so long the view is stale, ms: what a quiet server lets pass, and about half of it more. */
  readonly staleAfterMs: number;
};

/** Without a frame that proves the view fresh for so long a connection is taken for dead, on every transport. */
export const WATCHDOG_MS = 12_500;
/** One and a half of the server's beats. */
export const STALE_AFTER_MS = 7_500;
/** A quiet server answers long polling after 10 to 10.6 s only; there is not much room below the watchdog. */
const LONG_POLLING_STALE_AFTER_MS = 12_000;
/** A connection that ended sooner was cut by something that does not let the transport be. */
export const QUICK_CLOSE_MS = 1_000;
const FIRST_FRAME_WITHIN_MS = 3_000;

/** Nothing makes `auto` leave a rung like this but the lack of a lease. */
const PATIENT = {
  giveUpAfterMs: null,
  quickCloses: null,
  failures: null,
  firstFrameWithinMs: WATCHDOG_MS,
  staleAfterMs: STALE_AFTER_MS,
};
const EAGER = { ...PATIENT, firstFrameWithinMs: FIRST_FRAME_WITHIN_MS };

/** Best first. */
export const LADDER: readonly Rung[] = [
  { ...EAGER, transport: 'socketio', giveUpAfterMs: 3_000 },
  { ...EAGER, transport: 'sse', giveUpAfterMs: 3_000, quickCloses: 3 },
  { ...EAGER, transport: 'long-polling', failures: 2, staleAfterMs: LONG_POLLING_STALE_AFTER_MS },
  { ...PATIENT, transport: 'polling' },
];
const LAST = LADDER.at(-1)!;

export type Timing = {
  /** From a lower rung `auto` tries upward this often, ± CLIMB_SPREAD of it. */
  readonly climbEveryMs: number;
  /** Where a transport lacked a lease it is tried again this often: another tab may have been closed. */
  readonly leaseEveryMs: number;
  /** Added to what may pass without a proof (stale, watchdog), for a source that asks seldom. */
  readonly patienceMs: number;
};

export const TIMING: Timing = { climbEveryMs: 60_000, leaseEveryMs: 5_000, patienceMs: 0 };
export const CLIMB_SPREAD = 0.5;

/** Without a proof for so long a view that this transport serves is stale, ms. */
export function staleAfterMsOf(transport: Transport): number {
  return LADDER.find((rung) => rung.transport === transport)!.staleAfterMs;
}

/**
 * The rungs a mode may stand on, best first. A forced transport never leaves its own for a failure; the last rung
 * stands in for it only while this browser has no lease for it.
 */
export function rungsOf(mode: Mode): readonly Rung[] {
  if (mode === 'auto') return LADDER;
  const forced = { ...PATIENT, transport: mode, staleAfterMs: staleAfterMsOf(mode) };
  return mode === LAST.transport ? [forced] : [forced, LAST];
}

/** Streaming requests (SSE, long polling) of all tabs at once; leaves two connections for everything else. */
export const MAX_STREAMS = 4;

/** A mode from an untrusted string (storage, URL), or null. */
export function parseMode(text: string | null | undefined): Mode | null {
  return MODES.find((mode) => mode === text) ?? null;
}

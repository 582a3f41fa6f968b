/**
 * What is known of the link at one instant, what can happen to it, and what follows from time alone. Data; the
 * rules are in connection.ts and connection-moves.ts.
 */
import type { Demand } from './apply.ts';
import type { Mode, Transport } from './ladder.ts';
import type { CloseReason } from './source.ts';
import type { Fallback, LinkStatus } from './view-store.ts';

/** Without a frame that proves the view fresh for so long a connection is taken for dead, on every transport. */
export const WATCHDOG_MS = 12_500;
/** The view counts as stale after so long: one and a half of the server's beats. */
export const STALE_AFTER_MS = 7_500;

export type Phase = 'idle' | 'connecting' | 'catching-up' | 'live' | 'reconnecting' | 'paused' | 'stopped';

export type Attempt = {
  readonly id: number;
  readonly transport: Transport;
  readonly startedAtMs: number;
  /** A frame came. */
  readonly delivered: boolean;
};

/** Why a second connection is being made beside the current one. */
export type CandidateFor = 'switch' | 'climb' | 'resync';

export type Connection = {
  phase: Phase;
  mode: Mode;
  /** Index in rungsOf(mode). */
  rung: number;
  /** Since when this rung has been without a frame; what `auto` gives up by. */
  rungSinceMs: number;
  current: Attempt | null;
  candidate: Attempt | null;
  candidateFor: CandidateFor | null;
  retryAtMs: number | null;
  resyncAtMs: number | null;
  climbAtMs: number | null;
  /** When the view was last known to be the server's; null before the first time. */
  provenAtMs: number | null;
  /** Lost or failed connections since one that lasted. */
  failures: number;
  resyncStreak: number;
  lastResyncAtMs: number | null;
  fallback: Fallback | null;
  problem: string | null;
  /** How the last connection ended; null before that. */
  failure: CloseReason | null;
  resyncs: number;
  reconnects: number;
  nextId: number;
};

export type ConnectionEvent =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'mode'; readonly mode: Mode }
  /** The transport stands. */
  | { readonly type: 'opened'; readonly id: number }
  /** S, D or B was taken from this connection; `proof`: the view is the server's, as of now. */
  | { readonly type: 'frame'; readonly id: number; readonly proof: boolean }
  | { readonly type: 'demand'; readonly id: number; readonly why: Demand }
  | { readonly type: 'closed'; readonly id: number; readonly reason: CloseReason }
  /** The page became visible or the network came back: do now what waits. */
  | { readonly type: 'wake' }
  | { readonly type: 'tick' };

export type Command =
  | { readonly type: 'open'; readonly id: number; readonly transport: Transport }
  | { readonly type: 'close'; readonly id: number };

export function newConnection(mode: Mode): Connection {
  return {
    phase: 'idle',
    mode,
    rung: 0,
    rungSinceMs: 0,
    current: null,
    candidate: null,
    candidateFor: null,
    retryAtMs: null,
    resyncAtMs: null,
    climbAtMs: null,
    provenAtMs: null,
    failures: 0,
    resyncStreak: 0,
    lastResyncAtMs: null,
    fallback: null,
    problem: null,
    failure: null,
    resyncs: 0,
    reconnects: 0,
    nextId: 1,
  };
}

export function isStale(connection: Connection, nowMs: number): boolean {
  const { phase, provenAtMs } = connection;
  if (provenAtMs === null || phase === 'paused' || phase === 'idle') return false;
  return phase === 'stopped' || nowMs - provenAtMs >= STALE_AFTER_MS;
}

/** What the page shows: a connection that claims to be up while nothing arrives is `stale`. */
export function statusOf(connection: Connection, nowMs: number): LinkStatus {
  const { phase } = connection;
  if ((phase === 'live' || phase === 'catching-up') && isStale(connection, nowMs)) return 'stale';
  return phase;
}

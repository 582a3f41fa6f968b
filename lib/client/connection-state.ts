/**
 * What is known of the link at one instant, what can happen to it, and what follows from time alone. Data; the
 * rules are in connection.ts and the files it is made of.
 */
import type { Demand } from './apply.ts';
import {
  type Mode,
  type Rung,
  rungsOf,
  staleAfterMsOf,
  TIMING,
  type Timing,
  type Transport,
} from './ladder.ts';
import type { CloseReason, ConnectionFailure } from './source.ts';
import type { Fallback, FallbackStep, LinkStatus } from './view-store.ts';

export type Phase =
  | 'idle'
  | 'connecting'
  | 'catching-up'
  | 'live'
  | 'reconnecting'
  | 'signed-out'
  | 'paused'
  | 'stopped';

export type Attempt = {
  readonly id: number;
  readonly transport: Transport;
  readonly startedAtMs: number;
  /** A frame came. */
  readonly delivered: boolean;
};

/** Why a second connection is being made beside the current one. */
export type CandidateFor = 'switch' | 'climb' | 'resync';

/** Instants are of one clock that goes evenly and never back. */
export type Connection = {
  readonly timing: Timing;
  phase: Phase;
  mode: Mode;
  /** Index in rungsOf(mode). */
  rung: number;
  /** Since when this rung has been without a frame; what `auto` gives up by. */
  rungSinceMs: number;
  /** Connections of this rung that failed in a row, and those of them that ended at once. */
  rungFailures: number;
  quickCloses: number;
  current: Attempt | null;
  candidate: Attempt | null;
  candidateFor: CandidateFor | null;
  retryAtMs: number | null;
  resyncAtMs: number | null;
  climbAtMs: number | null;
  /** When a transport that lacked a lease is tried again. */
  leaseAtMs: number | null;
  /** When the view was last known to be the server's; null before the first time. */
  provenAtMs: number | null;
  /** When the page last came back from a sleep: what it missed until then is not the connection's fault. */
  wokeAtMs: number;
  /** When the last event was taken. */
  seenAtMs: number;
  /** The question under way whether the server answers at all, put when a connection failed; null = none. */
  askId: number | null;
  /** Nothing answered the last such question, and no frame came since. */
  away: boolean;
  /** Why the rung is to be left when that is answered; `retryAtMs` is when the answer is waited for no longer. */
  leaving: { readonly why: FallbackStep['why']; readonly reason: ConnectionFailure } | null;
  /** Lost or failed connections since one that lasted. */
  failures: number;
  resyncStreak: number;
  lastResyncAtMs: number | null;
  fallback: Fallback | null;
  problem: string | null;
  /** How the last connection ended; null before that. */
  failure: ConnectionFailure | null;
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
  /** The page became visible or the network came back; `slept`: or time passed that the steady clock may not know. */
  | { readonly type: 'wake'; readonly slept?: boolean }
  /** The server answered a plain request after a connection failed, or nothing did. */
  | { readonly type: 'answered'; readonly id: number; readonly yes: boolean }
  /** The view is of another run of the server than before. */
  | { readonly type: 'restarted' }
  /** Another request was told that nobody is signed in; or, after that, somebody is again. */
  | { readonly type: 'signed-out' }
  | { readonly type: 'signed-in' }
  | { readonly type: 'tick' };

export type Command =
  | { readonly type: 'open'; readonly id: number; readonly transport: Transport }
  | { readonly type: 'close'; readonly id: number }
  /** Does the server answer at all? `answered` tells. */
  | { readonly type: 'ask'; readonly id: number };

export function newConnection(mode: Mode, timing: Partial<Timing> = {}): Connection {
  return {
    timing: { ...TIMING, ...timing },
    phase: 'idle',
    mode,
    rung: 0,
    rungSinceMs: 0,
    rungFailures: 0,
    quickCloses: 0,
    current: null,
    candidate: null,
    candidateFor: null,
    retryAtMs: null,
    resyncAtMs: null,
    climbAtMs: null,
    leaseAtMs: null,
    provenAtMs: null,
    wokeAtMs: 0,
    seenAtMs: 0,
    askId: null,
    away: false,
    leaving: null,
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

export function rungOf({ mode, rung }: Connection): Rung {
  return rungsOf(mode)[rung]!;
}

/** Index of a transport among the rungs of the connection's mode; 0 when it is none of them. */
export function rungIndexOf({ mode }: Connection, transport: Transport): number {
  return Math.max(
    0,
    rungsOf(mode).findIndex((rung) => rung.transport === transport),
  );
}

/** When the view turns stale unless a proof comes; null before the first. */
export function staleAtMsOf(connection: Connection): number | null {
  const { provenAtMs, wokeAtMs, timing, current } = connection;
  if (provenAtMs === null) return null;
  // While it switches, the transport that serves is not the one of the mode.
  const serving = current?.transport ?? rungOf(connection).transport;
  return Math.max(provenAtMs, wokeAtMs) + staleAfterMsOf(serving) + timing.patienceMs;
}

export function isStale(connection: Connection, nowMs: number): boolean {
  const staleAtMs = staleAtMsOf(connection);
  const { phase } = connection;
  if (staleAtMs === null || phase === 'paused' || phase === 'idle') return false;
  return phase === 'stopped' || phase === 'signed-out' || nowMs >= staleAtMs;
}

/** What the page shows: a connection that claims to be up while nothing arrives is `stale`. */
export function statusOf(connection: Connection, nowMs: number): LinkStatus {
  const { phase } = connection;
  if ((phase === 'live' || phase === 'catching-up') && isStale(connection, nowMs)) return 'stale';
  return phase;
}

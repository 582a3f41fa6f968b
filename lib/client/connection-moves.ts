/**
 * What the connection's table is made of: opening, failing, switching, climbing, resynchronising. Each changes a
 * draft and notes commands. Pure; time and chance are passed in.
 */
import type { Demand } from './apply.ts';
import {
  type Attempt,
  type CandidateFor,
  type Command,
  type Connection,
  type Phase,
  STALE_AFTER_MS,
  WATCHDOG_MS,
} from './connection-state.ts';
import { CLIMB_EVERY_MS, CLIMB_SPREAD, type Mode, type Rung, rungsOf, type Transport } from './ladder.ts';
import type { CloseReason } from './source.ts';

export type Moves = {
  readonly next: Connection;
  readonly commands: Command[];
  readonly nowMs: number;
  readonly random: () => number;
};

/** The first retry comes within this, evenly spread: after a server's restart it is everybody's resync too. */
export const FIRST_RETRY_WITHIN_MS = 2_000;
/** Later ones double up to this. */
export const MAX_RETRY_MS = 15_000;
const RETRY_BASE_MS = 1_000;
const MAX_RETRY_AFTER_MS = 60_000;
/** A connection that lived this long ends a row of failures. */
const LASTING_MS = 5_000;
/** A forced transport that gives no frame so soon is not waited for with the old one still feeding the view. */
export const SWITCH_WITHIN_MS = 3_000;
export const EPOCH_SPREAD_MS = 2_000;
/** A resync this long after the last one is the first of a new row. */
const RESYNC_CALM_MS = 30_000;
/** A timer this late means that the page slept or was held back, not that the server was silent. */
const SLEPT_MS = 2_000;

/** Nothing waits any more. */
export const NOTHING_WAITS = { retryAtMs: null, resyncAtMs: null, climbAtMs: null } as const;

const rungOf = ({ next }: Moves): Rung => rungsOf(next.mode)[next.rung]!;

export function close({ next, commands }: Moves, which: 'candidate' | 'both'): void {
  if (next.candidate !== null) commands.push({ type: 'close', id: next.candidate.id });
  next.candidate = null;
  next.candidateFor = null;
  if (which === 'candidate') return;
  if (next.current !== null) commands.push({ type: 'close', id: next.current.id });
  next.current = null;
}

function open({ next, commands, nowMs }: Moves, transport: Transport): Attempt {
  const id = next.nextId++;
  commands.push({ type: 'open', id, transport });
  return { id, transport, startedAtMs: nowMs, delivered: false };
}

/** The current rung's connection, from nothing. */
export function launch(moves: Moves): void {
  moves.next.retryAtMs = null;
  moves.next.current = open(moves, rungOf(moves).transport);
}

/** Connected, but the view is not proven yet. */
export function connectedPhase({ provenAtMs }: Connection): Phase {
  return provenAtMs === null ? 'connecting' : 'catching-up';
}

export function resumeFrom(moves: Moves): void {
  const { next, nowMs } = moves;
  next.phase = connectedPhase(next);
  Object.assign(next, NOTHING_WAITS);
  next.rungSinceMs = nowMs;
  if (next.rung > 0) planClimb(moves);
  launch(moves);
}

function openCandidate(moves: Moves, transport: Transport, purpose: CandidateFor): void {
  moves.next.candidate = open(moves, transport);
  moves.next.candidateFor = purpose;
}

function planClimb({ next, nowMs, random }: Moves): void {
  next.climbAtMs = nowMs + CLIMB_EVERY_MS * (1 + CLIMB_SPREAD * (2 * random() - 1));
}

/** Full jitter on the first, half on the doubling ones. */
function retryDelayMs({ next, random }: Moves, reason: CloseReason): number {
  const delayMs =
    next.failures <= 1
      ? FIRST_RETRY_WITHIN_MS * random()
      : Math.min(MAX_RETRY_MS, RETRY_BASE_MS * 2 ** (next.failures - 1)) * (0.5 + random() / 2);
  return Math.max(delayMs, Math.min(reason.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}

/** The current connection is closed already. */
export function failCurrent(moves: Moves, reason: CloseReason): void {
  const { next, nowMs } = moves;
  const failed = next.current;
  next.current = null;
  next.problem = reason.detail;
  next.failure = reason;
  next.resyncAtMs = null;
  if (failed?.delivered) {
    next.reconnects++;
    next.rungSinceMs = nowMs;
    if (nowMs - failed.startedAtMs >= LASTING_MS) next.failures = 0;
  }
  next.failures++;
  next.phase = next.provenAtMs === null ? 'connecting' : 'reconnecting';
  if (next.candidate !== null) {
    // It was to replace this one anyway.
    stand(moves, next.candidate);
    return;
  }
  const giveUpAtMs = giveUpAtMsOf(moves);
  if (giveUpAtMs !== null && nowMs >= giveUpAtMs) {
    leaveRung(moves, reason);
    return;
  }
  next.retryAtMs = nowMs + retryDelayMs(moves, reason);
  // A refused connection fails at once: the pause before its next try must not put off the lower rung.
  if (giveUpAtMs !== null && reason.retryAfterMs === undefined) {
    next.retryAtMs = Math.min(next.retryAtMs, giveUpAtMs);
  }
  next.phase = 'reconnecting';
  if (next.rung > 0 && next.climbAtMs === null) planClimb(moves);
  if (next.rung > 0 && !failed?.delivered) {
    // Nothing works at all: no transport is to blame, so the next round begins at the best one.
    Object.assign(next, { rung: 0, fallback: null, climbAtMs: null, rungSinceMs: next.retryAtMs });
  }
}

/** When `auto` leaves this rung unless a frame comes; null = never. */
function giveUpAtMsOf(moves: Moves): number | null {
  const { giveUpAfterMs } = rungOf(moves);
  return giveUpAfterMs === null ? null : moves.next.rungSinceMs + giveUpAfterMs;
}

/** One rung down, at once unless the server asked to be left alone. */
function leaveRung(moves: Moves, reason: CloseReason): void {
  const { next, nowMs } = moves;
  fallBack(moves, reason);
  next.rung++;
  next.rungSinceMs = nowMs;
  if (reason.retryAfterMs === undefined) {
    launch(moves);
    return;
  }
  next.retryAtMs = nowMs + retryDelayMs(moves, reason);
  next.phase = 'reconnecting';
}

/** What the pause after a failure was for. */
function retry(moves: Moves, retryAtMs: number): void {
  const { next, nowMs } = moves;
  const giveUpAtMs = giveUpAtMsOf(moves);
  if (nowMs - retryAtMs >= SLEPT_MS) next.rungSinceMs = nowMs;
  else if (giveUpAtMs !== null && nowMs >= giveUpAtMs && next.failure?.retryAfterMs === undefined) {
    leaveRung(moves, next.failure!);
    return;
  }
  launch(moves);
}

function fallBack(moves: Moves, { kind, detail, noFrame }: CloseReason & { noFrame?: boolean }): void {
  const from = rungsOf(moves.next.mode)[0]!.transport;
  moves.next.fallback = { from, why: noFrame ? 'no-frame' : kind, detail };
  planClimb(moves);
}

/** The candidate takes over. */
function stand(moves: Moves, candidate: Attempt): void {
  const { next, commands } = moves;
  if (next.current !== null) commands.push({ type: 'close', id: next.current.id });
  next.current = candidate;
  next.candidate = null;
  next.candidateFor = null;
  next.retryAtMs = null;
  next.rung = Math.max(
    0,
    rungsOf(next.mode).findIndex(({ transport }) => transport === candidate.transport),
  );
  next.rungSinceMs = candidate.startedAtMs;
  if (next.rung === 0) Object.assign(next, { fallback: null, climbAtMs: null });
}

/** The candidate is closed already. */
export function failCandidate(moves: Moves, reason: CloseReason & { noFrame?: boolean }): void {
  const { next, commands } = moves;
  const purpose = next.candidateFor;
  next.candidate = null;
  next.candidateFor = null;
  if (purpose === 'resync' && next.phase === 'live') return;
  if (purpose === 'resync' || next.mode !== 'auto') {
    // The old connection cannot answer, or is not what the user chose.
    if (next.current !== null) commands.push({ type: 'close', id: next.current.id });
    failCurrent(moves, reason);
  } else if (purpose === 'climb') {
    planClimb(moves);
  } else {
    fallBack(moves, reason);
  }
}

/** A frame from one of the two connections. The candidate's first one makes it the current. */
export function deliver(moves: Moves, id: number, proof: boolean): void {
  const { next, nowMs } = moves;
  if (next.candidate?.id === id) stand(moves, next.candidate);
  if (next.current?.id !== id) return;
  if (!next.current.delivered) next.current = { ...next.current, delivered: true };
  if (next.phase === 'reconnecting') next.phase = connectedPhase(next);
  if (!proof) return;
  next.provenAtMs = nowMs;
  next.problem = null;
  // A resync under way says that the view was not right; its own answer ends it.
  if (next.candidateFor !== 'resync' && next.resyncAtMs === null) next.phase = 'live';
  if (nowMs - next.current.startedAtMs >= LASTING_MS) next.failures = 0;
}

/** The view needs another answer than the one it got: a new connection from its own position, spaced out. */
export function demandResync(moves: Moves, id: number, why: Demand): void {
  const { next, nowMs, random } = moves;
  if (next.candidate?.id === id) stand(moves, next.candidate);
  if (next.current?.id !== id) return;
  if (!next.current.delivered) next.current = { ...next.current, delivered: true };
  if (next.candidateFor === 'resync' || next.resyncAtMs !== null) return;
  if (next.lastResyncAtMs === null || nowMs - next.lastResyncAtMs >= RESYNC_CALM_MS) next.resyncStreak = 0;
  const streak = next.resyncStreak++;
  next.lastResyncAtMs = nowMs;
  const spacedMs =
    streak === 0 ? 0 : Math.min(MAX_RETRY_MS, (RETRY_BASE_MS / 2) * 2 ** streak) * (0.5 + random() / 2);
  const spreadMs = why === 'epoch' ? EPOCH_SPREAD_MS * random() : 0;
  next.resyncAtMs = nowMs + Math.max(spacedMs, spreadMs);
  if (next.phase === 'live') next.phase = 'catching-up';
  if (next.resyncAtMs <= nowMs) startResync(moves);
}

function startResync(moves: Moves): void {
  const { next } = moves;
  next.resyncAtMs = null;
  next.resyncs++;
  const switching = next.candidateFor === 'switch';
  const climbing = next.candidateFor === 'climb';
  const transport = switching ? next.candidate!.transport : next.current!.transport;
  close(moves, 'candidate');
  if (climbing) planClimb(moves);
  openCandidate(moves, transport, 'resync');
}

/** After a sleep the connection may be dead without knowing: a second one finds out at once. */
export function probe(moves: Moves): void {
  const { next, nowMs } = moves;
  const silentMs = nowMs - (next.provenAtMs ?? nowMs);
  if (silentMs >= STALE_AFTER_MS && next.candidate === null && next.current !== null) {
    openCandidate(moves, next.current.transport, 'resync');
  }
}

export function changeMode(moves: Moves, mode: Mode): void {
  const { next, nowMs } = moves;
  if (mode === next.mode) return;
  const target = rungsOf(mode)[0]!.transport;
  Object.assign(next, { mode, fallback: null, climbAtMs: null, failures: 0 });
  const unsettled = next.candidateFor === 'resync';
  close(moves, 'candidate');
  next.rung = 0;
  next.rungSinceMs = nowMs;
  if (next.current === null) {
    launch(moves);
  } else if (next.current.transport === target) {
    if (unsettled) openCandidate(moves, target, 'resync');
  } else if (next.current.delivered) {
    next.rung = Math.max(
      0,
      rungsOf(mode).findIndex(({ transport }) => transport === next.current?.transport),
    );
    openCandidate(moves, target, unsettled ? 'resync' : 'switch');
  } else {
    close(moves, 'both');
    launch(moves);
  }
}

/** How long the current connection may go without its first frame. */
function firstFrameWithinMs(moves: Moves): number {
  return Math.min(rungOf(moves).giveUpAfterMs ?? WATCHDOG_MS, WATCHDOG_MS);
}

function candidateWithinMs({ candidateFor }: Connection): number {
  return candidateFor === 'resync' ? WATCHDOG_MS : SWITCH_WITHIN_MS;
}

const silent = (forMs: number): CloseReason & { noFrame: boolean } => ({
  kind: 'lost',
  noFrame: true,
  detail: `no frame for ${forMs / 1_000} s`,
});

/** Deadlines of one connection, or of two. */
export function tickConnected(moves: Moves): void {
  const { next, nowMs } = moves;
  if (next.candidate !== null && nowMs - next.candidate.startedAtMs >= candidateWithinMs(next)) {
    const reason = silent(candidateWithinMs(next));
    moves.commands.push({ type: 'close', id: next.candidate.id });
    failCandidate(moves, reason);
    return;
  }
  if (next.current === null) {
    tickWaiting(moves);
    return;
  }
  const dueAtMs = currentDueAtMs(moves);
  if (nowMs >= dueAtMs) {
    if (nowMs - dueAtMs >= SLEPT_MS) {
      next.current = { ...next.current, startedAtMs: nowMs };
    } else {
      const reason = silent(next.current.delivered ? WATCHDOG_MS : firstFrameWithinMs(moves));
      moves.commands.push({ type: 'close', id: next.current.id });
      failCurrent(moves, reason);
    }
    return;
  }
  if (next.resyncAtMs !== null && nowMs >= next.resyncAtMs) startResync(moves);
  else if (next.climbAtMs !== null && nowMs >= next.climbAtMs && next.candidate === null) {
    next.climbAtMs = null;
    openCandidate(moves, rungsOf(next.mode)[0]!.transport, 'climb');
  }
}

/** Between two attempts, or in one of them. */
export function tickWaiting(moves: Moves): void {
  const { next, nowMs } = moves;
  if (next.current !== null) tickConnected(moves);
  else if (next.retryAtMs !== null && nowMs >= next.retryAtMs) retry(moves, next.retryAtMs);
}

function currentDueAtMs(moves: Moves): number {
  const { current, provenAtMs } = moves.next;
  if (!current!.delivered) return current!.startedAtMs + firstFrameWithinMs(moves);
  return Math.max(current!.startedAtMs, provenAtMs ?? 0) + WATCHDOG_MS;
}

/** The next instant at which `tick` has something to do, or the view turns stale; null = none. */
export function nextDeadlineMs(connection: Connection, nowMs: number): number | null {
  const { phase, current, candidate, provenAtMs } = connection;
  if (phase === 'idle' || phase === 'paused' || phase === 'stopped') return null;
  const moves: Moves = { next: connection, commands: [], nowMs, random: () => 0 };
  const deadlines = [connection.retryAtMs, connection.resyncAtMs];
  if (current !== null) deadlines.push(currentDueAtMs(moves));
  if (candidate !== null) deadlines.push(candidate.startedAtMs + candidateWithinMs(connection));
  else if (current !== null) deadlines.push(connection.climbAtMs);
  if (provenAtMs !== null && nowMs < provenAtMs + STALE_AFTER_MS) deadlines.push(provenAtMs + STALE_AFTER_MS);
  const due = deadlines.filter((deadline) => deadline !== null);
  return due.length === 0 ? null : Math.min(...due);
}

/**
 * What the connection's table is made of: opening, failing, switching, climbing, resynchronising. Each changes a
 * draft and notes commands. Pure; time and chance are passed in.
 */
import {
  type Failure,
  forgetSteps,
  giveUpAtMsOf,
  type Moves,
  noteStep,
  planUpward,
  whyLeave,
} from './connection-fallback.ts';
import {
  type Attempt,
  type CandidateFor,
  type Connection,
  type Phase,
  rungIndexOf,
  rungOf,
} from './connection-state.ts';
import { type Mode, QUICK_CLOSE_MS, rungsOf, type Transport } from './ladder.ts';
import type { ConnectionFailure } from './source.ts';
import type { FallbackStep } from './view-store.ts';

/** The first retry comes within this, evenly spread: after a server's restart it is everybody's resync too. */
export const FIRST_RETRY_WITHIN_MS = 2_000;
/** Later ones double up to this. */
export const MAX_RETRY_MS = 15_000;
export const RETRY_BASE_MS = 1_000;
const MAX_RETRY_AFTER_MS = 60_000;
/** A connection that lived this long ends a row of failures. */
const LASTING_MS = 5_000;
/** So long a rung that is to be left waits for the answer whether the server is there at all. */
const ANSWER_WITHIN_MS = 3_000;
/** Nothing is known of the server, and nothing was asked. */
const NOTHING_ASKED = { askId: null, away: false, leaving: null } as const;
/** Nothing waits any more. */
export const NOTHING_WAITS = {
  retryAtMs: null,
  resyncAtMs: null,
  climbAtMs: null,
  leaseAtMs: null,
  ...NOTHING_ASKED,
} as const;

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
  Object.assign(moves.next, { retryAtMs: null, leaving: null });
  moves.next.current = open(moves, rungOf(moves.next).transport);
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
  // Below the best one without a reason: on the way from a forced transport to `auto`.
  if (next.mode !== 'auto' || next.fallback === null) next.rung = 0;
  forgetSteps(moves);
  launch(moves);
}

export function openCandidate(moves: Moves, transport: Transport, purpose: CandidateFor): void {
  moves.next.candidate = open(moves, transport);
  moves.next.candidateFor = purpose;
}

/** Full jitter on the first, half on the doubling ones. Where there is a way down the other rungs' do not count. */
function retryDelayMs(
  { next, random }: Moves,
  reason: ConnectionFailure,
  failures = rungOf(next).failures === null ? next.failures : next.rungFailures,
): number {
  const delayMs =
    failures <= 1
      ? FIRST_RETRY_WITHIN_MS * random()
      : Math.min(MAX_RETRY_MS, RETRY_BASE_MS * 2 ** (failures - 1)) * (0.5 + random() / 2);
  return Math.max(delayMs, Math.min(reason.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}

/** It lasted: what failed before it is forgiven. */
function forgive(next: Connection): void {
  next.failures = 0;
  next.rungFailures = 0;
}

/** The current connection is closed already. */
export function failCurrent(moves: Moves, reason: Failure): void {
  const { next, nowMs } = moves;
  const failed = next.current;
  const livedMs = nowMs - (failed?.startedAtMs ?? nowMs);
  next.current = null;
  next.problem = reason.detail;
  next.failure = reason;
  next.resyncAtMs = null;
  if (failed?.delivered) {
    next.reconnects++;
    next.rungSinceMs = nowMs;
    if (livedMs >= LASTING_MS) forgive(next);
  }
  next.failures++;
  next.rungFailures++;
  next.quickCloses = livedMs < QUICK_CLOSE_MS ? next.quickCloses + 1 : 0;
  next.phase = next.provenAtMs === null ? 'connecting' : 'reconnecting';
  if (next.candidate !== null) {
    // It was to replace this one anyway.
    stand(moves, next.candidate);
    return;
  }
  const why = whyLeave(moves, reason, failed?.delivered);
  ask(moves, reason);
  if (why !== null) {
    leaveIfAnswered(moves, why, reason);
    return;
  }
  next.retryAtMs = nowMs + retryDelayMs(moves, reason);
  // A refused connection fails at once: the pause before its next try must not put off the lower rung.
  const giveUpAtMs = giveUpAtMsOf(moves);
  if (giveUpAtMs !== null && reason.retryAfterMs === undefined) {
    next.retryAtMs = Math.min(next.retryAtMs, giveUpAtMs);
  }
  next.phase = 'reconnecting';
  if (next.rung > 0) planUpward(moves);
  if (next.rung === rungsOf(next.mode).length - 1 && !failed?.delivered) {
    // Nothing works at all: no transport is to blame, so the next round begins at the best one.
    next.rung = 0;
    next.rungSinceMs = next.retryAtMs;
    forgetSteps(moves);
  }
}

/** While nothing answers at all no transport is to blame. What names its own reason needs no question. */
function ask({ next, commands }: Moves, { kind, retryAfterMs }: ConnectionFailure): void {
  next.askId = null;
  if (next.mode !== 'auto' || kind === 'no-lease' || retryAfterMs !== undefined) return;
  next.askId = next.nextId++;
  commands.push({ type: 'ask', id: next.askId });
}

/** Down, as soon as it is known that the server answered when this failed. */
export function leaveIfAnswered(moves: Moves, why: FallbackStep['why'], reason: ConnectionFailure): void {
  const { next, nowMs } = moves;
  if (next.askId === null) leaveRung(moves, why, reason);
  else {
    const retryAtMs = nowMs + ANSWER_WITHIN_MS;
    Object.assign(next, { leaving: { why, reason }, retryAtMs, phase: 'reconnecting' });
  }
}

/** Whether the server answered after the last failure. When it is back the rung begins anew: it was not to blame. */
export function takeAnswer(moves: Moves, yes: boolean): void {
  const { next, nowMs, random } = moves;
  const { away, leaving } = next;
  Object.assign(next, { askId: null, leaving: null, away: !yes });
  if (yes && !away) {
    if (leaving !== null) leaveRung(moves, leaving.why, leaving.reason);
    return;
  }
  Object.assign(next, { rungSinceMs: nowMs, rungFailures: 0, quickCloses: 0 });
  if (next.current !== null) return;
  next.retryAtMs =
    nowMs + (yes ? FIRST_RETRY_WITHIN_MS * random() : retryDelayMs(moves, next.failure!, next.failures));
  next.rungSinceMs = next.retryAtMs;
}

/** One rung down, at once unless the server asked to be left alone. */
export function leaveRung(moves: Moves, why: FallbackStep['why'], reason: ConnectionFailure): void {
  const { next, nowMs } = moves;
  noteStep(moves, next.rung, why, reason);
  Object.assign(next, { rung: next.rung + 1, rungSinceMs: nowMs, rungFailures: 0, quickCloses: 0 });
  if (reason.retryAfterMs === undefined) {
    launch(moves);
    return;
  }
  next.retryAtMs = nowMs + retryDelayMs(moves, reason);
  next.phase = 'reconnecting';
}

/**
 * Nobody is signed in: no transport gets through, so none is open and none is tried until somebody is. What failed
 * before is forgiven; why a lower rung is in use stays as it was.
 */
export function leaveSignedOut(moves: Moves): void {
  close(moves, 'both');
  forgive(moves.next);
  Object.assign(moves.next, { phase: 'signed-out', quickCloses: 0, problem: null, ...NOTHING_WAITS });
}

/** The candidate takes over. */
export function stand(moves: Moves, candidate: Attempt): void {
  const { next, commands } = moves;
  if (next.current !== null) commands.push({ type: 'close', id: next.current.id });
  next.current = candidate;
  next.candidate = null;
  next.candidateFor = null;
  next.retryAtMs = null;
  next.rung = rungIndexOf(next, candidate.transport);
  next.rungSinceMs = candidate.startedAtMs;
  forgetSteps(moves);
}

/** The candidate is closed already. */
export function failCandidate(moves: Moves, reason: Failure): void {
  const { next, commands } = moves;
  const purpose = next.candidateFor;
  const index = rungIndexOf(next, next.candidate!.transport);
  next.candidate = null;
  next.candidateFor = null;
  if (purpose === 'resync' && next.phase === 'live') return;
  const forced = next.mode !== 'auto' && reason.kind !== 'no-lease';
  if (purpose === 'resync' || forced) {
    // The old connection cannot answer, or is not what the user chose.
    if (next.current !== null) commands.push({ type: 'close', id: next.current.id });
    next.rung = index;
    forgetSteps(moves);
    failCurrent(moves, reason);
    return;
  }
  noteStep(moves, index, reason.noFrame ? 'no-frame' : reason.kind, reason);
  // The next one below, if that is still above what there is.
  const below = rungsOf(next.mode)[index + 1];
  if (below !== undefined && below.transport !== next.current?.transport) {
    openCandidate(moves, below.transport, purpose!);
  }
}

/** A frame from one of the two connections. The candidate's first one makes it the current. */
export function deliver(moves: Moves, id: number, proof: boolean): void {
  const { next, nowMs } = moves;
  if (next.candidate?.id === id) stand(moves, next.candidate);
  if (next.current?.id !== id) return;
  if (!next.current.delivered) next.current = { ...next.current, delivered: true };
  Object.assign(next, { askId: null, away: false });
  if (next.phase === 'reconnecting') next.phase = connectedPhase(next);
  if (!proof) return;
  next.provenAtMs = nowMs;
  next.problem = null;
  // A resync under way says that the view was not right; its own answer ends it.
  if (next.candidateFor !== 'resync' && next.resyncAtMs === null) next.phase = 'live';
  if (nowMs - next.current.startedAtMs >= LASTING_MS) forgive(next);
}

export function changeMode(moves: Moves, mode: Mode): void {
  const { next, nowMs } = moves;
  if (mode === next.mode) return;
  const target = rungsOf(mode)[0]!.transport;
  Object.assign(next, { mode, rung: 0, failures: 0, rungSinceMs: nowMs, ...NOTHING_ASKED });
  forgetSteps(moves);
  const unsettled = next.candidateFor === 'resync';
  close(moves, 'candidate');
  if (next.current === null) {
    launch(moves);
  } else if (next.current.transport === target) {
    if (unsettled) openCandidate(moves, target, 'resync');
  } else if (next.current.delivered) {
    next.rung = rungIndexOf(next, next.current.transport);
    // Where the view is right a second connection was only to prove it: the switch does that as well.
    openCandidate(moves, target, unsettled && next.phase !== 'live' ? 'resync' : 'switch');
  } else {
    close(moves, 'both');
    launch(moves);
  }
}

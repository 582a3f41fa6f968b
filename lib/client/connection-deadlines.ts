/**
 * What time does to the connection: when the next thing is due, and what happens then. Changes a draft. Pure; time
 * and chance are passed in.
 */
import { type Moves, planClimb, rungWithoutLease, whyLeave } from './connection-fallback.ts';
import {
  failCandidate,
  failCurrent,
  launch,
  leaveIfAnswered,
  openCandidate,
  takeAnswer,
} from './connection-moves.ts';
import { startResync } from './connection-resync.ts';
import { type Connection, type Phase, rungOf, staleAtMsOf } from './connection-state.ts';
import { rungsOf, WATCHDOG_MS } from './ladder.ts';

/** A forced transport that gives no frame so soon is not waited for with the old one still feeding the view. */
export const SWITCH_WITHIN_MS = 3_000;
/** A timer this late means that the page slept or was held back, not that the server was silent. */
const SLEPT_MS = 2_000;

const candidateWithinMs = ({ candidateFor }: Connection): number =>
  candidateFor === 'resync' ? WATCHDOG_MS : SWITCH_WITHIN_MS;

const candidateDueAtMs = (connection: Connection): number =>
  Math.max(connection.candidate!.startedAtMs, connection.wokeAtMs) + candidateWithinMs(connection);

/** How long the current connection may go without a frame. */
const patienceMs = (connection: Connection): number =>
  connection.current!.delivered
    ? WATCHDOG_MS + connection.timing.patienceMs
    : rungOf(connection).firstFrameWithinMs;

function currentDueAtMs(connection: Connection): number {
  const { current, provenAtMs, wokeAtMs } = connection;
  const sinceMs = Math.max(current!.startedAtMs, wokeAtMs);
  return Math.max(sinceMs, current!.delivered ? (provenAtMs ?? 0) : 0) + patienceMs(connection);
}

const silent = (forMs: number) => ({
  kind: 'lost' as const,
  noFrame: true,
  detail: `no frame for ${forMs / 1_000} s`,
});

/** Deadlines of one connection, or of two. */
export function tickConnected(moves: Moves): void {
  const { next, nowMs, commands } = moves;
  if (next.candidate !== null && nowMs >= candidateDueAtMs(next)) {
    const reason = silent(candidateWithinMs(next));
    commands.push({ type: 'close', id: next.candidate.id });
    failCandidate(moves, reason);
  } else if (next.current === null) {
    tickWaiting(moves);
  } else if (nowMs >= currentDueAtMs(next)) {
    const reason = silent(patienceMs(next));
    commands.push({ type: 'close', id: next.current.id });
    failCurrent(moves, reason);
  } else if (next.resyncAtMs !== null && nowMs >= next.resyncAtMs) {
    startResync(moves);
  } else if (next.candidate === null) {
    tryUpward(moves);
  }
}

function tryUpward(moves: Moves): void {
  const { next, nowMs } = moves;
  if (next.climbAtMs !== null && nowMs >= next.climbAtMs) {
    planClimb(moves);
    openCandidate(moves, rungsOf(next.mode)[0]!.transport, 'climb');
  } else if (next.leaseAtMs !== null && nowMs >= next.leaseAtMs) {
    next.leaseAtMs = nowMs + next.timing.leaseEveryMs;
    openCandidate(moves, rungsOf(next.mode)[rungWithoutLease(next)!]!.transport, 'climb');
  }
}

/** Between two attempts, or in one of them. */
export function tickWaiting(moves: Moves): void {
  const { next, nowMs } = moves;
  if (next.current !== null) tickConnected(moves);
  else if (next.retryAtMs !== null && nowMs >= next.retryAtMs) retry(moves, next.retryAtMs);
}

/** What the pause after a failure was for. */
function retry(moves: Moves, retryAtMs: number): void {
  const { next, nowMs } = moves;
  if (nowMs - retryAtMs >= SLEPT_MS) next.rungSinceMs = nowMs;
  const failure = next.failure!;
  const why = failure.retryAfterMs === undefined ? whyLeave(moves, failure) : null;
  // No answer came to what is put at every failure.
  if (next.leaving !== null) takeAnswer(moves, false);
  else if (why === null) launch(moves);
  else leaveIfAnswered(moves, why, failure);
}

/** Time changes nothing here: what ends them comes from outside. */
const WAITS_FOR_NOTHING: ReadonlySet<Phase> = new Set(['idle', 'signed-out', 'paused', 'stopped']);

/** The next instant at which `tick` has something to do, or the view turns stale; null = none. */
export function nextDeadlineMs(connection: Connection, nowMs: number): number | null {
  const { phase, current, candidate } = connection;
  if (WAITS_FOR_NOTHING.has(phase)) return null;
  const deadlines = [connection.retryAtMs, connection.resyncAtMs];
  if (current !== null) deadlines.push(currentDueAtMs(connection));
  if (candidate !== null) deadlines.push(candidateDueAtMs(connection));
  else if (current !== null) deadlines.push(connection.climbAtMs, connection.leaseAtMs);
  const staleAtMs = staleAtMsOf(connection);
  if (staleAtMs !== null && nowMs < staleAtMs) deadlines.push(staleAtMs);
  const due = deadlines.filter((deadline) => deadline !== null);
  return due.length === 0 ? null : Math.min(...due);
}

/**
 * To be asked before each event. A deadline that passed long ago without its tick means that the page slept or was
 * held back, not that the server was silent: what waits for a frame waits once more. Once only between two proofs,
 * or a page whose timers are always late would never say that nothing comes.
 */
export function noticeSleep({ next, nowMs }: Moves, slept: boolean): void {
  const dueAtMs = nextDeadlineMs(next, next.seenAtMs);
  const late = dueAtMs !== null && nowMs - dueAtMs >= SLEPT_MS;
  next.seenAtMs = nowMs;
  const wokeUnproven = next.wokeAtMs > (next.provenAtMs ?? 0);
  if ((late || slept) && !wokeUnproven) next.wokeAtMs = nowMs;
}

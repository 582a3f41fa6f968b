/**
 * A second connection beside the current one because the view needs another answer: a gap, a wrong digest, a sleep.
 * Changes a draft and notes commands. Pure; time and chance are passed in.
 */
import type { Demand } from './apply.ts';
import { EPOCH_SPREAD_MS, type Moves } from './connection-fallback.ts';
import { close, MAX_RETRY_MS, openCandidate, RETRY_BASE_MS, stand } from './connection-moves.ts';
import { STALE_AFTER_MS } from './ladder.ts';

/** A resync this long after the last one is the first of a new row. */
const RESYNC_CALM_MS = 30_000;

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

export function startResync(moves: Moves): void {
  const { next } = moves;
  next.resyncAtMs = null;
  next.resyncs++;
  // A climb can wait; where the user switched to, and perhaps for a resync already, cannot.
  const climbing = next.candidateFor === 'climb';
  const { transport } = climbing ? next.current! : (next.candidate ?? next.current!);
  close(moves, 'candidate');
  openCandidate(moves, transport, 'resync');
}

/** After a sleep the connection may be dead without knowing: a second one finds out at once. */
export function probe(moves: Moves, slept: boolean): void {
  const { next, nowMs } = moves;
  const silent = nowMs - (next.provenAtMs ?? nowMs) >= STALE_AFTER_MS;
  if ((slept || silent) && next.candidate === null && next.current !== null) {
    openCandidate(moves, next.current.transport, 'resync');
  }
}

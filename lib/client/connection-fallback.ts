/**
 * Why the connection stands below its first choice, and when it tries upward again. Changes a draft. Pure; time
 * and chance are passed in.
 */
import { type Command, type Connection, rungIndexOf, rungOf } from './connection-state.ts';
import { CLIMB_SPREAD, rungsOf } from './ladder.ts';
import type { ConnectionFailure } from './source.ts';
import type { FallbackStep } from './view-store.ts';

export const EPOCH_SPREAD_MS = 2_000;

export type Moves = {
  readonly next: Connection;
  readonly commands: Command[];
  readonly nowMs: number;
  readonly random: () => number;
};

/** `noFrame`: it was we who ended it, for its silence. */
export type Failure = ConnectionFailure & { readonly noFrame?: boolean };

/** When `auto` leaves this rung unless a frame comes; null = never for that. */
export function giveUpAtMsOf({ next }: Moves): number | null {
  const { giveUpAfterMs } = rungOf(next);
  return giveUpAfterMs === null ? null : Math.max(next.rungSinceMs, next.wokeAtMs) + giveUpAfterMs;
}

/**
 * Why the rung is to be left now that its connection has failed so; null = it is tried again.
 * @param delivered It had brought a frame.
 */
export function whyLeave(
  moves: Moves,
  { kind, noFrame }: Failure,
  delivered = false,
): FallbackStep['why'] | null {
  const { next, nowMs } = moves;
  const rung = rungOf(next);
  if (kind === 'no-lease') return next.rung + 1 < rungsOf(next.mode).length ? kind : null;
  const giveUpAtMs = giveUpAtMsOf(moves);
  const tooQuick = rung.quickCloses !== null && next.quickCloses >= rung.quickCloses;
  const tooMany = rung.failures !== null && next.rungFailures >= rung.failures;
  const tooLong = giveUpAtMs !== null && nowMs >= giveUpAtMs;
  if (tooQuick && delivered) return 'closed-early';
  return tooQuick || tooMany || tooLong ? (noFrame ? 'no-frame' : kind) : null;
}

const stepsOf = ({ fallback }: Connection): FallbackStep[] =>
  fallback === null ? [] : [fallback, ...fallback.below];

function setSteps(moves: Moves, steps: readonly FallbackStep[]): void {
  const [first, ...below] = steps.map(({ from, why, detail }) => ({ from, why, detail }));
  moves.next.fallback = first === undefined ? null : { ...first, below };
}

/** The rung with this index cannot be had. */
export function noteStep(
  moves: Moves,
  index: number,
  why: FallbackStep['why'],
  { detail }: ConnectionFailure,
): void {
  const { next } = moves;
  const step = { from: rungsOf(next.mode)[index]!.transport, why, detail };
  const others = stepsOf(next).filter(({ from }) => from !== step.from);
  setSteps(
    moves,
    [...others, step].sort((a, b) => rungIndexOf(next, a.from) - rungIndexOf(next, b.from)),
  );
  next.leaseAtMs = null;
  planUpward(moves);
}

/** The rung of the connection is known anew: nothing speaks against the rungs below and itself. */
export function forgetSteps(moves: Moves): void {
  const { next } = moves;
  setSteps(
    moves,
    stepsOf(next).filter(({ from }) => rungIndexOf(next, from) < next.rung),
  );
  Object.assign(next, { rungFailures: 0, quickCloses: 0, leaseAtMs: null });
  if (next.rung === 0) next.climbAtMs = null;
  else planUpward(moves);
}

export function planClimb({ next, nowMs, random }: Moves): void {
  next.climbAtMs = nowMs + next.timing.climbEveryMs * (1 + CLIMB_SPREAD * (2 * random() - 1));
}

/** After a restart of the server what spoke against the better rungs may be over: they are tried within 2 s. */
export function climbSoon({ next, nowMs, random }: Moves): void {
  if (next.climbAtMs !== null) next.climbAtMs = Math.min(next.climbAtMs, nowMs + EPOCH_SPREAD_MS * random());
}

/** What is planned already stays. A forced transport is tried again only where a lease was missing. */
export function planUpward(moves: Moves): void {
  const { next, nowMs } = moves;
  if (next.mode === 'auto' && next.climbAtMs === null) planClimb(moves);
  if (next.leaseAtMs === null && rungWithoutLease(next) !== null) {
    next.leaseAtMs = nowMs + next.timing.leaseEveryMs;
  }
}

/** The best rung that only a lease was missing for; null = none. */
export function rungWithoutLease(connection: Connection): number | null {
  const step = stepsOf(connection).find(({ why }) => why === 'no-lease');
  return step === undefined ? null : rungIndexOf(connection, step.from);
}

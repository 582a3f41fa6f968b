/**
 * What the server says about its own hearing, and when to ask it again. Pure: instants come from outside, on the
 * page's steady clock. Fields an older server does not have are taken as "no trouble".
 */
import type { Health } from '#lib/protocol/api.ts';

export type Hearing = {
  /** Hosts are shown stale: not all that they send is heard, or was in the last minute. */
  readonly inDoubt: boolean;
  /** For so long nobody could be heard, of the last minute. */
  readonly blindLastMinuteMs: number;
  /** Of the datagrams of the last seconds, 0 to 1. */
  readonly dropShare: number;
  /** Missed intervals that make a host down: now, and as set. Equal unless the bar is raised. */
  readonly misses: number;
  readonly missesSet: number;
  /** So much is lost that nobody is judged at all. */
  readonly judgesNobody: boolean;
};

/** Of the datagrams; beyond it observed time stands still. */
const JUDGES_UP_TO = 0.9;

export const ALL_HEARD: Hearing = {
  inDoubt: false,
  blindLastMinuteMs: 0,
  dropShare: 0,
  misses: 0,
  missesSet: 0,
  judgesNobody: false,
};

/** `told`: what the newest B said, if it is newer than the answer; null: it said nothing since. */
export function hearingOf(health: Pick<Health, 'ingest'> | null, told: boolean | null): Hearing {
  if (health === null) return { ...ALL_HEARD, inDoubt: told === true };
  const ingest: Partial<Health['ingest']> = health.ingest;
  const { blind = false, degraded = blind, blindLastMinuteMs = 0, dropShare = 0 } = ingest;
  const { misses = 0, missesSet = misses } = ingest;
  return {
    inDoubt: told ?? (blind || degraded),
    blindLastMinuteMs,
    dropShare,
    misses,
    missesSet,
    judgesNobody: dropShare > JUDGES_UP_TO,
  };
}

/** While all is well and beats tell so. */
export const QUIET_EVERY_MS = 15_000;
/** While frames come so fast that no beat does. */
export const UNTOLD_EVERY_MS = 4_000;
/** While in doubt: what is said of it changes. */
export const DOUBT_EVERY_MS = 2_000;
/** Beats come every 5 s where nothing else does; one that is older tells nothing of now. */
const TOLD_FOR_MS = 6_000;
/** After an answer to the contrary, such as one that was on its way. */
const AT_ONCE_MS = 500;

/** null: never yet. */
export type HealthDue = {
  readonly nowMs: number;
  readonly readAtMs: number | null;
  readonly toldAtMs: number | null;
  /** What the newest B said. */
  readonly told: boolean;
  /** A diff came after it: where they come often no beat does. */
  readonly changedSince: boolean;
  readonly inDoubt: boolean;
};

/** Is it time to read the server's health? Ask about once a second. */
export function isHealthDue({ nowMs, readAtMs, toldAtMs, told, changedSince, inDoubt }: HealthDue): boolean {
  if (readAtMs === null) return true;
  const sinceMs = nowMs - readAtMs;
  const toldSince = toldAtMs !== null && toldAtMs > readAtMs;
  if (toldSince && told) return sinceMs >= AT_ONCE_MS;
  if (inDoubt) return sinceMs >= DOUBT_EVERY_MS;
  const isTold = toldAtMs !== null && !changedSince && nowMs - toldAtMs <= TOLD_FOR_MS;
  return sinceMs >= (isTold ? QUIET_EVERY_MS : UNTOLD_EVERY_MS);
}

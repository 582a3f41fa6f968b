/** One host as the API gives it: the published state, the directory's description, the engine's live columns. */
import type { AlertId } from '#lib/protocol/alert.ts';
import type { HostDetector } from '#lib/protocol/api.ts';
import {
  ACKNOWLEDGED,
  FLAPPING,
  type Host,
  type HostId,
  HostState,
  MAINTENANCE,
  STATE_MASK,
  STATE_NAMES,
  type StateName,
} from '#lib/protocol/host.ts';
import { reasonInWords } from '#lib/protocol/reason.ts';
import type { HostDirectory } from '../live/host-directory.ts';
import type { LiveLog } from '../live/live-log.ts';

/** What the engine knows of a host at this moment. */
export type HostFacts = {
  /** Has it been heard since this server started? */
  readonly heard: boolean;
  readonly lastSeenAtMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly incarnation: number | null;
  readonly seen64: bigint | null;
  readonly lostBeats: number;
  readonly expectedBeats: number;
  readonly sourceIndex: number | null;
  readonly detector?: HostDetector;
  readonly olderIncarnationRefused?: boolean;
};

export type HostSource = {
  readonly live: LiveLog;
  readonly directory: HostDirectory;
  readonly readHost: (shard: number, row: number) => HostFacts;
  /** null: the host has no open episode. */
  readonly openAlertId: (id: HostId) => AlertId | null;
};

/** Is there a host to show in this slot? Not before it is published, not once its removal is under way. */
export function isShown(source: Pick<HostSource, 'live' | 'directory'>, slot: number): boolean {
  return source.live.stateAt(slot) !== 0 && source.directory.has(slot);
}

export function factsOf({ directory, readHost }: HostSource, slot: number): HostFacts {
  const { shard, row } = directory.placeOf(slot);
  return readHost(shard, row);
}

export function lossRatioOf({ expectedBeats, lostBeats }: HostFacts): number | null {
  return expectedBeats === 0 ? null : lostBeats / expectedBeats;
}

/** null: not heard in this run; what the column holds then is where its deadline counts from. */
export function lastSeenAtMsOf({ heard, lastSeenAtMs }: HostFacts): number | null {
  return heard ? Math.round(lastSeenAtMs) : null;
}

/** Only for a slot that is shown. */
export function hostView(source: HostSource, slot: number): Host {
  const { live, directory } = source;
  const byte = live.stateAt(slot);
  const state = byte & STATE_MASK;
  const facts = factsOf(source, slot);
  const ended = state === HostState.down || state === HostState.left;
  const evidence = ended ? directory.evidenceOf(slot) : null;
  return {
    id: directory.idOf(slot),
    name: directory.nameOf(slot),
    slot,
    state: STATE_NAMES[state] as StateName,
    acknowledged: (byte & ACKNOWLEDGED) !== 0,
    maintenance: (byte & MAINTENANCE) !== 0,
    flapping: (byte & FLAPPING) !== 0,
    labels: directory.labelsOf(slot),
    intervalMs: facts.intervalMs,
    timeoutMs: facts.timeoutMs,
    lastSeenAt: lastSeenAtMsOf(facts),
    changedAt: directory.changedAtMsOf(slot),
    reason: evidence === null ? null : reasonInWords(evidence),
    evidence,
    incarnation: facts.incarnation,
    lossRatio: lossRatioOf(facts),
    recentBeats: facts.seen64 === null ? null : facts.seen64.toString(16).padStart(16, '0'),
    source: directory.sourceAt(directory.placeOf(slot).shard, facts.sourceIndex),
    alertId: source.openAlertId(directory.idOf(slot)),
  };
}

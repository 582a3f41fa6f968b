/**
 * Begins again where the last run ended: the stored register, episodes and tombstones into the engine, the
 * directory, the alerts and the live log, so that the first published state is the one that was left. Nothing of it
 * is something that happened now. Main thread, once, before anyone is answered: about 0.25 µs a host while the register
 * is read and 0.4 µs in one turn then, without an object or a string a host. Rules P34 to P43 of SPEC.md.
 */
import type { Alert } from '#lib/protocol/alert.ts';
import { ACKNOWLEDGED, type HostId, HostState, type Labels, STATE_NAMES } from '#lib/protocol/host.ts';
import { type AlertBook, type EpisodeRecord, SYSTEM_ACTOR } from '../alerts/alert-book.ts';
import type { RestoredByWords } from '../engine/index.ts';
import type { HostDirectory } from '../live/host-directory.ts';
import type { LiveLog } from '../live/live-log.ts';
import type { Store, StoredState } from '../store/store.ts';
import type { Removals } from './removals.ts';
import { recordOf } from './turn.ts';

/** Hosts of the last run: those in the slots below `length` of the directory they were read into. */
export type KnownHosts = { readonly length: number };

/**
 * The whole register into an empty directory, page by page. Main has to know how many there are before it makes a live
 * log with room for them.
 */
export async function readRegister(
  store: Pick<Store, 'hosts'>,
  directory: HostDirectory,
): Promise<KnownHosts> {
  const intake = directory.intake();
  for await (const page of store.hosts()) {
    const first = intake.length;
    intake.take(page);
    for (const { index, at, evidence } of page.left) {
      directory.setState(first + index, HostState.left, at);
      if (evidence !== null) directory.setEvidence(first + index, evidence);
    }
  }
  intake.end();
  return { length: intake.length };
}

type KnownToEngine = Iterable<RestoredByWords> & { readonly length: number };

export type RestoreParts = {
  /** Started with `hold`. Tells `placed` of the hosts' places in the same order. */
  readonly engine: {
    restore(hosts: KnownToEngine, placed: (shard: number, row: number) => void): unknown;
  };
  /** Of an earlier run's hosts the policy by which they are watched, by their labels; absent: there is only one. */
  readonly policyOf?: (labels: Labels) => number;
  /** What was saved of a host that speaks with a tag, so that nothing older is taken from it; absent: no keys are set. */
  readonly runOf?: (id: HostId) => { readonly incarnation: number; readonly seq: number } | null;
  /** The one the register was read into; all others are empty, and the live log has room for as many hosts. */
  readonly directory: HostDirectory;
  readonly alerts: AlertBook;
  readonly live: LiveLog;
  readonly removals: Removals;
  readonly store: Pick<Store, 'append'>;
  readonly nowMs: number;
  readonly onFault: (error: Error) => void;
};

type Fleet = Pick<StoredState, 'episodes' | 'episodeNumbers' | 'tombstones'>;

/**
 * In one turn, so that whatever the engine says of these hosts comes after it. To be followed by the pipeline's
 * `begin`, which ends what expired meanwhile, before the first publication. Throws a RangeError when the live log
 * has too few slots.
 */
export function restoreFleet(fleet: Fleet, hosts: KnownHosts, parts: RestoreParts): void {
  const { engine, directory, alerts, live, removals, nowMs } = parts;
  alerts.restore(upToNow(fleet.episodes, parts), fleet.episodeNumbers);
  for (const id of fleet.tombstones) removals.remember(id);
  // Before the engine is told of them: whoever has an open episode is down, whatever the register says.
  const down = new Map<number, Alert>();
  for (const id of alerts.openHosts()) {
    const slot = directory.slotOfId(id);
    if (slot === null) continue;
    directory.setState(slot, HostState.down, alerts.downAtOf(id) ?? nowMs);
    down.set(slot, alerts.openOf(id)!);
  }
  let placed = 0;
  engine.restore(engineHosts(hosts, parts), (shard, row) => directory.setPlace(placed++, shard, row));
  const ended: Ended[] = [];
  for (let slot = 0; slot < hosts.length; slot++) {
    if (live.allotSlot(nowMs) !== slot) {
      throw new RangeError(`the live log has room for ${slot} hosts; the register has ${hosts.length}`);
    }
    restoreHost(slot, down.get(slot) ?? null, parts);
    const why = directory.stateOf(slot);
    if (why === HostState.pending || !directory.isEphemeral(slot)) continue;
    ended.push({
      slot,
      why: why === HostState.down ? 'down' : 'left',
      sinceMs: directory.changedAtMsOf(slot),
    });
  }
  scheduleRemovals(ended, parts);
  closeOrphans(parts);
}

/** What the engine is told of them, one by one in the same object: a million of them would be garbage at once. */
function engineHosts({ length }: KnownHosts, { directory, policyOf, runOf }: RestoreParts): KnownToEngine {
  /** By label set, which many hosts share. */
  const policies = new Map<number, number>();
  const policyAt = (slot: number, of: (labels: Labels) => number): number => {
    const set = directory.labelSetOf(slot);
    let policy = policies.get(set);
    if (policy === undefined) {
      policy = of(directory.labelsOf(slot));
      policies.set(set, policy);
    }
    return policy;
  };
  const id = { high: 0, low: 0 };
  const host: { -readonly [K in keyof RestoredByWords]: RestoredByWords[K] } = {
    ...{ id, intervalMs: 0, state: 'pending', confirmed: false, named: false },
    ...{ policy: undefined, incarnation: undefined, seq: undefined },
  };
  return {
    length,
    *[Symbol.iterator]() {
      for (let slot = 0; slot < length; slot++) {
        const { intervalMs, confirmed } = directory.keptOf(slot);
        directory.readIdOf(slot, id);
        host.intervalMs = intervalMs;
        host.confirmed = confirmed;
        host.named = directory.isNamed(slot);
        host.state = STATE_NAMES[directory.stateOf(slot)] as RestoredByWords['state'];
        if (policyOf !== undefined) host.policy = policyAt(slot, policyOf);
        if (runOf !== undefined) {
          const run = runOf(directory.idOf(slot));
          host.incarnation = run?.incarnation;
          host.seq = run?.seq;
        }
        yield host;
      }
    },
  };
}

/**
 * The machine's clock may have been set back: what would lie ahead of us counts as having been now, and is stored so.
 * Else a host would have recovered before it was down, and could be resumed for as long as the clock was set back.
 */
function upToNow(
  episodes: readonly EpisodeRecord[],
  { nowMs, store, onFault }: RestoreParts,
): readonly EpisodeRecord[] {
  const past = (atMs: number): number => Math.min(atMs, nowMs);
  const mended: EpisodeRecord[] = [];
  const all = episodes.map((record) => {
    const { alert, downAt } = record;
    const { openedAt, closedAt, ack } = alert;
    if (Math.max(openedAt, downAt, closedAt ?? 0, ack?.at ?? 0) <= nowMs) return record;
    const expiresAt = ack?.expiresAt ?? null;
    const after: EpisodeRecord = {
      ...record,
      downAt: past(downAt),
      alert: {
        ...alert,
        openedAt: past(openedAt),
        closedAt: closedAt === null ? null : past(closedAt),
        // It lasts as long as was asked for, at the most.
        ack: ack && {
          ...ack,
          at: past(ack.at),
          expiresAt: expiresAt === null ? null : expiresAt - (ack.at - past(ack.at)),
        },
      },
    };
    mended.push(after);
    return after;
  });
  if (mended.length > 0) store.append({ episodes: mended }, 'history').catch(onFault);
  return all;
}

/** Open episodes of hosts that are not in the register: nobody would ever close them. */
function closeOrphans({ directory, alerts, store, nowMs, onFault }: RestoreParts): void {
  const orphans = [...alerts.openHosts()].filter((id) => directory.slotOfId(id) === null);
  if (orphans.length === 0) return;
  const { changes, removal } = alerts.remove(orphans, nowMs, SYSTEM_ACTOR);
  alerts.settleRemoval(removal, true);
  store.append({ episodes: changes.map(recordOf) }, 'history').catch(onFault);
}

/** `alert`: its open one. */
function restoreHost(slot: number, alert: Alert | null, { directory, live, nowMs }: RestoreParts): void {
  const kept = directory.keptOf(slot);
  if (kept.registeredAtMs > nowMs) directory.setKept(slot, { ...kept, registeredAtMs: nowMs });
  const state = directory.stateOf(slot);
  const sinceMs = state === HostState.pending ? nowMs : Math.min(directory.changedAtMsOf(slot), nowMs);
  directory.setState(slot, state, sinceMs);
  if (alert !== null) {
    if (alert.evidence) directory.setEvidence(slot, alert.evidence);
    live.stageAlert(alert);
  }
  live.stageRestored(slot, state | (alert !== null && alert.ack !== null ? ACKNOWLEDGED : 0));
}

type Ended = { readonly slot: number; readonly why: 'down' | 'left'; readonly sinceMs: number };

/** Ephemeral ones go when they would have gone; in the order of their deadlines. */
function scheduleRemovals(ended: Ended[], { removals }: RestoreParts): void {
  for (const { slot, why, sinceMs } of ended.sort((a, b) => a.sinceMs - b.sinceMs)) {
    removals.schedule(slot, why, sinceMs);
  }
}

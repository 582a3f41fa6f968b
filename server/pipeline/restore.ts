/**
 * Begins again where the last run ended: the stored register, episodes and tombstones into the engine, the
 * directory, the alerts and the live log, so that the first published state is the one that was left. Nothing of it
 * is something that happened now. Main thread, once, before anyone is answered: about 2 µs a host in one turn.
 * Rules P34 to P43 of SPEC.md.
 */
import type { Alert } from '#lib/protocol/alert.ts';
import { ACKNOWLEDGED, HostState, type HostStateCode } from '#lib/protocol/host.ts';
import { type AlertBook, type EpisodeRecord, SYSTEM_ACTOR } from '../alerts/alert-book.ts';
import type { Engine, RestoredHost } from '../engine/index.ts';
import type { HostDirectory, HostPlace } from '../live/host-directory.ts';
import type { LiveLog } from '../live/live-log.ts';
import type { Store, StoredHost, StoredState } from '../store/store.ts';
import type { Removals } from './removals.ts';
import { recordOf } from './turn.ts';

/** The whole register. Main has to know how many there are before it makes a live log with room for them. */
export async function readRegister(store: Pick<Store, 'hosts'>): Promise<StoredHost[]> {
  const hosts: StoredHost[] = [];
  for await (const page of store.hosts()) for (const host of page) hosts.push(host);
  return hosts;
}

export type RestoreParts = {
  /** Started with `hold`. */
  readonly engine: Pick<Engine, 'restore'>;
  /** All empty, and with room for as many hosts as there are. */
  readonly directory: HostDirectory;
  readonly alerts: AlertBook;
  readonly live: LiveLog;
  readonly removals: Removals;
  readonly store: Pick<Store, 'append'>;
  readonly nowMs: number;
  readonly onFault: (error: Error) => void;
};

type Fleet = Pick<StoredState, 'episodes' | 'episodeNumbers' | 'tombstones'>;

/** What a host was when the last run ended, and what is to be done about it later. */
type Restored = {
  readonly host: StoredHost;
  readonly place: HostPlace;
  readonly state: HostStateCode;
  readonly sinceMs: number;
  readonly alert: Alert | null;
};

/**
 * In one turn, so that whatever the engine says of these hosts comes after it. To be followed by the pipeline's
 * `begin`, which ends what expired meanwhile, before the first publication. Throws a RangeError when the live log
 * has too few slots.
 */
export function restoreFleet(fleet: Fleet, hosts: readonly StoredHost[], parts: RestoreParts): void {
  const { engine, alerts, removals, nowMs } = parts;
  alerts.restore(upToNow(fleet.episodes, parts), fleet.episodeNumbers);
  for (const id of fleet.tombstones) removals.remember(id);
  closeOrphans(hosts, parts);
  const states = hosts.map((host) => restoredState(host, alerts));
  const known = hosts.map(({ id, name, intervalMs, confirmed }, i): RestoredHost => {
    return { id, intervalMs, confirmed, named: name !== null, state: states[i]! };
  });
  const places = engine.restore(known);
  const ended: Ended[] = [];
  for (let i = 0; i < hosts.length; i++) {
    const host = hosts[i]!;
    const alert = alerts.openOf(host.id);
    const sinceMs = Math.min(alerts.downAtOf(host.id) ?? host.left?.at ?? nowMs, nowMs);
    const restored = { host, place: places[i]!, state: HostState[states[i]!], sinceMs, alert };
    const slot = restoreHost(restored, hosts.length, parts);
    if (states[i] !== 'pending') ended.push({ slot, why: states[i] as Ended['why'], sinceMs });
  }
  scheduleRemovals(ended, parts);
}

function restoredState({ id, left }: StoredHost, alerts: AlertBook): RestoredHost['state'] {
  if (alerts.openOf(id) !== null) return 'down';
  return left === null ? 'pending' : 'left';
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
function closeOrphans(hosts: readonly StoredHost[], { alerts, store, nowMs, onFault }: RestoreParts): void {
  if (alerts.openCount === 0) return;
  const known = new Set(hosts.map(({ id }) => id));
  const orphans = [...alerts.openHosts()].filter((id) => !known.has(id));
  if (orphans.length === 0) return;
  const { changes, removal } = alerts.remove(orphans, nowMs, SYSTEM_ACTOR);
  alerts.settleRemoval(removal, true);
  store.append({ episodes: changes.map(recordOf) }, 'history').catch(onFault);
}

/** Gives the host's slot. */
function restoreHost(restored: Restored, count: number, parts: RestoreParts): number {
  const { host, place, state, sinceMs, alert } = restored;
  const { directory, live, nowMs } = parts;
  const slot = live.allotSlot(nowMs);
  if (slot === null) {
    throw new RangeError(`the live log has room for ${directory.size} hosts; the register has ${count}`);
  }
  const { id, name, labels, intervalMs, confirmed, unheard = false } = host;
  const registeredAtMs = Math.min(host.registeredAt, nowMs);
  directory.register(slot, place, { id, name, labels }, registeredAtMs);
  directory.setKept(slot, { registeredAtMs, intervalMs, confirmed, unheard });
  directory.setState(slot, state, sinceMs);
  const evidence = alert === null ? host.left?.evidence : alert.evidence;
  if (evidence) directory.setEvidence(slot, evidence);
  if (alert !== null) live.stageAlert(alert);
  live.stageRestored(slot, state | (alert !== null && alert.ack !== null ? ACKNOWLEDGED : 0));
  return slot;
}

type Ended = { readonly slot: number; readonly why: 'down' | 'left'; readonly sinceMs: number };

/** Ephemeral ones go when they would have gone; in the order of their deadlines. */
function scheduleRemovals(ended: readonly Ended[], { directory, removals }: RestoreParts): void {
  const leaving = ended.filter(({ slot }) => directory.isEphemeral(slot));
  for (const { slot, why, sinceMs } of leaving.sort((a, b) => a.sinceMs - b.sinceMs)) {
    removals.schedule(slot, why, sinceMs);
  }
}

/**
 * What a turn of the pipeline brings: events, episodes, rows of the register, hosts that are gone. It goes to the
 * store as history and, without waiting for it, to the live log with the overlays that hold then. Main thread.
 * Decides nothing.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ACKNOWLEDGED, type HostEvent, type HostId, HostState } from '#lib/protocol/host.ts';
import type { AlertBook, AlertChange, EpisodeRecord } from '../alerts/alert-book.ts';
import type { HostDirectory } from '../live/host-directory.ts';
import type { LiveLog } from '../live/live-log.ts';
import type { Store, StoredHost } from '../store/store.ts';
import type { Register } from './register.ts';

export type PipelineTurnOptions = {
  readonly directory: HostDirectory;
  readonly alerts: AlertBook;
  readonly store: Pick<Store, 'append' | 'health'>;
  readonly live: LiveLog;
  readonly register: Register;
  readonly onFault: (error: Error) => void;
};

/** Rows of the register built before other work gets a turn: about 5 ms. */
const ROWS_A_TURN = 1_024;
/** Rows that may wait in the store before further ones of the register wait where they are: two of its transactions. */
const ROWS_WAITING = 65_536;
/** Alerts staged before other work gets a turn: about 5 ms. */
const STAGED_A_TURN = 2_048;

/** `exactAtMs`: the engine's own instant, of which `atMs` is the rounded one. */
type StagedAlertChange = { readonly change: AlertChange; readonly exactAtMs: number };

export class PipelineTurn {
  readonly #o: PipelineTurnOptions;
  #events: HostEvent[] = [];
  #changes: StagedAlertChange[] = [];
  #removed: { readonly id: HostId; readonly at: number }[] = [];
  #nextRows: NodeJS.Immediate | null = null;
  #isEnding = false;

  constructor(options: PipelineTurnOptions) {
    this.#o = options;
  }

  record(slot: number, kind: HostEvent['kind'], at: number, more: Partial<HostEvent> = {}): void {
    this.#events.push(this.eventOf(slot, kind, at, more));
  }

  eventOf(slot: number, kind: HostEvent['kind'], at: number, more: Partial<HostEvent> = {}): HostEvent {
    const { directory } = this.#o;
    const host = { hostId: directory.idOf(slot), host: directory.nameOf(slot) };
    return { at, ...host, kind, reason: null, evidence: null, by: null, ...more };
  }

  collect(changes: readonly AlertChange[], exactAtMs?: number): void {
    for (const change of changes) this.#changes.push({ change, exactAtMs: exactAtMs ?? change.atMs });
  }

  /** The host's row goes and leaves a tombstone. */
  removed(id: HostId, at: number): void {
    this.#removed.push({ id, at });
  }

  /** All that was told since the last call, and as many rows of the register as the store has room for. O(it). */
  commit(): void {
    const changes = this.#changes;
    const events = this.#events;
    const removed = this.#removed;
    const hosts = this.#takeRows();
    if (events.length + changes.length + removed.length + hosts.length === 0) return;
    this.#changes = [];
    this.#events = [];
    this.#removed = [];
    for (const { change } of changes) {
      const event = ackEventOf(change);
      if (event !== null) events.push(event);
    }
    const episodes = changes.map(({ change }) => recordOf(change));
    this.append({ events, episodes, hosts, removed });
    for (const { change, exactAtMs } of changes) this.stageAlert(change, exactAtMs);
  }

  /** A fleet that appears at once has more rows than the store takes at once. */
  #takeRows(): StoredHost[] {
    const { register, store } = this.#o;
    if (register.waiting === 0) return [];
    const room = this.#isEnding ? ROWS_A_TURN : ROWS_WAITING - store.health().waiting;
    const rows = register.take(Math.min(ROWS_A_TURN, room));
    if (rows.length > 0) this.#planRows();
    return rows;
  }

  #planRows(): void {
    if (this.#o.register.waiting === 0 || this.#isEnding) return;
    this.#nextRows ??= setImmediate(() => {
      this.#nextRows = null;
      this.commit();
    });
  }

  /** To the store as history. */
  append(batch: Parameters<Store['append']>[0]): void {
    // There is room again.
    this.#o.store.append(batch, 'history').then(() => this.#planRows(), this.#o.onFault);
  }

  /** From now on each commit takes rows, whatever waits in the store. */
  end(): void {
    this.#isEnding = true;
    if (this.#nextRows !== null) clearImmediate(this.#nextRows);
  }

  /** In slices, so that thousands do not hold up the live states. */
  async stageAlerts(episodes: readonly EpisodeRecord[], atMs: number): Promise<void> {
    for (let at = 0; at < episodes.length; at++) {
      if (at > 0 && at % STAGED_A_TURN === 0) await nextTurn();
      this.stageAlert(episodes[at]!, atMs);
    }
  }

  /** The alert as it is now: by the time it is stored something newer may have happened to it. */
  stageAlert({ alert }: EpisodeRecord, atMs: number): void {
    const { alerts, live, directory } = this.#o;
    const now = alerts.settled(alert.id);
    // Open then and not kept now: it has closed since, which has been staged, and must not open again.
    if (now === null && alert.closedAt === null) return;
    live.stageAlert(now ?? alert, atMs);
    const slot = directory.slotOfId(alert.hostId);
    if (slot !== null) this.stageState(slot, atMs);
  }

  /** The engine's state with the overlays that hold now. */
  stageState(slot: number, atMs: number): void {
    const { directory, live, alerts } = this.#o;
    const state = directory.stateOf(slot);
    const acknowledged = state === HostState.down && alerts.isSettledAcknowledged(directory.idOf(slot));
    live.stageState(slot, state | (acknowledged ? ACKNOWLEDGED : 0), atMs);
  }
}

export function recordOf({ alert, timeoutMs, closedBy, batchId, downAt }: EpisodeRecord): EpisodeRecord {
  return { alert, timeoutMs, closedBy, batchId, downAt };
}

/** What history tells of an acknowledgement that began or ended; null for other changes. */
export function ackEventOf({ alert, kind, by, atMs }: AlertChange): HostEvent | null {
  if (kind !== 'acknowledged' && kind !== 'unacknowledged') return null;
  const reason = kind === 'acknowledged' ? (alert.ack?.comment ?? null) : null;
  return { at: atMs, hostId: alert.hostId, host: alert.host, kind, reason, evidence: null, by };
}

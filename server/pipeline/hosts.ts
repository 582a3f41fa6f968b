/**
 * Hosts named before they are heard, and hosts removed by hand: stored first, then done. While a removal is being
 * stored, what the engine says of its hosts waits: kept, it is of no interest; refused, it is made up for. Main
 * thread; removing in portions and slices. Rules P20 to P33 of SPEC.md.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RemoveAnswer } from '#lib/protocol/account.ts';
import { canonicalLabels, type HostId, type Labels } from '#lib/protocol/host.ts';
import { type AlertBook, type EpisodeRecord, SYSTEM_ACTOR } from '../alerts/alert-book.ts';
import type { Clock } from '../clock.ts';
import type { Engine } from '../engine/index.ts';
import { hostIdHex } from '../host-id.ts';
import type { HostDirectory } from '../live/host-directory.ts';
import type { StoredHost } from '../store/store.ts';
import { expectedAudit, removalAudit } from './audit.ts';
import type { StoreCommands } from './commands.ts';
import type { Register } from './register.ts';
import { type PipelineTurn, recordOf } from './turn.ts';

/** A host to be watched for before it is heard. */
export type ExpectedHost = { readonly name: string; readonly labels: Labels; readonly intervalMs: number };

export type PipelineHostsOptions = {
  readonly engine: Pick<Engine, 'remove' | 'expect'>;
  readonly directory: HostDirectory;
  readonly alerts: AlertBook;
  readonly register: Register;
  readonly turn: PipelineTurn;
  readonly commands: StoreCommands;
  readonly clock: Clock;
  /** MAX_HOSTS. */
  readonly maxHosts: number;
  readonly onFault: (error: Error) => void;
  /** Takes the host out of the directory and the live log. */
  readonly forget: (slot: number, nowMs: number) => void;
};

/** One transaction: all of it or nothing. */
const PORTION = 5_000;
/** Hosts forgotten before other work gets a turn: about 5 ms. */
const FORGOTTEN_A_TURN = 256;
/** Answers name the hosts up to here. */
const MAX_IDS_ANSWERED = 500;

/** What the engine said of a host meanwhile, in order. */
type Waiting = (() => void)[];

export class PipelineHosts {
  readonly #o: PipelineHostsOptions;
  /** By slot. */
  readonly #leaving = new Map<number, Waiting>();
  /** Named and stored, but the engine has not said so yet. */
  readonly #expected = new Map<HostId, StoredHost>();
  /** Slots of hosts named in this run. */
  readonly #named = new Set<number>();

  constructor(options: PipelineHostsOptions) {
    this.#o = options;
  }

  /** Is the host being removed? Then `later` runs if it stays after all. */
  waits(slot: number, later: () => void): boolean {
    const waiting = this.#leaving.get(slot);
    waiting?.push(later);
    return waiting !== undefined;
  }

  isLeaving(slot: number): boolean {
    return this.#leaving.has(slot);
  }

  /** A new host: with what is stored of it when it was named before. True when it was. */
  registered(slot: number): boolean {
    const row = this.#expected.get(this.#o.directory.idOf(slot));
    if (row === undefined) return false;
    this.#expected.delete(row.id);
    this.#named.add(slot);
    const { registeredAt: registeredAtMs, intervalMs, confirmed } = row;
    this.#o.directory.setKept(slot, { registeredAtMs, intervalMs, confirmed, unheard: true });
    return true;
  }

  /** Is this the first heartbeat of a host that was named, in this run or before? */
  isFirstHeard(slot: number): boolean {
    const { directory, register } = this.#o;
    const kept = directory.keptOf(slot);
    if (!kept.unheard) return false;
    directory.setKept(slot, { ...kept, unheard: false });
    register.note(slot);
    return true;
  }

  /** Was it named in this run? Then it alerts, also where the engine had heard it before it was told of the name. */
  isNamed(slot: number): boolean {
    return this.#named.has(slot);
  }

  /** A named host that cannot be watched for after all: it is not in the register either. */
  foundNoRoom(id: HostId): void {
    const row = this.#expected.get(id);
    if (row === undefined) return;
    this.#expected.delete(id);
    const at = Math.round(this.#o.clock());
    const event = { at, hostId: id, host: row.name ?? id, reason: null, evidence: null, by: SYSTEM_ACTOR };
    this.#o.turn.append({ events: [{ ...event, kind: 'removed' }], removed: [{ id, at }] });
    this.#o.onFault(
      new Error(`${row.name ?? id} was named, but there is no room to watch for it: MAX_HOSTS is reached`),
    );
  }

  forgotten(slot: number): void {
    this.#named.delete(slot);
  }

  /** `known`: there is such a host already, and nothing happened. Rejects with StoreUnavailable. */
  async expect(host: ExpectedHost, by: string): Promise<'expected' | 'known' | 'full'> {
    const { commands, directory, clock, maxHosts, engine } = this.#o;
    commands.check();
    const { name, intervalMs } = host;
    const labels = canonicalLabels(Object.entries(host.labels));
    const id = hostIdHex(name);
    if (directory.slotOfId(id) !== null || this.#expected.has(id)) return 'known';
    if (directory.size + this.#expected.size >= maxHosts) return 'full';
    const nowMs = Math.round(clock());
    const row: StoredHost = {
      id,
      name,
      labels,
      intervalMs,
      registeredAt: nowMs,
      confirmed: true,
      unheard: true,
      left: null,
    };
    const told = { kind: 'registered', reason: null, evidence: null, by } as const;
    const event = { at: nowMs, hostId: id, host: name, ...told };
    const audit = [expectedAudit(by, name, intervalMs, nowMs)];
    this.#expected.set(id, row);
    await commands.run({ hosts: [row], events: [event], audit }, (kept) => {
      if (kept) engine.expect({ id, name, labels, intervalMs });
      else this.#refused(row);
    });
    return 'expected';
  }

  /** It may have been heard meanwhile: then it is a host like any other, and registers now. */
  #refused({ id, intervalMs }: StoredHost): void {
    const { directory, register, turn, clock } = this.#o;
    this.#expected.delete(id);
    const slot = directory.slotOfId(id);
    if (slot === null) return;
    this.#named.delete(slot);
    const registeredAtMs = Math.round(clock());
    const { unheard } = directory.keptOf(slot);
    directory.setKept(slot, { registeredAtMs, intervalMs, confirmed: false, unheard });
    register.note(slot);
    turn.record(slot, 'registered', registeredAtMs);
    turn.commit();
  }

  /**
   * Those that are not there, or are being removed, count for nothing. Rejects with StoreUnavailable; of more than
   * 5,000 the portions stored before that are removed.
   */
  async remove(ids: readonly HostId[], by: string): Promise<RemoveAnswer> {
    this.#o.commands.check();
    const { directory } = this.#o;
    const removed: HostId[] = [];
    for (let at = 0; at < ids.length; at += PORTION) {
      const slots: number[] = [];
      for (const id of new Set(ids.slice(at, at + PORTION))) {
        const slot = directory.slotOfId(id);
        if (slot === null || this.#leaving.has(slot)) continue;
        slots.push(slot);
        removed.push(id);
      }
      if (slots.length > 0) await this.#removePortion(slots, by);
    }
    return removed.length <= MAX_IDS_ANSWERED
      ? { removed: removed.length, ids: removed }
      : { removed: removed.length };
  }

  async #removePortion(slots: readonly number[], by: string): Promise<void> {
    const { alerts, commands, directory, register, turn, clock } = this.#o;
    const at = Math.round(clock());
    const ids = slots.map((slot) => directory.idOf(slot));
    for (const slot of slots) this.#leaving.set(slot, []);
    // A row that is still to be written would bring the host back into the register.
    const behind = slots.filter((slot) => register.drop(slot));
    const { changes, removal } = alerts.remove(ids, at, by);
    const batch = {
      events: slots.map((slot) => turn.eventOf(slot, 'removed', at, { by })),
      episodes: changes.map(recordOf),
      removed: ids.map((id) => ({ id, at })),
      audit: [
        removalAudit(
          by,
          slots.map((slot) => directory.nameOf(slot)),
          at,
        ),
      ],
    };
    let reopened: EpisodeRecord[] = [];
    try {
      await commands.run(batch, (kept) => {
        reopened = alerts.settleRemoval(removal, kept);
        if (reopened.length > 0) turn.append({ episodes: reopened });
        if (kept) return;
        for (const slot of behind) register.note(slot);
        this.#stay(slots);
      });
    } catch (error) {
      await turn.stageAlerts(reopened, at);
      throw error;
    }
    const closed = new Map(changes.map((change) => [change.alert.hostId, change]));
    for (let i = 0; i < slots.length; i++) {
      if (i > 0 && i % FORGOTTEN_A_TURN === 0) await nextTurn();
      this.forget(slots[i]!, at);
      // In the same turn, and after it: a host without its alert would be shown as one that nobody has taken.
      const change = closed.get(ids[i]!);
      if (change !== undefined) turn.stageAlert(change, at);
    }
  }

  /** The removal was refused: what happened to the hosts meanwhile happens now. */
  #stay(slots: readonly number[]): void {
    for (const slot of slots) {
      const waiting = this.#leaving.get(slot)!;
      this.#leaving.delete(slot);
      for (const happen of waiting) happen();
    }
    this.#o.turn.commit();
  }

  /** The host is stored as removed: from now on a beat of it is one of a host that returns. */
  forget(slot: number, nowMs: number): void {
    const { directory, engine } = this.#o;
    const { shard, row } = directory.placeOf(slot);
    this.#leaving.delete(slot);
    engine.remove(shard, row);
    this.#o.forget(slot, nowMs);
  }
}

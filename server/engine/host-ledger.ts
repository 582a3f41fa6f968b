/**
 * What becomes of a host once a heartbeat of it has been accepted: its row, its place in the order of expiry, its
 * description, and the transitions that follow. Judges no datagram. Pure: instants are handed in. Shard thread.
 * Cost: O(1) a heartbeat, no allocation for a known host without news.
 */
import { canonicalLabels, HostState, type Labels } from '../../lib/protocol/host.ts';
import type { Admission } from './admission.ts';
import { TransitionKind, TransitionNote, TransitionReason } from './events.ts';
import { FifoExpiry } from './fifo-expiry.ts';
import { HostTable } from './host-table.ts';
import { RESTORED_CONFIRMED, RESTORED_NAMED, RESTORED_STATE, type RestoredColumns } from './known-hosts.ts';
import { HEARD_AGAIN, NAMED_BEFORE, NONE, type ShardColumns } from './layout.ts';
import type { ObservedClock } from './observed-clock.ts';
import type { Outbox } from './outbox.ts';
import { RowPool } from './row-pool.ts';
import { clearWindow, expectedBeats, lostBeats } from './seq-window.ts';
import { SourceRegister } from './source-register.ts';
import type { TimeoutClasses } from './timeout-class.ts';

const NO_LABELS: Labels = canonicalLabels([]);

/** Source addresses kept beyond one a row: hosts move. */
const SPARE_SOURCES = 1_024;

const hex = (word: number): string => word.toString(16).padStart(8, '0');

export class HostLedger {
  readonly #columns: ShardColumns;
  readonly #classes: TimeoutClasses;
  readonly #clock: ObservedClock;
  readonly #outbox: Outbox;
  readonly #admission: Admission;
  readonly #table: HostTable;
  readonly #rows: RowPool;
  readonly #expiry: FifoExpiry;
  readonly #sources: SourceRegister;
  #judgedAtMs = 0;

  constructor(
    columns: ShardColumns,
    classes: TimeoutClasses,
    clock: ObservedClock,
    outbox: Outbox,
    admission: Admission,
    seed: number,
  ) {
    this.#columns = columns;
    this.#classes = classes;
    this.#clock = clock;
    this.#outbox = outbox;
    this.#admission = admission;
    this.#table = new HostTable(columns, seed);
    this.#rows = new RowPool(columns);
    this.#expiry = new FifoExpiry(columns, classes, clock);
    this.#sources = new SourceRegister(columns.rows + SPARE_SOURCES, (index, address) =>
      outbox.source(index, address),
    );
  }

  /** The host's row, or NONE. */
  find(idHigh: number, idLow: number): number {
    return this.#table.find(idHigh, idLow);
  }

  /**
   * A row for a host not known yet, without window, description and state; or why there is none. `source` null:
   * an operator's wish, which waits for no token.
   */
  register(
    idHigh: number,
    idLow: number,
    source: string | null,
    nowMs: number,
  ): number | 'host_limit' | 'rate_limit' {
    const admitted = this.#admission.admit(source, nowMs);
    if (admitted !== 'admitted') return admitted;
    const row = this.#rows.take(nowMs);
    if (row === NONE) {
      this.#admission.release();
      return 'host_limit';
    }
    this.#enter(row, idHigh, idLow);
    return row;
  }

  /** The host at `i` among those known from before, in the next row. Silence of a pending one counts from `sinceMs`. */
  restore(hosts: RestoredColumns, i: number, sinceMs: number): void {
    const idHigh = hosts.idHigh[i]!;
    const idLow = hosts.idLow[i]!;
    const row = this.#rows.take(sinceMs);
    if (row !== i) throw new Error(`restored host ${i} got row ${row}: a shard is restored once and first`);
    if (this.#table.find(idHigh, idLow) !== NONE) {
      throw new Error(`host ${hex(idHigh)}${hex(idLow)} is to be restored twice`);
    }
    this.#admission.keep();
    this.#enter(row, idHigh, idLow);
    const flags = hosts.flags[i]!;
    const state = flags & RESTORED_STATE;
    const interval = hosts.interval[i]!;
    if ((flags & RESTORED_CONFIRMED) !== 0) this.#columns.history[row] = HEARD_AGAIN;
    if ((flags & RESTORED_NAMED) !== 0) this.#columns.description[row] = NAMED_BEFORE;
    if (state === HostState.down || state === HostState.left)
      this.#expiry.place(row, interval, state, sinceMs);
    else this.#expiry.awaitFirst(row, interval, sinceMs);
  }

  /** A host in a row of `register` is waited for from now on, and its down alerts. */
  expect(row: number, interval: number, nowMs: number): void {
    this.#columns.history[row] = HEARD_AGAIN;
    this.#expiry.awaitFirst(row, interval, nowMs);
    this.#tell(row, TransitionKind.pending, TransitionReason.heard, nowMs);
  }

  #enter(row: number, idHigh: number, idLow: number): void {
    const columns = this.#columns;
    columns.idHigh[row] = idHigh;
    columns.idLow[row] = idLow;
    columns.incarnation[row] = 0;
    columns.history[row] = 0;
    clearWindow(columns, row);
    columns.source[row] = NONE;
    columns.description[row] = 0;
    columns.senderLate[row] = 0;
    columns.state[row] = HostState.empty;
    this.#table.insert(row);
  }

  /** Hands out the host's name and labels; `hash` tells them from others, 0 for a host without a name. */
  describe(row: number, hash: number, name: string | null, labels: Labels = NO_LABELS): void {
    this.#columns.description[row] = hash;
    const hostId = hex(this.#columns.idHigh[row]!) + hex(this.#columns.idLow[row]!);
    this.#outbox.describe({ row, hostId, name, labels });
  }

  /** A heartbeat that counts for liveness. `restarted`: from another incarnation than those before. */
  heard(
    row: number,
    interval: number,
    senderLate: number,
    source: string,
    nowMs: number,
    restarted: boolean,
  ): void {
    const before = this.#columns.state[row]!;
    this.#columns.senderLate[row] = senderLate;
    this.#columns.source[row] = this.#sources.indexOf(source);
    this.#expiry.heard(row, interval, nowMs);
    if (before !== HostState.up) this.#tell(row, TransitionKind.up, TransitionReason.heard, nowMs);
    if (restarted) this.#tell(row, TransitionKind.restarted, TransitionReason.heard, nowMs);
  }

  /** An accepted bye. */
  left(row: number, source: string, nowMs: number, restarted: boolean): void {
    const before = this.#columns.state[row]!;
    this.#columns.source[row] = this.#sources.indexOf(source);
    this.#expiry.drop(row, HostState.left);
    this.#columns.lastSeenAtMs[row] = nowMs;
    if (restarted && before === HostState.up) {
      this.#tell(row, TransitionKind.restarted, TransitionReason.heard, nowMs);
    }
    if (before !== HostState.left) this.#tell(row, TransitionKind.left, TransitionReason.bye, nowMs);
  }

  /** Has the host been silent for its timeout, in time we listened? */
  isSilent(row: number, nowMs: number): boolean {
    const silentMs = this.#clock.observed(nowMs) - this.#clock.observed(this.#columns.lastSeenAtMs[row]!);
    return silentMs >= this.#classes.timeoutMs[this.#classes.ofInterval[this.#columns.interval[row]!]!]!;
  }

  /** Forgets a host; false when the row holds none. */
  remove(row: number, nowMs: number): boolean {
    if (!(row < this.#columns.rows) || this.#columns.state[row] === HostState.empty) return false;
    this.#expiry.drop(row, HostState.empty);
    this.#table.remove(row);
    this.#rows.rest(row, nowMs);
    this.#admission.release();
    return true;
  }

  /** Verdicts as of `horizonMs`, at most `limit`, told with the instant `nowMs`; true when more may be due. */
  expire(horizonMs: number, nowMs: number, limit: number): boolean {
    this.#judgedAtMs = nowMs;
    return this.#expiry.expire(horizonMs, limit, this.#onVerdict);
  }

  readonly #onVerdict = (row: number, state: typeof HostState.late | typeof HostState.down): void => {
    this.#tell(row, state, TransitionReason.timeout, this.#judgedAtMs);
  };

  #tell(row: number, kind: number, reason: number, atMs: number): void {
    const columns = this.#columns;
    const heardOnce = kind === TransitionKind.down && (columns.history[row]! & HEARD_AGAIN) === 0;
    const unheard = columns.source[row] === NONE;
    this.#outbox.transition(
      row,
      kind,
      reason,
      (heardOnce ? TransitionNote.heardOnce : 0) | (unheard ? TransitionNote.unheard : 0),
      atMs,
      columns.lastSeenAtMs[row]!,
      lostBeats(columns, row),
      expectedBeats(columns, row),
    );
  }
}

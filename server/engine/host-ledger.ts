/**
 * What becomes of a host once a heartbeat of it has been accepted: its row, where it waits to be found silent, its
 * description, and the transitions that follow. Judges no datagram. Pure: instants are handed in. Shard thread.
 * Cost: O(1) a heartbeat, no allocation for a known host without news. Sources are numbers of the shard's book.
 * Readers of the column `state` mask it with ROW_STATE: the number of the host's policy stands above.
 */
import { canonicalLabels, HostState, type Labels } from '../../lib/protocol/host.ts';
import type { Admission } from './admission.ts';
import type { Detectors } from './detector/detectors.ts';
import { policyOf } from './detector/policies.ts';
import { Watch } from './detector/watch.ts';
import { TransitionKind, TransitionNote, TransitionReason } from './events.ts';
import { adoptHosts, newsAgain } from './host-adoption.ts';
import { HostJournal } from './host-journal.ts';
import { HostTable } from './host-table.ts';
import { RESTORED_CONFIRMED, RESTORED_NAMED, RESTORED_STATE, type RestoredColumns } from './known-hosts.ts';
import { HEARD_AGAIN, NAMED_BEFORE, NONE, POLICY_SHIFT, ROW_STATE, type ShardColumns } from './layout.ts';
import type { ObservedClock } from './observed-clock.ts';
import type { Outbox } from './outbox.ts';
import { RowPool } from './row-pool.ts';
import { clearWindow, expectedBeats, lostBeats } from './seq-window.ts';

const NO_LABELS: Labels = canonicalLabels([]);

const hex = (word: number): string => word.toString(16).padStart(8, '0');

export type HostLedgerOptions = {
  readonly columns: ShardColumns;
  readonly detectors: Detectors;
  readonly clock: ObservedClock;
  readonly outbox: Outbox;
  readonly admission: Admission;
  /** Secret 32 bits for the host table. */
  readonly seed: number;
};

/** A policy that acts at the host's next beat, and the hash of the description it comes from. */
type PolicyChange = { readonly policy: number; readonly hash: number };

export class HostLedger {
  readonly #columns: ShardColumns;
  readonly #detectors: Detectors;
  readonly #clock: ObservedClock;
  readonly #outbox: Outbox;
  readonly #admission: Admission;
  readonly #table: HostTable;
  readonly #rows: RowPool;
  readonly #watch: Watch;
  readonly #journal: HostJournal;
  readonly #changes = new Map<number, PolicyChange>();
  #judgedAtMs = 0;

  constructor({ columns, detectors, clock, outbox, admission, seed }: HostLedgerOptions) {
    this.#columns = columns;
    this.#detectors = detectors;
    this.#clock = clock;
    this.#outbox = outbox;
    this.#admission = admission;
    this.#table = new HostTable(columns, seed);
    this.#rows = new RowPool(columns);
    this.#watch = new Watch(columns, detectors, clock);
    this.#journal = new HostJournal(columns);
  }

  /** The host's row, or NONE. */
  find(idHigh: number, idLow: number): number {
    return this.#table.find(idHigh, idLow);
  }

  /**
   * A row for a host not known yet, without window, description and state; or why there is none. `source` NONE:
   * an operator's wish, which waits for no token.
   */
  register(
    idHigh: number,
    idLow: number,
    source: number,
    nowMs: number,
  ): number | 'host_limit' | 'rate_limit' {
    const admitted = this.#admission.admit(source, nowMs);
    if (admitted !== 'admitted') return admitted;
    this.#journal.counted++;
    const row = this.#rows.take(nowMs);
    if (row === NONE) {
      this.#release();
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
    this.#journal.counted++;
    this.#enter(row, idHigh, idLow);
    const flags = hosts.flags[i]!;
    const policy = hosts.policy[i]!;
    if ((flags & RESTORED_CONFIRMED) !== 0) this.#columns.history[row] = HEARD_AGAIN;
    if ((flags & RESTORED_NAMED) !== 0) this.#columns.description[row] = NAMED_BEFORE;
    const state = flags & RESTORED_STATE;
    // A list of policies that was longer once: the default, until the host's labels are heard.
    const known = policy < this.#detectors.count ? policy : 0;
    this.#watch.place(row, known, hosts.interval[i]!, state, sinceMs);
  }

  /** A host in a row of `register` is waited for from now on, and its down alerts. */
  expect(row: number, interval: number, nowMs: number): void {
    this.#columns.history[row] = HEARD_AGAIN;
    this.#note(row, TransitionReason.heard);
    this.#watch.place(row, this.#takePolicy(row), interval, HostState.pending, nowMs);
    this.#tell(row, TransitionKind.pending, TransitionReason.heard, nowMs);
  }

  #enter(row: number, idHigh: number, idLow: number): void {
    const columns = this.#columns;
    columns.state[row] = HostState.empty;
    columns.idHigh[row] = idHigh;
    columns.idLow[row] = idLow;
    columns.incarnation[row] = 0;
    columns.history[row] = 0;
    clearWindow(columns, row);
    columns.source[row] = NONE;
    columns.description[row] = 0;
    columns.senderLate[row] = 0;
    this.#table.insert(row);
  }

  /**
   * Hands out the host's name and labels; `hash` tells them from others, 0 for a host without a name. The policy for
   * these labels acts at the host's next beat, which may be the one that brought them.
   */
  describe(row: number, hash: number, name: string | null, labels: Labels = NO_LABELS): void {
    const packed = this.#columns.state[row]!;
    // The same again while its policy waits for a beat: the column does not have the hash yet.
    if (this.#changes.size > 0 && hash !== 0 && this.#changes.get(row)?.hash === hash) return;
    this.#clearJournal();
    this.#journal.described(row, packed === HostState.empty);
    this.#outbox.describe({ row, hostId: this.#idOf(row), name, labels }, packed === HostState.empty);
    const current = packed >>> POLICY_SHIFT;
    const policy = name === null ? current : policyOf(this.#detectors.policies, labels);
    this.#changes.delete(row);
    if (policy !== current) this.#changes.set(row, { policy, hash });
    this.#columns.description[row] = policy === current ? hash : NAMED_BEFORE;
  }

  /** The policy for the host from now on. */
  #takePolicy(row: number): number {
    if (this.#changes.size > 0) {
      const change = this.#changes.get(row);
      if (change !== undefined) {
        this.#changes.delete(row);
        this.#columns.description[row] = change.hash;
        return change.policy;
      }
    }
    return this.#columns.state[row]! >>> POLICY_SHIFT;
  }

  /** A heartbeat that counts for liveness. `restarted`: from another incarnation than those before. */
  heard(
    row: number,
    interval: number,
    senderLate: number,
    source: number,
    nowMs: number,
    restarted: boolean,
  ): void {
    const columns = this.#columns;
    const packed = columns.state[row]!;
    const before = packed & ROW_STATE;
    const policy = this.#changes.size === 0 ? packed >>> POLICY_SHIFT : this.#takePolicy(row);
    if (before !== HostState.up) this.#note(row, TransitionReason.heard);
    columns.senderLate[row] = senderLate;
    columns.source[row] = source;
    this.#watch.heard(row, policy, interval, nowMs, restarted);
    if (before !== HostState.up) this.#tell(row, TransitionKind.up, TransitionReason.heard, nowMs);
    if (restarted) this.#tell(row, TransitionKind.restarted, TransitionReason.heard, nowMs);
  }

  /** An accepted bye. */
  left(row: number, source: number, nowMs: number, restarted: boolean): void {
    const before = this.#columns.state[row]! & ROW_STATE;
    if (before !== HostState.left) this.#note(row, TransitionReason.bye);
    this.#columns.source[row] = source;
    this.#watch.drop(row, HostState.left, nowMs);
    if (restarted && before === HostState.up) {
      this.#tell(row, TransitionKind.restarted, TransitionReason.heard, nowMs);
    }
    if (before !== HostState.left) this.#tell(row, TransitionKind.left, TransitionReason.bye, nowMs);
  }

  /** Its connection ended, which is no silence: an up or late host is down at once, for this TransitionReason. */
  ended(row: number, reason: number, nowMs: number): void {
    const before = this.#columns.state[row]! & ROW_STATE;
    if (before !== HostState.up && before !== HostState.late) return;
    this.#note(row, reason);
    this.#watch.drop(row, HostState.down, nowMs);
    this.#tell(row, TransitionKind.down, reason, nowMs);
  }

  /** Has the host been silent for its timeout, in time we listened? */
  isSilent(row: number, nowMs: number): boolean {
    const silentMs = this.#clock.observed(nowMs) - this.#clock.observed(this.#columns.lastSeenAtMs[row]!);
    return silentMs >= this.#watch.timeoutMs(row);
  }

  /** Forgets a host; false when the row holds none. */
  remove(row: number, nowMs: number): boolean {
    if (!(row < this.#columns.rows) || (this.#columns.state[row]! & ROW_STATE) === HostState.empty)
      return false;
    this.#changes.delete(row);
    this.#outbox.forget(row);
    this.#watch.drop(row, HostState.empty, nowMs);
    this.#table.remove(row);
    this.#rows.rest(row);
    this.#release();
    return true;
  }

  #release(): void {
    this.#admission.release();
    this.#journal.counted--;
  }

  /**
   * Verdicts as of `horizonMs`, at most `limit`, told with the instant `nowMs`; true when more may be due. `misses`:
   * the bar in force, which raises every timeout while it is above the MISSES that are set.
   */
  expire(horizonMs: number, nowMs: number, limit: number, misses = 0): boolean {
    this.#clearJournal();
    this.#judgedAtMs = nowMs;
    this.#watch.raise(misses);
    return this.#watch.expire(horizonMs, limit, this.#onVerdict);
  }

  /**
   * Goes on with the hosts in the columns of a shard that died, wherever it stopped, with a clock that took over from
   * its; this ledger must not have been used before. Tells again what may not have been sent.
   */
  adopt(nowMs: number): void {
    const columns = this.#columns;
    const parts = { table: this.#table, rows: this.#rows, watch: this.#watch };
    const hosts = adoptHosts(columns, parts, nowMs);
    for (; this.#journal.counted < hosts; this.#journal.counted++) this.#admission.keep();
    while (this.#journal.counted > hosts) this.#release();
    const { described, states } = newsAgain(columns, this.#journal.untold(columns.rows));
    for (const row of described)
      this.#outbox.describe({ row, hostId: this.#idOf(row), name: null, labels: NO_LABELS }, true);
    for (const { row, kind, reason } of states) this.#tell(row, kind, reason, nowMs);
  }

  #idOf(row: number): string {
    return hex(this.#columns.idHigh[row]!) + hex(this.#columns.idLow[row]!);
  }

  readonly #onVerdict = (row: number, state: typeof HostState.late | typeof HostState.down): void => {
    this.#note(row, TransitionReason.timeout);
    this.#tell(row, state, TransitionReason.timeout, this.#judgedAtMs);
  };

  /** Before the columns change and it is told. */
  #note(row: number, reason: number): void {
    this.#clearJournal();
    this.#journal.transition(row, reason);
  }

  #clearJournal(): void {
    if (this.#outbox.isEmpty) this.#journal.clear();
  }

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
      // A saved run says nothing of losses in this one.
      unheard ? 0 : lostBeats(columns, row),
      unheard ? 0 : expectedBeats(columns, row),
    );
  }
}

/**
 * Which run of its host a heartbeat belongs to, and whether it is news of it: incarnation, seq, no lock-out; runs that
 * begin. Knows no tags and no states but silence. Pure. Shard thread. Source: PROTOCOL 1.5.
 * Cost: O(1), no allocation for a beat of the present run.
 */
import { INTERVAL_UNIT_MS } from '../../lib/protocol/heartbeat.ts';
import { HostState, STATE_MASK } from '../../lib/protocol/host.ts';
import { Challengers } from './challengers.ts';
import type { HostLedger } from './host-ledger.ts';
import { EXPECTED_MASK, type ShardColumns } from './layout.ts';
import type { Moment } from './moment.ts';
import { arrive, clearWindow, SeqVerdict, startWindow, WINDOW_SEQS } from './seq-window.ts';
import { ACCEPTED, REASON } from './verdict.ts';

/** What `judge` says; a refusal is -1 - the index of its reason. */
export const JUDGED = { refresh: 0, restarted: 1, fill: 2 } as const;

/** Of a text heartbeat that carries none. */
export const NO_SEQ = 0;

/** Refused beats of the host's own run must come at this share of the announced pace to be taken for a living sender's. */
const LIVING_PACE = 0.5;

export class HostRuns {
  readonly #columns: ShardColumns;
  readonly #ledger: HostLedger;
  readonly #moment: Moment;
  readonly #challengers: Challengers;
  /** Of the message that is being judged: kept here, because a number of this size is boxed as an argument. */
  readonly #incarnation = new Float64Array(1);

  constructor(columns: ShardColumns, ledger: HostLedger, moment: Moment) {
    this.#columns = columns;
    this.#ledger = ledger;
    this.#moment = moment;
    this.#challengers = new Challengers(columns.rows);
  }

  /** The message judged next is of this incarnation. */
  of(incarnation: number): void {
    this.#incarnation[0] = incarnation;
  }

  /** The first run of a host that was not known, or none. */
  first(row: number, seq: number): void {
    this.#columns.incarnation[row] = this.#incarnation[0]!;
    if (seq !== NO_SEQ) startWindow(this.#columns, row, seq);
  }

  /** Why a message of a known host is no news; ACCEPTED when it is. Changes nothing. */
  staleness(row: number, seq: number): number {
    const columns = this.#columns;
    const incarnation = this.#incarnation[0]!;
    const current = columns.incarnation[row]!;
    if (incarnation > current) return ACCEPTED;
    if (incarnation < current) return REASON.old_incarnation;
    const back = columns.highSeq[row]! - seq;
    if (back < 0) return ACCEPTED;
    if (back >= WINDOW_SEQS) return REASON.replay;
    const word = back < 32 ? columns.seenLow[row]! : columns.seenHigh[row]!;
    return ((word >>> (back & 31)) & 1) === 1 ? REASON.replay : ACCEPTED;
  }

  /** A message of a known host: what it is to its run, which it may begin. `interval`: in units of 10 ms. */
  judge(row: number, seq: number, interval: number, bye: boolean): number {
    const columns = this.#columns;
    const incarnation = this.#incarnation[0]!;
    const current = columns.incarnation[row]!;
    if (incarnation > current) {
      this.#begin(row, seq);
      return current === 0 ? JUDGED.refresh : JUDGED.restarted;
    }
    if (incarnation === current) {
      const verdict = arrive(columns, row, seq);
      if (verdict === SeqVerdict.newer) return JUDGED.refresh;
      if (verdict === SeqVerdict.older) {
        this.#challengers.forget(row);
        return JUDGED.fill;
      }
    }
    // A bye neither takes over a silent host nor helps to: only what beats does.
    if (!bye && this.#takesOver(row, seq, interval)) {
      this.#begin(row, seq);
      return incarnation === current ? JUDGED.refresh : JUDGED.restarted;
    }
    return -1 - (incarnation === current ? REASON.replay : REASON.old_incarnation);
  }

  /** As `judge`, of a text heartbeat, which has no incarnation of its own. */
  judgeText(row: number, seq: number, interval: number, bye: boolean): number {
    if (seq === NO_SEQ) return JUDGED.refresh;
    const incarnation = this.#columns.incarnation[row]!;
    this.#incarnation[0] = incarnation;
    if (seq === 1 && incarnation === 0) {
      startWindow(this.#columns, row, seq);
      return JUDGED.refresh;
    }
    return this.judge(row, seq, interval, bye);
  }

  /** The host's run was saved before a stop: only what is above it is news. */
  resume(row: number, incarnation: number, seq: number): void {
    const columns = this.#columns;
    columns.incarnation[row] = incarnation;
    startWindow(columns, row, seq);
    // What came before the stop is not known any longer: all of it counts as seen.
    columns.seenHigh[row] = 0xffffffff;
    columns.seenLow[row] = 0xffffffff;
    columns.history[row] = (columns.history[row]! & ~EXPECTED_MASK) | WINDOW_SEQS;
  }

  /** The host has no run any longer: the next message begins its first. */
  forgetRun(row: number): void {
    this.#columns.incarnation[row] = 0;
    clearWindow(this.#columns, row);
  }

  /** The host is gone. */
  forgetChallenger(row: number): void {
    this.#challengers.forget(row);
  }

  /** No lock-out: may a refused beat start a new run, because its host is silent and another like it came before? */
  #takesOver(row: number, seq: number, interval: number): boolean {
    const columns = this.#columns;
    const incarnation = this.#incarnation[0]!;
    const nowMs = this.#moment.nowMs;
    if (!this.#ledger.isSilent(row, nowMs)) return false;
    let paceMs = 0;
    if (incarnation === columns.incarnation[row]) {
      // What the network still holds of a binary run must not undo its bye: the agent's next run has its own number.
      if (incarnation !== 0 && (columns.state[row]! & STATE_MASK) === HostState.left) return false;
      // Copies of what was heard say nothing of who lives.
      if (columns.highSeq[row]! - seq < WINDOW_SEQS) return false;
      paceMs = LIVING_PACE * interval * INTERVAL_UNIT_MS;
    }
    const heardAtMs = columns.lastSeenAtMs[row]!;
    return this.#challengers.challenge(row, incarnation, seq, paceMs, nowMs, heardAtMs);
  }

  #begin(row: number, seq: number): void {
    // Main reads both without a lock: a new incarnation never stands beside the seq of the one before.
    Atomics.store(this.#columns.highSeq, row, 0);
    this.#columns.incarnation[row] = this.#incarnation[0]!;
    startWindow(this.#columns, row, seq);
  }
}

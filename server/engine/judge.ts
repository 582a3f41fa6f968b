/**
 * Whether a heartbeat whose frame is sound counts for its host: its fields, its tag, its run, a new host's admission;
 * then the ledger does what follows. Keeps who came over which connection. Counts nothing, splits nothing. Pure: the
 * instant stands in `moment`. Shard thread. Cost: O(1), no allocation for a binary beat of a known host.
 * Source: PROTOCOL 1.3 to 1.5.
 */
import {
  HEADER_BYTES,
  INTERVAL_UNIT_MS,
  MAX_CLOCK_AHEAD_MS,
  OFFSET,
  parseHelloBody,
  type TextHeartbeat,
} from '../../lib/protocol/heartbeat.ts';
import { HostState, type Labels, STATE_MASK } from '../../lib/protocol/host.ts';
import { hostIdBytes } from '../host-id.ts';
import { hashBytes, hashLabels } from './description-hash.ts';
import { TransitionReason } from './events.ts';
import type { HostLedger } from './host-ledger.ts';
import { HostRuns, JUDGED, NO_SEQ } from './host-runs.ts';
import { HEARD_AGAIN, NONE, type ShardColumns } from './layout.ts';
import { i32be, i32le, u16le } from './message-fields.ts';
import type { Moment } from './moment.ts';
import type { SourceBook } from './source-book.ts';
import { type TagGate, TagVerdict } from './tags/tag-gate.ts';
import { ACCEPTED, REASON } from './verdict.ts';

const TWO_32 = 0x1_0000_0000;

type Described = { readonly name: string; readonly labels: Labels };

export class Judge {
  readonly #columns: ShardColumns;
  readonly #ledger: HostLedger;
  readonly #sources: SourceBook;
  readonly #tags: TagGate | null;
  readonly #moment: Moment;
  readonly #runs: HostRuns;
  /** By row: the connection that delivered the newest heartbeat that refreshed it, 0 = none. From the first one on. */
  #connections: Uint32Array | undefined;

  /** moment: kept up by the shard. */
  constructor(
    columns: ShardColumns,
    ledger: HostLedger,
    sources: SourceBook,
    tags: TagGate | null,
    moment: Moment,
  ) {
    this.#columns = columns;
    this.#ledger = ledger;
    this.#sources = sources;
    this.#tags = tags;
    this.#moment = moment;
    this.#runs = new HostRuns(columns, ledger, moment);
  }

  /** A hello of `size` bytes without its tag, which follows when the key id says so. */
  hello(bytes: Uint8Array, at: number, size: number, source: number, connection: number): number {
    const from = at + HEADER_BYTES;
    const hash = hashBytes(bytes, from, at + size);
    const row = this.#ledger.find(i32be(bytes, at + OFFSET.hostId), i32be(bytes, at + OFFSET.hostId + 4));
    // The same bytes as before need not be read again: an agent repeats its hello every 30 beats.
    if (row !== NONE && this.#columns.description[row] === hash) {
      return this.header(bytes, at, size, source, connection, false, null, hash);
    }
    const body = parseHelloBody(bytes.subarray(from, at + size));
    if (typeof body === 'string') return REASON[body];
    const id = hostIdBytes(body.name);
    for (let i = 0; i < id.length; i++) {
      if (bytes[at + OFFSET.hostId + i] !== id[i]) return REASON.bad_name;
    }
    return this.header(bytes, at, size, source, connection, false, body, hash);
  }

  /** One binary message of `size` bytes without its tag; `described`: what its hello says, when that is news. */
  header(
    bytes: Uint8Array,
    at: number,
    size: number,
    source: number,
    connection: number,
    bye: boolean,
    described: Described | null,
    hash: number,
  ): number {
    const interval = u16le(bytes, at + OFFSET.interval);
    if (interval === 0) return REASON.bad_interval;
    const low = i32le(bytes, at + OFFSET.incarnation) >>> 0;
    const high = i32le(bytes, at + OFFSET.incarnation + 4) >>> 0;
    const incarnation = low + high * TWO_32;
    const latest = this.#moment.nowMs + this.#moment.wallAheadMs + MAX_CLOCK_AHEAD_MS;
    if (incarnation > latest) return REASON.future_incarnation;
    const seq = i32le(bytes, at + OFFSET.seq) >>> 0;
    if (seq === 0) return REASON.replay;
    const idHigh = i32be(bytes, at + OFFSET.hostId);
    const idLow = i32be(bytes, at + OFFSET.hostId + 4);
    let row = this.#ledger.find(idHigh, idLow);
    this.#runs.of(incarnation);
    if (this.#tags !== null) {
      const verdict = this.#passTags(this.#tags, bytes, at, size, row, seq, bye, source);
      if (verdict !== ACCEPTED) return verdict;
    }
    let judged: number = JUDGED.refresh;
    if (row === NONE) {
      row = this.#register(idHigh, idLow, source, bye);
      if (row < 0) return -1 - row;
      this.#runs.first(row, seq);
      if (described === null) this.#ledger.describe(row, 0, null);
    } else {
      judged = this.#runs.judge(row, seq, interval, bye);
      if (judged < 0) return -1 - judged;
      this.#heardAgain(row);
    }
    if (this.#tags !== null && bytes[at + OFFSET.keyId] !== 0) this.#tags.accepted(row);
    if (described !== null) this.#describe(row, judged, hash, described.name, described.labels);
    if (judged === JUDGED.fill) return ACCEPTED;
    const restarted = judged === JUDGED.restarted;
    const from = this.#sources.keep(source);
    if (bye) this.#ledger.left(row, from, this.#moment.nowMs, restarted);
    else {
      if (this.#connections !== undefined || connection !== 0) this.#came(row, connection);
      const senderLate = u16le(bytes, at + OFFSET.late);
      this.#ledger.heard(row, interval, senderLate, from, this.#moment.nowMs, restarted);
    }
    return ACCEPTED;
  }

  /** A text heartbeat of the host with this id. */
  text(text: TextHeartbeat, idHigh: number, idLow: number, source: number, connection: number): number {
    const seq = text.seq ?? NO_SEQ;
    const interval = text.intervalMs / INTERVAL_UNIT_MS;
    let row = this.#ledger.find(idHigh, idLow);
    let judged: number = JUDGED.refresh;
    if (row === NONE) {
      row = this.#register(idHigh, idLow, source, text.bye);
      if (row < 0) return -1 - row;
      this.#runs.of(0);
      this.#runs.first(row, seq);
    } else {
      if (this.#tags?.isTagged(row)) return REASON.untagged;
      judged = this.#runs.judgeText(row, seq, interval, text.bye);
      if (judged < 0) return -1 - judged;
      this.#heardAgain(row);
    }
    if (!text.bye) this.#describeText(row, judged, text);
    if (judged === JUDGED.fill) return ACCEPTED;
    const from = this.#sources.keep(source);
    if (text.bye) this.#ledger.left(row, from, this.#moment.nowMs, false);
    else {
      if (this.#connections !== undefined || connection !== 0) this.#came(row, connection);
      this.#ledger.heard(row, interval, 0, from, this.#moment.nowMs, false);
    }
    return ACCEPTED;
  }

  /** A connection ended. It downs its host only when it delivered the newest heartbeat of it, which is up or late. */
  ended(idHigh: number, idLow: number, connection: number, how: 'closed' | 'reset'): void {
    const row = this.#ledger.find(idHigh, idLow);
    if (row === NONE || connection === 0 || this.#connections?.[row] !== connection) return;
    this.#connections[row] = 0;
    const state = this.#stateOf(row);
    if (state !== HostState.up && state !== HostState.late) return;
    this.#ledger.ended(row, TransitionReason[how], this.#moment.nowMs);
  }

  /** The host in a row was known before and its run was saved: only what is above that is accepted. */
  resume(row: number, incarnation: number, seq: number): void {
    if (this.#tags === null) return;
    this.#runs.resume(row, incarnation, seq);
    this.#tags.resume(row);
  }

  /** The row's host is gone. */
  forget(row: number): void {
    this.#runs.forgetChallenger(row);
    this.#tags?.forget(row);
    if (this.#connections !== undefined) this.#connections[row] = 0;
  }

  #stateOf(row: number): number {
    return this.#columns.state[row]! & STATE_MASK;
  }

  #came(row: number, connection: number): void {
    this.#connections ??= new Uint32Array(this.#columns.rows);
    this.#connections[row] = connection;
  }

  /** A heartbeat of a known host was accepted. */
  #heardAgain(row: number): void {
    this.#columns.history[row] = this.#columns.history[row]! | HEARD_AGAIN;
  }

  /** A row for an unknown host, or its refusal. */
  #register(idHigh: number, idLow: number, source: number, bye: boolean): number {
    if (bye) return -1 - REASON.unknown_host;
    const row = this.#ledger.register(idHigh, idLow, source, this.#moment.nowMs);
    return typeof row === 'number' ? row : -1 - REASON[row];
  }

  /**
   * ACCEPTED, or why keys refuse the message. Host, then replay window, then tag: nothing is changed before the tag
   * is right, and a tag is reckoned only for what would be news.
   */
  #passTags(
    tags: TagGate,
    bytes: Uint8Array,
    at: number,
    size: number,
    row: number,
    seq: number,
    bye: boolean,
    source: number,
  ): number {
    const isTagged = row !== NONE && tags.isTagged(row);
    // Plain messages may be forged: they never speak for a host that has a key.
    if (bytes[at + OFFSET.keyId] === 0) return isTagged ? REASON.untagged : ACCEPTED;
    if (row === NONE && bye) return REASON.unknown_host;
    let refusal: number = ACCEPTED;
    if (isTagged) {
      refusal = this.#runs.staleness(row, seq);
      // A silent host whose clock was set back: worth a look, because the page can then say so.
      const older = refusal === REASON.old_incarnation && this.#stateOf(row) === HostState.down;
      if (refusal !== ACCEPTED && !older) return refusal;
    }
    const verdict = tags.check(bytes, at, size, row, source, this.#moment.nowMs);
    if (verdict === TagVerdict.late) return REASON.rate_limit;
    if (verdict === TagVerdict.wrong) return refusal === ACCEPTED ? REASON.bad_tag : refusal;
    if (refusal !== ACCEPTED) {
      tags.refusedOlder(row);
      return refusal;
    }
    if (row !== NONE && !isTagged) {
      // What it said without a tag, or another said for it, is no run of its own.
      this.#runs.forgetRun(row);
    }
    return ACCEPTED;
  }

  /** An older message may name a host that has no name yet, but not replace what a newer one said. */
  #describe(row: number, judged: number, hash: number, name: string, labels: Labels): void {
    const stored = this.#columns.description[row]!;
    if (stored === hash || (judged === JUDGED.fill && stored !== 0)) return;
    this.#ledger.describe(row, hash, name, labels);
  }

  #describeText(row: number, judged: number, text: TextHeartbeat): void {
    if (Object.keys(text.labels).length === 0 && this.#columns.description[row] !== 0) return;
    this.#describe(row, judged, hashLabels(text.labels), text.name, text.labels);
  }
}

/**
 * One shard's judgement, pure: (bytes | tick, nowMs) → transitions. Every message read is accepted or counted by
 * its reason; nothing throws, nothing is logged. No timers, no clock, no randomness in here. Shard thread.
 * Cost: a binary beat of a known host allocates nothing. Source: PROTOCOL 1.1, 1.2, 1.5.
 */
import {
  FLAG_TAGGED,
  HEADER_BYTES,
  INTERVAL_UNIT_MS,
  MAGIC,
  MAX_BUNDLE_BYTES,
  MAX_CLOCK_AHEAD_MS,
  MessageType,
  OFFSET,
  parseHelloBody,
  parseTextHeartbeat,
  REJECT_REASONS,
  type RejectReason,
  TAG_BYTES,
  type TextHeartbeat,
  WIRE_VERSION,
} from '../../lib/protocol/heartbeat.ts';
import { canonicalLabels, HostState, type Labels } from '../../lib/protocol/host.ts';
import { hostIdBytes } from '../host-id.ts';
import { Admission } from './admission.ts';
import { Challengers } from './challengers.ts';
import { hashBytes, hashLabels } from './description-hash.ts';
import type { ShardBatch } from './events.ts';
import { HostLedger } from './host-ledger.ts';
import { type ExpectedHost, idWords, intervalUnits, type RestoredColumns } from './known-hosts.ts';
import { HEARD_AGAIN, NONE, type ShardColumns } from './layout.ts';
import { ObservedClock } from './observed-clock.ts';
import { Outbox } from './outbox.ts';
import { arrive, SeqVerdict, startWindow } from './seq-window.ts';
import { type TimeoutPolicy, timeoutClasses } from './timeout-class.ts';

export type ShardOptions = {
  readonly shard: number;
  readonly columns: ShardColumns;
  /** One Int32: hosts of all shards together. */
  readonly hostCount: Int32Array;
  readonly maxHosts: number;
  readonly policy: TimeoutPolicy;
  /** Secret 32 bits for the host table. */
  readonly seed: number;
  /** When the loop turned before there was a shard. */
  readonly clock?: ObservedClock;
};

export type ShardCounters = {
  /** Messages; a datagram that cannot be split counts one. read = accepted + the sum of rejected. */
  read: number;
  accepted: number;
  /** By index in REJECT_REASONS. */
  readonly rejected: Float64Array;
};

/** Room a single datagram may need: a bundle of 46 beats, two transitions each. */
const DATAGRAM_ROOM = 128;

const REASON = Object.fromEntries(REJECT_REASONS.map((reason, i) => [reason, i])) as Readonly<
  Record<RejectReason, number>
>;

/** Verdict on a message; any other is the index of its reason in REJECT_REASONS. */
const ACCEPTED = -1;

/** What #judge says; a refusal is -1 - the index of its reason. */
const JUDGED = { refresh: 0, restarted: 1, fill: 2 } as const;

const UNTAGGED_VERSION = WIRE_VERSION << 4;
const MIN_HELLO_BYTES = HEADER_BYTES + 2;

const NO_SEQ = 0;

function u32be(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function u32le(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function u16le(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

type Described = { readonly name: string; readonly labels: Labels };

export class Shard {
  readonly counters: ShardCounters = {
    read: 0,
    accepted: 0,
    rejected: new Float64Array(REJECT_REASONS.length),
  };
  readonly clock: ObservedClock;
  readonly #columns: ShardColumns;
  readonly #ledger: HostLedger;
  readonly #outbox: Outbox;
  readonly #challengers = new Challengers();
  #nowMs = 0;
  #wallAheadMs = 0;

  constructor(options: ShardOptions) {
    const { shard, columns, hostCount, maxHosts, policy, seed } = options;
    this.clock = options.clock ?? new ObservedClock();
    this.#columns = columns;
    this.#outbox = new Outbox(shard);
    this.#ledger = new HostLedger(
      columns,
      timeoutClasses(policy),
      this.clock,
      this.#outbox,
      new Admission(hostCount, maxHosts),
      seed,
    );
  }

  /** Is there something to send? */
  get hasNews(): boolean {
    return !this.#outbox.isEmpty;
  }

  /** The next datagram may not find room: take() first. */
  get isFull(): boolean {
    return this.#outbox.room < DATAGRAM_ROOM;
  }

  /** All news since the last call, at most MAX_BATCH transitions. */
  take(): ShardBatch {
    return this.#outbox.take();
  }

  /** One datagram from `source`, an address. Never throws for what the bytes are. Not to be called when isFull. */
  receive(bytes: Uint8Array, source: string, nowMs: number): void {
    this.#turn(nowMs);
    this.#count(bytes[0] === MAGIC ? this.#receiveBinary(bytes, source) : this.#receiveText(bytes, source));
  }

  /**
   * One datagram read earlier and kept since: as `receive` at the instant it arrived, of which the clock knows.
   * Instants never step back, and nothing else is called before all that was kept has been replayed.
   */
  replay(bytes: Uint8Array, source: string, arrivedAtMs: number): void {
    if (arrivedAtMs > this.#nowMs) this.#nowMs = arrivedAtMs;
    this.#count(bytes[0] === MAGIC ? this.#receiveBinary(bytes, source) : this.#receiveText(bytes, source));
  }

  /**
   * Hosts known from before, those from `from` up to `to`, in the rows of the same numbers: pending ones wait from
   * `sinceMs` on. Tells nothing. Before everything else, in order. Throws for a host that is there twice.
   */
  restore(hosts: RestoredColumns, from: number, to: number, sinceMs: number): void {
    if (sinceMs > this.#nowMs) this.#nowMs = sinceMs;
    for (let i = from; i < to; i++) this.#ledger.restore(hosts, i, sinceMs);
  }

  /** A host named by an operator: nothing when it is known, refused at the limit. Not to be called when isFull. */
  expect(host: ExpectedHost, nowMs: number): void {
    this.#turn(nowMs);
    const [idHigh, idLow] = idWords(host.id);
    if (this.#ledger.find(idHigh, idLow) !== NONE) return;
    const row = this.#ledger.register(idHigh, idLow, null, this.#nowMs);
    if (typeof row === 'string') {
      this.#outbox.refuse(host.id);
      return;
    }
    const labels = canonicalLabels(Object.entries(host.labels));
    this.#ledger.describe(row, hashLabels(labels), host.name, labels);
    this.#ledger.expect(row, intervalUnits(host.intervalMs, host.id), this.#nowMs);
  }

  /**
   * Judges silence as of `horizonMs`, an instant up to which everything that arrived has been received. True when
   * it stopped at a bound and should be called again soon, after reading. `wallMs`: the time of day, which agents
   * write into their incarnations, and which runs ahead of ours after a suspend or a correction.
   */
  tick(nowMs: number, horizonMs: number, wallMs = nowMs): boolean {
    this.#turn(nowMs);
    this.#wallAheadMs = Math.max(0, wallMs - nowMs);
    const room = this.#outbox.room - DATAGRAM_ROOM;
    if (!(horizonMs > 0)) return false;
    return room <= 0 || this.#ledger.expire(Math.min(horizonMs, this.#nowMs), this.#nowMs, room);
  }

  /** Forgets the host in a row; nothing happens when there is none. */
  remove(row: number, nowMs: number): void {
    this.#turn(nowMs);
    if (this.#ledger.remove(row, this.#nowMs)) this.#challengers.forget(row);
  }

  #turn(nowMs: number): void {
    // Lists are ordered by arrival: an instant that steps back would break them.
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    this.clock.alive(this.#nowMs);
  }

  #count(verdict: number): void {
    this.counters.read++;
    if (verdict === ACCEPTED) this.counters.accepted++;
    else this.counters.rejected[verdict] = this.counters.rejected[verdict]! + 1;
  }

  /** The verdict on a datagram, of a bundle on its last member: those before are counted in here. */
  #receiveBinary(bytes: Uint8Array, source: string): number {
    const length = bytes.length;
    if (length < HEADER_BYTES) return REASON.too_short;
    const type = bytes[OFFSET.versionAndType]! - UNTAGGED_VERSION;
    if (type < MessageType.beat || type > MessageType.bye) return REASON.bad_version;
    const flags = bytes[OFFSET.flags]!;
    if (flags > FLAG_TAGGED || (flags === 0 && bytes[OFFSET.keyId] !== 0)) {
      return REASON.bad_flags;
    }
    const tagBytes = flags === 0 ? 0 : TAG_BYTES;
    const size = HEADER_BYTES + tagBytes;
    if (type === MessageType.hello) {
      if (length < MIN_HELLO_BYTES + tagBytes) return REASON.bad_length;
      if (flags !== 0) return REASON.unknown_key;
      return this.#receiveHello(bytes, source);
    }
    if (type === MessageType.bye) {
      if (length !== size) return REASON.bad_length;
      if (flags !== 0) return REASON.unknown_key;
      return this.#receiveHeader(bytes, 0, source, true, null, 0);
    }
    if (length > MAX_BUNDLE_BYTES || length % size !== 0) return REASON.bad_length;
    let verdict: number = ACCEPTED;
    for (let at = 0; at < length; at += size) {
      if (at !== 0) this.#count(verdict);
      verdict = at === 0 ? ACCEPTED : this.#memberVerdict(bytes, at, flags);
      if (verdict !== ACCEPTED) continue;
      verdict = flags === 0 ? this.#receiveHeader(bytes, at, source, false, null, 0) : REASON.unknown_key;
    }
    return verdict;
  }

  /** Why a bundle's later member cannot be judged as a beat like the first; ACCEPTED when it can. */
  #memberVerdict(bytes: Uint8Array, at: number, flags: number): number {
    if (bytes[at] !== MAGIC) return REASON.bad_magic;
    if (bytes[at + OFFSET.versionAndType] !== (UNTAGGED_VERSION | MessageType.beat))
      return REASON.bad_version;
    if (bytes[at + OFFSET.flags] !== flags) return REASON.bad_flags;
    if (flags === 0 && bytes[at + OFFSET.keyId] !== 0) return REASON.bad_flags;
    return ACCEPTED;
  }

  #receiveHello(bytes: Uint8Array, source: string): number {
    const content = bytes.subarray(HEADER_BYTES);
    const hash = hashBytes(content);
    const row = this.#ledger.find(u32be(bytes, OFFSET.hostId), u32be(bytes, OFFSET.hostId + 4));
    // The same bytes as before need not be read again: an agent repeats its hello every 30 beats.
    if (row !== NONE && this.#columns.description[row] === hash) {
      return this.#receiveHeader(bytes, 0, source, false, null, 0);
    }
    const body = parseHelloBody(content);
    if (typeof body === 'string') return REASON[body];
    const id = hostIdBytes(body.name);
    for (let i = 0; i < id.length; i++) {
      if (bytes[OFFSET.hostId + i] !== id[i]) return REASON.bad_name;
    }
    return this.#receiveHeader(bytes, 0, source, false, body, hash);
  }

  /** One untagged binary message whose frame is sound. */
  #receiveHeader(
    bytes: Uint8Array,
    at: number,
    source: string,
    bye: boolean,
    described: Described | null,
    hash: number,
  ): number {
    const interval = u16le(bytes, at + OFFSET.interval);
    if (interval === 0) return REASON.bad_interval;
    const incarnation =
      u32le(bytes, at + OFFSET.incarnation) + u32le(bytes, at + OFFSET.incarnation + 4) * 0x1_0000_0000;
    if (incarnation > this.#nowMs + this.#wallAheadMs + MAX_CLOCK_AHEAD_MS) return REASON.future_incarnation;
    const seq = u32le(bytes, at + OFFSET.seq);
    if (seq === 0) return REASON.replay;
    const idHigh = u32be(bytes, at + OFFSET.hostId);
    const idLow = u32be(bytes, at + OFFSET.hostId + 4);
    let row = this.#ledger.find(idHigh, idLow);
    let judged: number = JUDGED.refresh;
    if (row === NONE) {
      row = this.#register(idHigh, idLow, source, bye);
      if (row < 0) return -1 - row;
      this.#columns.incarnation[row] = incarnation;
      startWindow(this.#columns, row, seq);
      if (described === null) this.#ledger.describe(row, 0, null);
    } else {
      judged = this.#judge(row, incarnation, seq, bye);
      if (judged < 0) return -1 - judged;
      this.#columns.history[row] = this.#columns.history[row]! | HEARD_AGAIN;
      this.#challengers.forget(row);
    }
    if (described !== null) this.#describe(row, judged, hash, described.name, described.labels);
    if (judged === JUDGED.fill) return ACCEPTED;
    const restarted = judged === JUDGED.restarted;
    if (bye) this.#ledger.left(row, source, this.#nowMs, restarted);
    else {
      const senderLate = u16le(bytes, at + OFFSET.late);
      this.#ledger.heard(row, interval, senderLate, source, this.#nowMs, restarted);
    }
    return ACCEPTED;
  }

  #receiveText(bytes: Uint8Array, source: string): number {
    const text = parseTextHeartbeat(bytes);
    if (typeof text === 'string') return REASON[text];
    const id = hostIdBytes(text.name);
    const idHigh = u32be(id, 0);
    const idLow = u32be(id, 4);
    const seq = text.seq ?? NO_SEQ;
    let row = this.#ledger.find(idHigh, idLow);
    let judged: number = JUDGED.refresh;
    if (row === NONE) {
      row = this.#register(idHigh, idLow, source, text.bye);
      if (row < 0) return -1 - row;
      if (seq !== NO_SEQ) startWindow(this.#columns, row, seq);
    } else {
      judged = this.#judgeText(row, seq, text.bye);
      if (judged < 0) return -1 - judged;
      this.#columns.history[row] = this.#columns.history[row]! | HEARD_AGAIN;
      this.#challengers.forget(row);
    }
    if (!text.bye) this.#describeText(row, judged, text);
    if (judged === JUDGED.fill) return ACCEPTED;
    if (text.bye) this.#ledger.left(row, source, this.#nowMs, false);
    else this.#ledger.heard(row, text.intervalMs / INTERVAL_UNIT_MS, 0, source, this.#nowMs, false);
    return ACCEPTED;
  }

  /** A row for an unknown host, or its refusal. */
  #register(idHigh: number, idLow: number, source: string, bye: boolean): number {
    if (bye) return -1 - REASON.unknown_host;
    const row = this.#ledger.register(idHigh, idLow, source, this.#nowMs);
    return typeof row === 'number' ? row : -1 - REASON[row];
  }

  #judge(row: number, incarnation: number, seq: number, bye: boolean): number {
    const columns = this.#columns;
    const current = columns.incarnation[row]!;
    if (incarnation > current) {
      columns.incarnation[row] = incarnation;
      startWindow(columns, row, seq);
      return current === 0 ? JUDGED.refresh : JUDGED.restarted;
    }
    if (incarnation === current) {
      const verdict = arrive(columns, row, seq);
      if (verdict === SeqVerdict.newer) return JUDGED.refresh;
      if (verdict === SeqVerdict.older) return JUDGED.fill;
    }
    // What the network still holds of a binary run must not undo its bye: the agent's next run has its own number.
    const afterBye = incarnation === current && current !== 0 && columns.state[row] === HostState.left;
    // A bye neither takes over a silent host nor helps to: only what beats does.
    if (!bye && !afterBye && this.#ledger.isSilent(row, this.#nowMs)) {
      if (this.#challengers.challenge(row, incarnation, seq)) {
        columns.incarnation[row] = incarnation;
        startWindow(columns, row, seq);
        return incarnation === current ? JUDGED.refresh : JUDGED.restarted;
      }
    }
    return -1 - (incarnation === current ? REASON.replay : REASON.old_incarnation);
  }

  #judgeText(row: number, seq: number, bye: boolean): number {
    if (seq === NO_SEQ) return JUDGED.refresh;
    const incarnation = this.#columns.incarnation[row]!;
    if (seq === 1 && incarnation === 0) {
      startWindow(this.#columns, row, seq);
      return JUDGED.refresh;
    }
    return this.#judge(row, incarnation, seq, bye);
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

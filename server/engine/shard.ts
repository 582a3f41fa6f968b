/**
 * One shard, pure: (bytes | tick, nowMs) → transitions. Splits datagrams into messages, hands over those of hosts
 * another shard owns, counts each message it judges as accepted or by its reason; nothing throws, nothing is logged.
 * No timers, no clock, no randomness in here. Shard thread. Cost: a binary beat of a known host allocates nothing.
 * Source: PROTOCOL 1.1, 1.2, 1.5.
 */
import {
  HEADER_BYTES,
  MAGIC,
  MAX_TEXT_BYTES,
  MessageType,
  OFFSET,
  parseTextHeartbeat,
  REJECT_REASONS,
} from '../../lib/protocol/heartbeat.ts';
import { canonicalLabels } from '../../lib/protocol/host.ts';
import { hostIdBytes } from '../host-id.ts';
import { Admission, admissionRates } from './admission.ts';
import { frameRefusal, memberRefusal, tagBytesAt, typeAt } from './binary-frame.ts';
import { hashLabels } from './description-hash.ts';
import { Detectors } from './detector/detectors.ts';
import type { DetectorPolicies } from './detector/policies.ts';
import type { ShardBatch } from './events.ts';
import { HostLedger } from './host-ledger.ts';
import { Judge } from './judge.ts';
import { type ExpectedHost, idWords, intervalUnits, type RestoredColumns } from './known-hosts.ts';
import { NONE, type ShardColumns } from './layout.ts';
import { i32be, ownerOf } from './message-fields.ts';
import { Moment } from './moment.ts';
import { ObservedClock } from './observed-clock.ts';
import { MAX_BATCH, MAX_DESCRIBED, Outbox } from './outbox.ts';
import type { SourceBook } from './source-book.ts';
import type { TagGate } from './tags/tag-gate.ts';
import type { TimeoutPolicy } from './timeout-class.ts';
import { ACCEPTED, REASON } from './verdict.ts';

/**
 * Takes one message of a host another shard owns, unjudged; false when there is no room for it. The bytes are to be
 * copied.
 */
export type HandOver = (
  owner: number,
  bytes: Uint8Array,
  at: number,
  length: number,
  source: number,
  connection: number,
) => boolean;

export type ShardOptions = {
  readonly shard: number;
  /** How many there are. */
  readonly shards: number;
  readonly columns: ShardColumns;
  /** One Int32: hosts of all shards together. */
  readonly hostCount: Int32Array;
  readonly maxHosts: number;
  readonly policy: TimeoutPolicy;
  readonly policies: DetectorPolicies;
  /** Secret 32 bits for the host table. */
  readonly seed: number;
  /** When the loop turned before there was a shard. */
  readonly clock?: ObservedClock;
  readonly sources: SourceBook;
  /** null: no keys are set. */
  readonly tags: TagGate | null;
  /** null: this shard owns every host. */
  readonly handOver: HandOver | null;
};

export type ShardCounters = {
  /** Messages; a datagram that cannot be split counts one. read = accepted + the sum of rejected. */
  read: number;
  accepted: number;
  /** By index in REJECT_REASONS. */
  readonly rejected: Float64Array;
};

/** News a single datagram may make: a bundle of 46 beats, two transitions each. */
const DATAGRAM_NEWS = 128;

/** However many are silent: reading goes on between two calls. */
const VERDICTS_A_CALL = MAX_BATCH - DATAGRAM_NEWS;

/** As a verdict: another shard's to judge and to count. */
const HANDED_OVER = -2;

export class Shard {
  readonly counters: ShardCounters = {
    read: 0,
    accepted: 0,
    rejected: new Float64Array(REJECT_REASONS.length),
  };
  readonly clock: ObservedClock;
  readonly #shard: number;
  /** 1 when nothing is handed over. */
  readonly #shards: number;
  readonly #sources: SourceBook;
  readonly #tags: TagGate | null;
  readonly #handOver: HandOver | null;
  readonly #misses: number;
  readonly #ledger: HostLedger;
  readonly #outbox: Outbox;
  readonly #judge: Judge;
  readonly #moment = new Moment();
  #turnedAtMs = Number.NaN;

  constructor(options: ShardOptions) {
    const { shard, columns, hostCount, maxHosts, policy, policies, seed, sources, tags, handOver } = options;
    this.clock = options.clock ?? new ObservedClock();
    this.#shard = shard;
    this.#shards = handOver === null ? 1 : options.shards;
    this.#sources = sources;
    this.#tags = tags;
    this.#handOver = handOver;
    this.#misses = policy.misses;
    this.#outbox = new Outbox(shard, columns.rows);
    const rates = admissionRates(maxHosts, options.shards);
    this.#ledger = new HostLedger({
      columns,
      detectors: new Detectors(policy, policies),
      clock: this.clock,
      outbox: this.#outbox,
      admission: new Admission(hostCount, maxHosts, sources, rates),
      seed,
    });
    this.#judge = new Judge(columns, this.#ledger, sources, tags, this.#moment);
  }

  /** Is there something to send? */
  get hasNews(): boolean {
    return !this.#outbox.isEmpty || this.#sources.hasNew;
  }

  /** With the next datagram there may be more news than one batch holds: time to `take`, if somebody listens. */
  get isFull(): boolean {
    return this.#outbox.hasBatch(DATAGRAM_NEWS);
  }

  /** Transitions and descriptions not taken yet. */
  get newsWaiting(): number {
    return this.#outbox.size;
  }

  /** Transitions given up for newer ones of the same host, ever. */
  get newsMerged(): number {
    return this.#outbox.merged;
  }

  /** The oldest news not taken yet, as much as one batch holds. `hasNews` says whether there is more. */
  take(): ShardBatch {
    const sources = this.#sources.takeNew(MAX_DESCRIBED);
    return this.#outbox.take(sources, this.#sources.hasNew);
  }

  /**
   * One datagram: `length` bytes from `at` on, from the address with the number `source`, over the TCP connection
   * `connection` (0: UDP). Never throws for what the bytes are.
   */
  receive(
    bytes: Uint8Array,
    at: number,
    length: number,
    source: number,
    nowMs: number,
    connection = 0,
  ): void {
    this.#turn(nowMs);
    this.#datagram(bytes, at, length, source, connection);
  }

  /**
   * One datagram read earlier and kept since: as `receive` at the instant it arrived, of which the clock knows.
   * Instants never step back, and nothing else is called before all that was kept has been replayed.
   */
  replay(
    bytes: Uint8Array,
    at: number,
    length: number,
    source: number,
    arrivedAtMs: number,
    connection = 0,
  ): void {
    if (arrivedAtMs > this.#moment.nowMs) this.#moment.nowMs = arrivedAtMs;
    this.#datagram(bytes, at, length, source, connection);
  }

  /**
   * Hosts known from before, those from `from` up to `to`, in the rows of the same numbers: pending ones wait from
   * `sinceMs` on. Tells nothing. Before everything else, in order. Throws for a host that is there twice.
   */
  restore(hosts: RestoredColumns, from: number, to: number, sinceMs: number): void {
    if (sinceMs > this.#moment.nowMs) this.#moment.nowMs = sinceMs;
    for (let i = from; i < to; i++) {
      this.#ledger.restore(hosts, i, sinceMs);
      if (hosts.seq[i] !== 0) this.#judge.resume(i, hosts.incarnation[i]!, hosts.seq[i]!);
    }
  }

  /**
   * Goes on with what stands in the columns of a shard that died, with a clock that took over from its (see
   * ObservedClock.takeOver). Before everything else.
   */
  adopt(nowMs: number): void {
    this.#moment.nowMs = nowMs;
    this.#ledger.adopt(nowMs);
  }

  /** A host named by an operator: nothing when it is known, refused at the limit. */
  expect(host: ExpectedHost, nowMs: number): void {
    this.#turn(nowMs);
    const [idHigh, idLow] = idWords(host.id);
    if (this.#ledger.find(idHigh, idLow) !== NONE) return;
    const row = this.#ledger.register(idHigh, idLow, NONE, this.#moment.nowMs);
    if (typeof row === 'string') {
      this.#outbox.refuse(host.id);
      return;
    }
    const labels = canonicalLabels(Object.entries(host.labels));
    this.#ledger.describe(row, hashLabels(labels), host.name, labels);
    this.#ledger.expect(row, intervalUnits(host.intervalMs, host.id), this.#moment.nowMs);
  }

  /** The connection that carried a host alone was ended by its peer, without a bye. */
  ended(idHigh: number, idLow: number, connection: number, how: 'closed' | 'reset', nowMs: number): void {
    this.#turn(nowMs);
    this.#judge.ended(idHigh, idLow, connection, how);
  }

  /**
   * Judges silence as of `horizonMs`, an instant up to which everything that arrived has been received. True when
   * it stopped at a bound and should be called again soon, after reading. `wallMs`: the time of day, which agents
   * write into their incarnations, and which runs ahead of ours after a suspend or a correction. `misses`: the bar
   * in force, at least the policy's.
   */
  tick(nowMs: number, horizonMs: number, wallMs = nowMs, misses = this.#misses): boolean {
    this.#turn(nowMs);
    this.#moment.wallAheadMs = Math.max(0, wallMs - nowMs);
    if (!(horizonMs > 0)) return false;
    const now = this.#moment.nowMs;
    return this.#ledger.expire(Math.min(horizonMs, now), now, VERDICTS_A_CALL, misses);
  }

  /** Forgets the host in a row; nothing happens when there is none. */
  remove(row: number, nowMs: number): void {
    this.#turn(nowMs);
    if (this.#ledger.remove(row, this.#moment.nowMs)) this.#judge.forget(row);
  }

  #turn(nowMs: number): void {
    // A batch has one instant.
    if (nowMs === this.#turnedAtMs) return;
    this.#turnedAtMs = nowMs;
    // Lists are ordered by arrival: an instant that steps back would break them.
    if (nowMs > this.#moment.nowMs) this.#moment.nowMs = nowMs;
    this.clock.alive(this.#moment.nowMs);
  }

  #count(verdict: number): void {
    if (verdict === HANDED_OVER) return;
    this.counters.read++;
    if (verdict === ACCEPTED) this.counters.accepted++;
    else this.counters.rejected[verdict] = this.counters.rejected[verdict]! + 1;
  }

  #datagram(bytes: Uint8Array, at: number, length: number, source: number, connection: number): void {
    if (length === 0 || bytes[at] !== MAGIC) {
      this.#count(this.#text(bytes, at, length, source, connection));
      return;
    }
    const refusal = frameRefusal(bytes, at, length);
    if (refusal !== ACCEPTED) this.#count(refusal);
    else if (typeAt(bytes, at) === MessageType.beat) this.#beats(bytes, at, length, source, connection);
    else this.#count(this.#helloOrBye(bytes, at, length, source, connection));
  }

  #beats(bytes: Uint8Array, at: number, length: number, source: number, connection: number): void {
    const size = HEADER_BYTES + tagBytesAt(bytes, at);
    this.#count(this.#beat(bytes, at, size, source, connection));
    for (let member = at + size; member < at + length; member += size) {
      const refusal = memberRefusal(bytes, member, at);
      this.#count(refusal === ACCEPTED ? this.#beat(bytes, member, size, source, connection) : refusal);
    }
  }

  #beat(bytes: Uint8Array, at: number, length: number, source: number, connection: number): number {
    const refusal = this.#tagRefusal(bytes, at, source);
    if (refusal !== ACCEPTED) return refusal;
    if (this.#shards > 1) {
      const owner = ownerOf(i32be(bytes, at + OFFSET.hostId), this.#shards);
      if (owner !== this.#shard) return this.#pass(owner, bytes, at, length, source, connection);
    }
    return this.#judge.header(bytes, at, HEADER_BYTES, source, connection, false, null, 0);
  }

  #helloOrBye(bytes: Uint8Array, at: number, length: number, source: number, connection: number): number {
    const refusal = this.#tagRefusal(bytes, at, source);
    if (refusal !== ACCEPTED) return refusal;
    if (this.#shards > 1) {
      const owner = ownerOf(i32be(bytes, at + OFFSET.hostId), this.#shards);
      if (owner !== this.#shard) return this.#pass(owner, bytes, at, length, source, connection);
    }
    const size = length - tagBytesAt(bytes, at);
    return typeAt(bytes, at) === MessageType.bye
      ? this.#judge.header(bytes, at, size, source, connection, true, null, 0)
      : this.#judge.hello(bytes, at, size, source, connection);
  }

  /** What the keys that are set, or not, say to a message before anything is known of its host. */
  #tagRefusal(bytes: Uint8Array, at: number, source: number): number {
    const tagged = bytes[at + OFFSET.flags] !== 0;
    const tags = this.#tags;
    if (tags === null) return tagged ? REASON.unknown_key : ACCEPTED;
    if (tagged) return tags.knows(bytes[at + OFFSET.keyId]!) ? ACCEPTED : REASON.unknown_key;
    return tags.allowsPlain(source) ? ACCEPTED : REASON.untagged;
  }

  #text(bytes: Uint8Array, at: number, length: number, source: number, connection: number): number {
    // What is longer is refused for its length, and need not stand in memory as a whole.
    const text = parseTextHeartbeat(bytes.subarray(at, at + Math.min(length, MAX_TEXT_BYTES + 1)));
    if (typeof text === 'string') return REASON[text];
    if (this.#tags !== null && !this.#tags.allowsPlain(source)) return REASON.untagged;
    const id = hostIdBytes(text.name);
    const idHigh = i32be(id, 0);
    if (this.#shards > 1) {
      const owner = ownerOf(idHigh, this.#shards);
      if (owner !== this.#shard) return this.#pass(owner, bytes, at, length, source, connection);
    }
    return this.#judge.text(text, idHigh, i32be(id, 4), source, connection);
  }

  #pass(
    owner: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    source: number,
    connection: number,
  ): number {
    this.#handOver!(owner, bytes, at, length, source, connection);
    return HANDED_OVER;
  }
}

/**
 * A simulated fleet in columns: which host sends what at which instant. Pure: the time is passed in, datagrams go to
 * a function. All hosts share one interval, so their phases in order are a timing wheel with one host a slot.
 * O(1) a heartbeat; 80 bytes a host or so. Knows no socket and no timer.
 */
import {
  type BeatHeader,
  encodeHeader,
  encodeHello,
  HEADER_BYTES,
  MessageType,
} from '../../lib/protocol/heartbeat.ts';
import { hostIdBytes } from '../host-id.ts';
import { MAX_DATAGRAMS_PER_HELLO } from './beat-schedule.ts';
import {
  FLAP_CUT_INTERVALS,
  FLAP_PERIOD_INTERVALS,
  type FleetEvent,
  type FleetOptions,
  fleetEvents,
  hostName,
  labelsOf,
  phaseOrder,
  rackOf,
  Stream,
} from './fleet-plan.ts';
import { fractionOf, mix32, Prng } from './prng.ts';

/** Takes one datagram of one host. The bytes stay as they are until that host's next one. */
export type SendDatagram = (datagram: Uint8Array, host: number) => void;

/** Heartbeats of running hosts by what became of them: due = sent + lost + cutOff + skipped. */
export type FleetTally = {
  due: number;
  sent: number;
  /** Taken by chance (`lossShare`). */
  lost: number;
  /** Of hosts in an outage or flapping. */
  cutOff: number;
  /** Never made, because this process was late by more than an interval. */
  skipped: number;
};

/** After a delay at most twice the nominal rate, counted over at most this long a gap between two calls. */
const CATCH_UP = 2;
const CATCH_UP_GAP_MS = 10;

export class Fleet {
  readonly tally: FleetTally = { due: 0, sent: 0, lost: 0, cutOff: 0, skipped: 0 };
  readonly #options: FleetOptions;
  readonly #startMs: number;
  readonly #startEpochMs: number;
  readonly #order: Uint32Array;
  readonly #events: readonly FleetEvent[];
  /** The headers of all hosts, 32 bytes each: a datagram is a view of it, valid until that host's next. */
  readonly #datagrams: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #hostIds: Uint8Array;
  readonly #incarnations: Float64Array;
  readonly #seqs: Uint32Array;
  readonly #untilHello: Uint8Array;
  readonly #stopped: Uint8Array;
  readonly #flapping: Uint8Array;
  readonly #rackCuts: Uint16Array;
  #running: number;
  #nextEvent = 0;
  #round = 0;
  /** Position in #order of the next host to send. */
  #position = 0;
  #lastAdvanceMs: number;
  #worstLateMs = 0;
  #byePosition = 0;

  /** `startMs` on the clock that `advance` is given; `startEpochMs` is the first incarnation of every host. */
  constructor(options: FleetOptions, startMs: number, startEpochMs: number) {
    const { hosts } = options;
    this.#options = options;
    this.#startMs = startMs;
    this.#startEpochMs = startEpochMs;
    this.#lastAdvanceMs = startMs;
    this.#order = phaseOrder(hosts, options.seed);
    this.#events = fleetEvents(options);
    this.#datagrams = new Uint8Array(hosts * HEADER_BYTES);
    this.#view = new DataView(this.#datagrams.buffer);
    this.#hostIds = new Uint8Array(hosts * 8);
    for (let host = 0; host < hosts; host++)
      this.#hostIds.set(hostIdBytes(hostName(host, options)), host * 8);
    this.#incarnations = new Float64Array(hosts).fill(startEpochMs);
    this.#seqs = new Uint32Array(hosts);
    this.#untilHello = new Uint8Array(hosts);
    this.#stopped = new Uint8Array(hosts);
    this.#rackCuts = new Uint16Array(options.racks);
    this.#flapping = new Uint8Array(hosts);
    const all = Uint32Array.from({ length: hosts }, (_, host) => host);
    new Prng(mix32(options.seed, Stream.flap, 0)).drawToFront(all, options.flapping);
    for (const host of all.subarray(0, options.flapping)) this.#flapping[host] = 1;
    this.#running = hosts;
  }

  /** Hosts that have not been stopped. */
  get running(): number {
    return this.#running;
  }

  /** When the next host's turn is, whether it runs or not. */
  get nextDueMs(): number {
    return this.#startMs + this.#nextDueOffsetMs;
  }

  /** The longest any datagram was late since this was last asked, ms. */
  takeWorstLateMs(): number {
    const worst = this.#worstLateMs;
    this.#worstLateMs = 0;
    return worst;
  }

  /**
   * Sends what is due before `beforeMs` and at or before `nowMs`. When it was called late it catches up at no more than
   * twice the usual rate, and passes over the intervals that are gone altogether.
   */
  advance(nowMs: number, beforeMs: number, send: SendDatagram): void {
    const { hosts, intervalMs } = this.#options;
    const gapMs = Math.min(CATCH_UP_GAP_MS, Math.max(0, nowMs - this.#lastAdvanceMs));
    this.#lastAdvanceMs = nowMs;
    let budget = Math.max(1, Math.ceil((CATCH_UP * gapMs * hosts) / intervalMs));
    this.#skipWholeRounds(Math.min(nowMs, beforeMs));
    while (budget > 0) {
      const offsetMs = this.#nextDueOffsetMs;
      const dueMs = this.#startMs + offsetMs;
      if (dueMs > nowMs || dueMs >= beforeMs) return;
      this.#happenUpTo(offsetMs);
      const host = this.#order[this.#position]!;
      this.#position++;
      if (this.#position === hosts) {
        this.#position = 0;
        this.#round++;
      }
      if (this.#stopped[host] === 1) continue;
      budget--;
      this.#worstLateMs = Math.max(this.#worstLateMs, nowMs - dueMs);
      this.#heartbeat(host, offsetMs, nowMs, dueMs, send);
    }
  }

  /** Lets up to `count` running hosts say bye; true when all have. */
  sayBye(count: number, nowMs: number, send: SendDatagram): boolean {
    let left = count;
    for (; this.#byePosition < this.#options.hosts && left > 0; this.#byePosition++) {
      const host = this.#order[this.#byePosition]!;
      if (this.#stopped[host] === 1) continue;
      left--;
      this.#seqs[host]!++;
      send(this.#header(host, MessageType.bye, nowMs, 0), host);
    }
    return this.#byePosition === this.#options.hosts;
  }

  get #nextDueOffsetMs(): number {
    const { hosts, intervalMs } = this.#options;
    return (this.#round + (this.#position + 0.5) / hosts) * intervalMs;
  }

  #skipWholeRounds(untilMs: number): void {
    const rounds = Math.floor((untilMs - this.nextDueMs) / this.#options.intervalMs);
    if (rounds < 1) return;
    this.#round += rounds;
    this.tally.due += rounds * this.#running;
    this.tally.skipped += rounds * this.#running;
  }

  #heartbeat(host: number, offsetMs: number, nowMs: number, dueMs: number, send: SendDatagram): void {
    const { seed, lossShare } = this.#options;
    const seq = ++this.#seqs[host]!;
    const isHello = this.#untilHello[host] === 0;
    this.#untilHello[host] = isHello ? this.#datagramsToHello(host, seq) - 1 : this.#untilHello[host]! - 1;
    this.tally.due++;
    if (this.#isCutOff(host, offsetMs)) {
      this.tally.cutOff++;
      return;
    }
    if (lossShare > 0 && fractionOf(mix32(seed, Stream.loss, host), this.#runOf(host), seq) < lossShare) {
      this.tally.lost++;
      return;
    }
    this.tally.sent++;
    if (isHello) {
      const header = this.#headerFields(host, MessageType.hello, nowMs, nowMs - dueMs);
      send(encodeHello(header, hostName(host, this.#options), labelsOf(host, this.#options)), host);
    } else {
      send(this.#header(host, MessageType.beat, nowMs, nowMs - dueMs), host);
    }
  }

  /** How much later than the fleet this run of the host began: a number that is the same in every simulation. */
  #runOf(host: number): number {
    return this.#incarnations[host]! - this.#startEpochMs;
  }

  #datagramsToHello(host: number, seq: number): number {
    return (
      MAX_DATAGRAMS_PER_HELLO -
      (mix32(mix32(this.#options.seed, Stream.hello, host), this.#runOf(host), seq) % 6)
    );
  }

  #isCutOff(host: number, offsetMs: number): boolean {
    if (this.#rackCuts[rackOf(host, this.#options)]! > 0) return true;
    if (this.#flapping[host] === 0) return false;
    const { seed, intervalMs } = this.#options;
    // Its opening hello gets through, or it would go without a name for minutes.
    const latestPhase = FLAP_PERIOD_INTERVALS - FLAP_CUT_INTERVALS - 1;
    const phase = fractionOf(seed, Stream.flapPhase, host) * latestPhase;
    return (
      (offsetMs / intervalMs + phase) % FLAP_PERIOD_INTERVALS >= FLAP_PERIOD_INTERVALS - FLAP_CUT_INTERVALS
    );
  }

  #headerFields(host: number, type: BeatHeader['type'], nowMs: number, lateMs: number): BeatHeader {
    return {
      type,
      hostId: this.#hostIds.subarray(host * 8, host * 8 + 8),
      incarnation: this.#incarnations[host]!,
      seq: this.#seqs[host]!,
      clockMs: nowMs,
      intervalMs: this.#options.intervalMs,
      lateMs,
    };
  }

  #header(host: number, type: BeatHeader['type'], nowMs: number, lateMs: number): Uint8Array {
    const at = host * HEADER_BYTES;
    encodeHeader(this.#view, at, this.#headerFields(host, type, nowMs, lateMs));
    return this.#datagrams.subarray(at, at + HEADER_BYTES);
  }

  #happenUpTo(offsetMs: number): void {
    for (; this.#nextEvent < this.#events.length; this.#nextEvent++) {
      const event = this.#events[this.#nextEvent]!;
      if (event.atMs > offsetMs) return;
      this.#happen(event);
    }
  }

  #happen(event: FleetEvent): void {
    switch (event.kind) {
      case 'kill':
        for (const host of this.#drawRunning(event.count, event.seed)) this.#stopped[host] = 1;
        break;
      case 'restart':
        for (const host of this.#drawRunning(event.count, event.seed)) this.#startAgain(host, event.atMs);
        break;
      case 'revive':
        for (let host = 0; host < this.#options.hosts; host++) {
          if (this.#stopped[host] === 1) this.#startAgain(host, event.atMs);
        }
        break;
      case 'cut':
        this.#rackCuts[event.rack]!++;
        break;
      case 'join':
        this.#rackCuts[event.rack]!--;
        break;
    }
    this.#running = this.#options.hosts - this.#stopped.reduce((sum, each) => sum + each, 0);
  }

  #drawRunning(count: number, seed: number): Uint32Array {
    const running = new Uint32Array(this.#running);
    let n = 0;
    for (let host = 0; host < this.#options.hosts; host++) {
      if (this.#stopped[host] === 0) running[n++] = host;
    }
    const drawn = Math.min(count, n);
    new Prng(seed).drawToFront(running, drawn);
    return running.subarray(0, drawn);
  }

  #startAgain(host: number, atMs: number): void {
    this.#stopped[host] = 0;
    this.#seqs[host] = 0;
    this.#untilHello[host] = 0;
    this.#incarnations[host] = Math.max(this.#startEpochMs + Math.floor(atMs), this.#incarnations[host]! + 1);
  }
}

/**
 * A simulated fleet: which host sends what at which instant, and what happens to the hosts meanwhile. Pure: the time
 * is passed in, messages are written to a batch that somebody else sends. All hosts share one interval, so their
 * phases in order are a timing wheel with one host a slot. O(1) a heartbeat; 26 bytes a host (fleet-hosts.ts).
 */
import { MAX_DATAGRAMS_PER_HELLO } from './beat-schedule.ts';
import type { FleetBatch } from './fleet-batch.ts';
import { FleetHosts, HostFlag } from './fleet-hosts.ts';
import { FleetMessages, type FleetSigner } from './fleet-messages.ts';
import { FleetPace } from './fleet-pace.ts';
import {
  type Chosen,
  FLAP_CUT_INTERVALS,
  FLAP_PERIOD_INTERVALS,
  type FleetEvent,
  type FleetOptions,
  fleetEvents,
  labelMatcher,
  rackOf,
  Stream,
} from './fleet-plan.ts';
import { fractionOf, mix32, Prng } from './prng.ts';

/** Where the messages go. */
export type FleetOutlet = {
  readonly batch: FleetBatch;
  /**
   * Hands over what is in the batch and empties it. Batches of the same `part` hold the same hosts, so that a host
   * keeps its way. Called whenever the batch is full, and before a host would be in it twice.
   */
  flush(part: number): void;
};

/** Heartbeats of running hosts by what became of them: due = made + lost + cutOff + skipped. */
export type FleetTally = {
  due: number;
  /** Written to a batch. */
  made: number;
  /** Taken by chance (`lossShare`). */
  lost: number;
  /** Of hosts in an outage or flapping. */
  cutOff: number;
  /** Never made, because this process was late by more than an interval. */
  skipped: number;
};

/** So many neighbours in the order of sending are one part. */
const PART_PLACES = 1_024;

export class Fleet {
  readonly tally: FleetTally = { due: 0, made: 0, lost: 0, cutOff: 0, skipped: 0 };
  readonly messages: FleetMessages;
  readonly #options: FleetOptions;
  readonly #startMs: number;
  readonly #hosts: FleetHosts;
  readonly #pace: FleetPace;
  readonly #events: readonly FleetEvent[];
  readonly #rackCuts: Uint16Array;
  /** Racks' networks that are cut just now, each as often as it is cut. */
  #cuts = 0;
  #running: number;
  #nextEvent = 0;
  /** Of the next host to send. */
  #place = 0;
  #byePlace = 0;

  /** `startMs` on the clock that `advance` is given; `startEpochMs` is the first incarnation of every host. */
  constructor(
    options: FleetOptions,
    startMs: number,
    startEpochMs: number,
    signer: FleetSigner | null = null,
  ) {
    this.#options = options;
    this.#startMs = startMs;
    this.#hosts = new FleetHosts(options);
    this.messages = new FleetMessages(this.#hosts, options, startEpochMs, signer);
    this.#pace = new FleetPace(options.hosts / options.intervalMs, startMs);
    this.#events = fleetEvents(options);
    this.#rackCuts = new Uint16Array(options.racks);
    this.#running = options.hosts;
  }

  /** Hosts that have not been stopped. */
  get running(): number {
    return this.#running;
  }

  /** When the next host's turn is, whether it runs or not. */
  get nextDueMs(): number {
    return this.#pace.nextDueMs;
  }

  /**
   * Writes what is due before `beforeMs` and at or before `nowMs`. When it was called late it catches up at no more than
   * twice the usual rate, and passes over the intervals that are gone altogether. What is in the batch at the end has
   * been handed over.
   */
  advance(nowMs: number, beforeMs: number, outlet: FleetOutlet): void {
    const { hosts } = this.#options;
    this.#skipWholeRounds(Math.min(nowMs, beforeMs));
    const pace = this.#pace;
    const turns = Math.min(pace.due(nowMs), pace.countBefore(beforeMs) - pace.next);
    if (turns <= 0) return;
    const { batch } = outlet;
    const { flags } = this.#hosts;
    const clockMs = Math.floor(nowMs);
    for (let i = 0; i < turns; i++) {
      const place = this.#place;
      const dueMs = pace.dueMs(pace.next + i);
      this.#happenUpTo(dueMs - this.#startMs);
      if ((flags[place]! & HostFlag.stopped) === 0) {
        this.#heartbeat(place, dueMs, clockMs, nowMs - dueMs, batch);
      }
      this.#place = place + 1 === hosts ? 0 : place + 1;
      if (batch.isFull || this.#place === 0 || this.#place % PART_PLACES === 0) this.#flush(place, outlet);
    }
    if (batch.heartbeats > 0) this.#flush((this.#place + hosts - 1) % hosts, outlet);
    pace.done(turns);
  }

  /** Lets up to `count` running hosts say bye; true when all have. */
  sayBye(count: number, nowMs: number, outlet: FleetOutlet): boolean {
    const { count: hosts, flags, seqs } = this.#hosts;
    const { batch } = outlet;
    let left = count;
    for (; this.#byePlace < hosts && left > 0; this.#byePlace++) {
      const place = this.#byePlace;
      if ((flags[place]! & HostFlag.stopped) !== 0) continue;
      left--;
      seqs[place]!++;
      this.messages.bye(place, batch, batch.nextOtherAt, Math.floor(nowMs));
      batch.endOther(this.messages.beatBytes, nowMs);
      if (batch.isFull || (place + 1) % PART_PLACES === 0) this.#flush(place, outlet);
    }
    if (batch.heartbeats > 0) this.#flush(this.#byePlace - 1, outlet);
    return this.#byePlace === hosts;
  }

  #flush(place: number, outlet: FleetOutlet): void {
    if (outlet.batch.heartbeats > 0) outlet.flush(Math.floor(place / PART_PLACES));
  }

  #skipWholeRounds(untilMs: number): void {
    const { hosts, intervalMs } = this.#options;
    const rounds = Math.floor((untilMs - this.nextDueMs) / intervalMs);
    if (rounds < 1) return;
    this.#pace.passOver(rounds * hosts);
    this.tally.due += rounds * this.#running;
    this.tally.skipped += rounds * this.#running;
  }

  #heartbeat(place: number, dueMs: number, clockMs: number, lateMs: number, batch: FleetBatch): void {
    const { seqs, untilHello } = this.#hosts;
    const tally = this.tally;
    seqs[place]!++;
    const until = untilHello[place]!;
    untilHello[place] = until === 0 ? this.#datagramsToHello(place) - 1 : until - 1;
    tally.due++;
    if (this.#isCutOff(place, dueMs - this.#startMs)) {
      tally.cutOff++;
    } else if (this.#options.lossShare > 0 && this.#isLost(place)) {
      tally.lost++;
    } else {
      tally.made++;
      if (until === 0) {
        batch.endOther(this.messages.hello(place, batch, batch.nextOtherAt, clockMs, lateMs), dueMs);
      } else {
        this.messages.beat(place, batch, batch.takeBeat(dueMs), clockMs, lateMs);
      }
    }
  }

  #isLost(place: number): boolean {
    const { hostAt, beganAfterMs, seqs } = this.#hosts;
    const { seed, lossShare } = this.#options;
    const host = mix32(seed, Stream.loss, hostAt[place]!);
    return fractionOf(host, beganAfterMs[place]!, seqs[place]!) < lossShare;
  }

  #datagramsToHello(place: number): number {
    const { hostAt, beganAfterMs, seqs } = this.#hosts;
    const host = mix32(this.#options.seed, Stream.hello, hostAt[place]!);
    return MAX_DATAGRAMS_PER_HELLO - (mix32(host, beganAfterMs[place]!, seqs[place]!) % 6);
  }

  #isCutOff(place: number, offsetMs: number): boolean {
    const { hostAt, flags } = this.#hosts;
    if (this.#cuts > 0 && this.#rackCuts[rackOf(hostAt[place]!, this.#options)]! > 0) return true;
    if ((flags[place]! & HostFlag.flapping) === 0) return false;
    const { seed, intervalMs } = this.#options;
    // Its opening hello gets through, or it would go without a name for minutes.
    const latestPhase = FLAP_PERIOD_INTERVALS - FLAP_CUT_INTERVALS - 1;
    const phase = fractionOf(seed, Stream.flapPhase, hostAt[place]!) * latestPhase;
    return (
      (offsetMs / intervalMs + phase) % FLAP_PERIOD_INTERVALS >= FLAP_PERIOD_INTERVALS - FLAP_CUT_INTERVALS
    );
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
        for (const place of this.#choose(event.chosen, event.seed)) this.#stop(place);
        break;
      case 'restart':
        for (const place of this.#choose(event.chosen, event.seed)) this.#startAgain(place, event.atMs);
        break;
      case 'revive':
        for (let place = 0; place < this.#hosts.count; place++) {
          if (this.#isStopped(place)) this.#startAgain(place, event.atMs);
        }
        break;
      case 'cut':
        this.#rackCuts[event.rack]!++;
        this.#cuts++;
        break;
      case 'join':
        this.#rackCuts[event.rack]!--;
        this.#cuts--;
        break;
    }
  }

  /** Places of running hosts. O(hosts): some 10 ms of a million. */
  #choose(chosen: Chosen, seed: number): Uint32Array {
    const { hostAt, count } = this.#hosts;
    const candidates = new Uint32Array(this.#running);
    const isMeant = chosen.by === 'label' ? labelMatcher(chosen, this.#options) : null;
    let found = 0;
    for (let place = 0; place < count; place++) {
      if (this.#isStopped(place) || isMeant?.(hostAt[place]!) === false) continue;
      candidates[found++] = place;
    }
    if (chosen.by === 'label') return candidates.subarray(0, found);
    const wanted = chosen.by === 'share' ? Math.round(chosen.share * found) : Math.min(chosen.count, found);
    new Prng(seed).drawToFront(candidates, wanted);
    return candidates.subarray(0, wanted);
  }

  #isStopped(place: number): boolean {
    return (this.#hosts.flags[place]! & HostFlag.stopped) !== 0;
  }

  #stop(place: number): void {
    this.#hosts.flags[place]! |= HostFlag.stopped;
    this.#running--;
  }

  #startAgain(place: number, atMs: number): void {
    const { flags, seqs, untilHello, beganAfterMs } = this.#hosts;
    if (this.#isStopped(place)) this.#running++;
    flags[place]! &= ~HostFlag.stopped;
    seqs[place] = 0;
    untilHello[place] = 0;
    beganAfterMs[place] = Math.max(Math.floor(atMs), beganAfterMs[place]! + 1);
  }
}

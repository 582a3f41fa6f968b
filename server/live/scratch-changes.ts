/**
 * Made-up hosts that change at a steady rate, in a live log of their own: one change in each interval, at a chance
 * instant of it, so that no poller falls into step with them. Pure but for the clock and the chance it is handed:
 * it says what is due and stages it, and waits for nothing. O(1) a change, one byte a host.
 */
import { HostState } from '#lib/protocol/host.ts';
import type { Clock } from '../clock.ts';
import type { LiveLog } from './live-log.ts';

const { up, late, down } = HostState;

/** After a stall so much of what was missed is made up for. */
const MAX_CATCH_UP_MS = 250;

export type ScratchChangesOptions = {
  /** Empty, with room for the hosts. */
  readonly log: LiveLog;
  readonly hosts: number;
  /** 0: none. */
  readonly changesPerSecond: number;
  readonly nowMs: number;
  /** 0 to 1: where in its interval a change falls. */
  readonly random: () => number;
};

export class ScratchChanges {
  readonly hosts: number;
  readonly #log: LiveLog;
  /** As staged last. */
  readonly #states: Uint8Array;
  #changesPerSecond: number;
  readonly #random: () => number;
  /** The k-th change since then is due in the k-th interval. */
  #sinceMs: number;
  #made = 0;
  /** Of the next change, in its interval. */
  #offset: number;
  #slot = 0;
  #worse: number = down;

  /** Publishes all hosts as up. */
  constructor({ log, hosts, changesPerSecond, nowMs, random }: ScratchChangesOptions) {
    this.hosts = hosts;
    this.#log = log;
    this.#states = new Uint8Array(hosts).fill(up);
    this.#changesPerSecond = changesPerSecond;
    this.#sinceMs = nowMs;
    this.#random = random;
    this.#offset = random();
    for (let i = 0; i < hosts; i++) log.stageState(log.allotSlot(nowMs)!, up, nowMs);
    log.publish(nowMs);
  }

  get changesPerSecond(): number {
    return this.#changesPerSecond;
  }

  /** What has gone by of the present interval counts for the next one, so that no series of rates stops the changes. */
  setRate(changesPerSecond: number, nowMs: number): void {
    const begun = Math.min(1, Math.max(0, this.#due(nowMs) - this.#made));
    this.#changesPerSecond = changesPerSecond;
    this.#sinceMs = changesPerSecond === 0 ? nowMs : nowMs - (begun * 1_000) / changesPerSecond;
    this.#made = 0;
  }

  /** How long until the next change is due, ms; 0: one is; null: there is none at this rate. */
  dueInMs(nowMs: number): number | null {
    if (this.#changesPerSecond === 0) return null;
    const dueAtMs = this.#sinceMs + ((this.#made + this.#offset) * 1_000) / this.#changesPerSecond;
    return Math.max(0, dueAtMs - nowMs);
  }

  /** Stages what is due, one host after the other, each with the instant at which it is staged; how many it was. */
  advance(clock: Clock): number {
    let due = this.#takeDue(clock());
    const most = Math.max(1, Math.ceil((this.#changesPerSecond * MAX_CATCH_UP_MS) / 1_000));
    if (due > most) {
      this.#made += due - most;
      due = most;
    }
    for (let i = 0; i < due; i++) this.#change(clock());
    this.#made += due;
    return due;
  }

  /** How many are due: all of the intervals that are over, and that of the present one when its instant has come. */
  #takeDue(nowMs: number): number {
    const intervals = this.#due(nowMs);
    const over = Math.floor(intervals);
    // The one of the present interval has been made.
    if (over < this.#made) return 0;
    if (over > this.#made) this.#offset = this.#random();
    if (intervals - over < this.#offset) return over - this.#made;
    this.#offset = this.#random();
    return over + 1 - this.#made;
  }

  #due(nowMs: number): number {
    return ((nowMs - this.#sinceMs) * this.#changesPerSecond) / 1_000;
  }

  #change(nowMs: number): void {
    const slot = this.#slot;
    this.#slot = (slot + 1) % this.hosts;
    const state = this.#nextState(slot);
    this.#states[slot] = state;
    this.#log.stageState(slot, state, nowMs);
  }

  /** Neither the state it is in nor the published one: a second change in a tick must not take back the first. */
  #nextState(slot: number): number {
    const published = this.#log.stateAt(slot);
    const staged = this.#states[slot]!;
    if (staged !== published) return up + late + down - staged - published;
    if (staged !== up) return up;
    this.#worse = late + down - this.#worse;
    return this.#worse;
  }
}

/**
 * Where a host waits to be found silent: in the FIFOs or in the wheel, as its policy says. Moves it between them when
 * the policy changes. Tells nobody. Shard thread. Cost: O(1) a beat; a tick costs what is due.
 */
import { INTERVAL_UNIT_MS } from '../../../lib/protocol/heartbeat.ts';
import { HostState } from '../../../lib/protocol/host.ts';
import { FifoExpiry, type OnVerdict } from '../fifo-expiry.ts';
import { POLICY_SHIFT, ROW_STATE, type ShardColumns } from '../layout.ts';
import type { ObservedClock } from '../observed-clock.ts';
import { raisedMs } from '../timeout-class.ts';
import { WheelExpiry } from '../wheel-expiry.ts';
import type { Detectors } from './detectors.ts';
import { FifoClasses } from './fifo-classes.ts';
import { DEFAULT_POLICY } from './policies.ts';

/** The least state of a host under another policy than the default. */
const FIRST_OTHER = 1 << POLICY_SHIFT;

export class Watch {
  readonly #columns: ShardColumns;
  readonly #detectors: Detectors;
  readonly #inWheel: Uint8Array;
  readonly #classes: FifoClasses;
  readonly #fifo: FifoExpiry;
  readonly #wheel: WheelExpiry;
  /** The bar in force; 0 = not raised. */
  #misses = 0;

  constructor(columns: ShardColumns, detectors: Detectors, clock: ObservedClock) {
    this.#columns = columns;
    this.#detectors = detectors;
    this.#inWheel = detectors.inWheel;
    this.#classes = new FifoClasses(detectors);
    this.#fifo = new FifoExpiry(columns, this.#classes, clock);
    this.#wheel = new WheelExpiry(columns, detectors, clock);
  }

  /** The host beat: it is up, under this policy from now on. `anew`: of another run than the beats before. */
  heard(row: number, policy: number, interval: number, nowMs: number, anew: boolean): void {
    const packed = this.#columns.state[row]!;
    // The default, which most hosts have, by the shortest way.
    if (policy === DEFAULT_POLICY && packed < FIRST_OTHER) this.#fifo.heard(row, packed, interval, nowMs);
    else this.#heardUnder(row, policy, packed, interval, nowMs, anew);
  }

  #heardUnder(
    row: number,
    policy: number,
    packed: number,
    interval: number,
    nowMs: number,
    anew: boolean,
  ): void {
    if (packed >>> POLICY_SHIFT !== policy) {
      if (packed !== 0) this.#leave(row, packed);
      this.#enter(row, policy, interval, HostState.up, nowMs);
    } else if (this.#inWheel[policy] === 0) this.#fifo.heard(row, packed, interval, nowMs);
    else this.#wheel.heard(row, interval, nowMs, anew);
  }

  /**
   * A host not heard yet, in a row without state, known to be pending, down or gone. A pending one is down when it is
   * silent for its timeout from `sinceMs` on. Calls must come with instants that never step back.
   */
  place(row: number, policy: number, interval: number, state: number, sinceMs: number): void {
    const columns = this.#columns;
    if (state === HostState.pending || this.#inWheel[policy] === 1) {
      this.#enter(row, policy, interval, state, sinceMs);
      return;
    }
    columns.lastSeenAtMs[row] = sinceMs;
    columns.interval[row] = interval;
    columns.state[row] = (policy << POLICY_SHIFT) | state;
  }

  /** The host is not watched any longer: it left, its connection ended, or its row is given up as of `nowMs`. */
  drop(
    row: number,
    state: typeof HostState.left | typeof HostState.down | typeof HostState.empty,
    nowMs: number,
  ): void {
    const columns = this.#columns;
    const packed = columns.state[row]!;
    if (state === HostState.empty || this.#inWheel[packed >>> POLICY_SHIFT] === 0) this.#leave(row, packed);
    // The instant before the state: a successor takes a row without state for one that rests since then.
    if (state !== HostState.down) columns.lastSeenAtMs[row] = nowMs;
    columns.state[row] = state === HostState.empty ? 0 : packed - (packed & ROW_STATE) + state;
  }

  /** Takes the host in a row as a watch that is gone left it. Rows come in the order they were last seen. */
  adopt(row: number, nowMs: number): void {
    const packed = this.#columns.state[row]!;
    if (this.#inWheel[packed >>> POLICY_SHIFT] === 1) this.#wheel.adopt(row, nowMs);
    else if (isWatched(packed)) this.#fifo.adopt(row);
  }

  /** Puts the bar at `misses` intervals for everybody; that of MISSES or less: not raised. */
  raise(misses: number): void {
    this.#misses = misses > this.#detectors.policy.misses ? misses : 0;
    this.#classes.raise(this.#misses);
  }

  /** Silence after which the host is down, as it and the bar stand now. */
  timeoutMs(row: number): number {
    const ownMs = this.#detectors.timeoutMs(this.#columns, row);
    const intervalMs = this.#columns.interval[row]! * INTERVAL_UNIT_MS;
    return raisedMs(ownMs, intervalMs, this.#misses, this.#detectors.policy);
  }

  /** Judges everybody as of `horizonMs`, at most `limit` verdicts; true when it stopped there and more may be due. */
  expire(horizonMs: number, limit: number, onVerdict: OnVerdict): boolean {
    if (!this.#wheel.isUsed) return this.#fifo.expire(horizonMs, limit, onVerdict) === limit;
    // Neither waits for the other's mass outage.
    const half = Math.ceil(limit / 2);
    const fifo = this.#fifo.expire(horizonMs, half, onVerdict);
    const room = limit - fifo;
    const wheel = room === 0 ? 0 : this.#wheel.expire(horizonMs, this.#misses, room, onVerdict);
    return fifo === half || wheel === room;
  }

  #enter(row: number, policy: number, interval: number, state: number, sinceMs: number): void {
    if (this.#inWheel[policy] === 0) this.#fifo.enter(row, policy, interval, state, sinceMs);
    else this.#wheel.enter(row, policy, interval, state, sinceMs);
  }

  #leave(row: number, packed: number): void {
    if (this.#inWheel[packed >>> POLICY_SHIFT] === 1) this.#wheel.leave(row);
    else if (isWatched(packed)) this.#fifo.leave(row);
  }
}

function isWatched(packed: number): boolean {
  const state = packed & ROW_STATE;
  return state === HostState.up || state === HostState.late || state === HostState.pending;
}

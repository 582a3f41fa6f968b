/**
 * Who is late and who is down, without ever looking at the hosts that beat: per timeout class one list of hosts
 * awaiting late and one awaiting down, both in the order of last beats, and one of hosts never heard (pending) in
 * the order in which they became known, so that only heads are looked at.
 * The only writer of the columns state, interval, prev and next of living hosts. Shard thread.
 * Cost: O(1) a beat; a tick costs the classes in use and what falls due. The order of arrival is the order of expiry.
 */
import { HostState } from '../../lib/protocol/host.ts';
import { NONE, type ShardColumns } from './layout.ts';
import type { ObservedClock } from './observed-clock.ts';
import type { TimeoutClasses } from './timeout-class.ts';

type Watched = typeof HostState.up | typeof HostState.late | typeof HostState.pending;

/** A class has three lists, numbered from LISTS × class on. */
const LISTS = 3;
const AWAITS_LATE = 0;
const AWAITS_DOWN = 1;
const PENDING = 2;

/** Called with the host's new state already in its column. */
export type OnVerdict = (row: number, state: typeof HostState.late | typeof HostState.down) => void;

export class FifoExpiry {
  readonly #columns: ShardColumns;
  readonly #classes: TimeoutClasses;
  readonly #clock: ObservedClock;
  /** By list. */
  readonly #heads: Uint32Array;
  readonly #tails: Uint32Array;
  #nextClass = 0;

  constructor(columns: ShardColumns, classes: TimeoutClasses, clock: ObservedClock) {
    this.#columns = columns;
    this.#classes = classes;
    this.#clock = clock;
    this.#heads = new Uint32Array(LISTS * classes.count).fill(NONE);
    this.#tails = new Uint32Array(LISTS * classes.count).fill(NONE);
  }

  /** The host beat now: it is up, and last in the order of the class its announced interval falls in. */
  heard(row: number, interval: number, nowMs: number): void {
    const columns = this.#columns;
    const state = columns.state[row]!;
    columns.lastSeenAtMs[row] = nowMs;
    if (state === HostState.up || state === HostState.late || state === HostState.pending) {
      const from = this.#listOf(row, state);
      if (state === HostState.up && columns.interval[row] === interval && this.#tails[from] === row) return;
      this.#unlink(row, from);
    }
    columns.interval[row] = interval;
    columns.state[row] = HostState.up;
    this.#append(row, this.#listOf(row, HostState.up));
  }

  /**
   * A host not heard yet, in a row without state: down when it is silent for its timeout from `sinceMs` on. Calls
   * must come with instants that never step back. Its own list, because hosts that are late now were seen before.
   */
  awaitFirst(row: number, interval: number, sinceMs: number): void {
    const columns = this.#columns;
    columns.lastSeenAtMs[row] = sinceMs;
    columns.interval[row] = interval;
    columns.state[row] = HostState.pending;
    this.#append(row, this.#listOf(row, HostState.pending));
  }

  /** A host known to be down or gone before it is heard, in a row without state: in no list. */
  place(
    row: number,
    interval: number,
    state: typeof HostState.down | typeof HostState.left,
    sinceMs: number,
  ): void {
    const columns = this.#columns;
    columns.lastSeenAtMs[row] = sinceMs;
    columns.interval[row] = interval;
    columns.state[row] = state;
  }

  /** The host is not watched any longer: it left, or its row is given up. */
  drop(row: number, state: typeof HostState.left | typeof HostState.empty): void {
    const before = this.#columns.state[row]!;
    if (before === HostState.up || before === HostState.late || before === HostState.pending) {
      this.#unlink(row, this.#listOf(row, before));
    }
    this.#columns.state[row] = state;
  }

  /**
   * Judges everybody as of `horizonMs`, an instant up to which all heartbeats have been read. Gives at most
   * `limit` verdicts, in turn by class; true when it stopped at the limit and more may be due.
   */
  expire(horizonMs: number, limit: number, onVerdict: OnVerdict): boolean {
    const observedMs = this.#clock.observed(horizonMs);
    let left = limit;
    for (let i = 0; i < this.#classes.count; i++) {
      const index = (this.#nextClass + i) % this.#classes.count;
      left = this.#expireDown(index, AWAITS_DOWN, observedMs, left, onVerdict);
      left = this.#expireDown(index, PENDING, observedMs, left, onVerdict);
      left = this.#expireLate(index, observedMs, left, onVerdict);
      if (left === 0) {
        this.#nextClass = index;
        return true;
      }
    }
    return false;
  }

  #expireDown(
    index: number,
    which: typeof AWAITS_DOWN | typeof PENDING,
    observedMs: number,
    limit: number,
    onVerdict: OnVerdict,
  ): number {
    const list = LISTS * index + which;
    let left = limit;
    for (let row = this.#heads[list]!; row !== NONE && left > 0; row = this.#heads[list]!) {
      if (this.#silentMs(row, index, observedMs) < this.#classes.timeoutMs[index]!) break;
      this.#unlink(row, list);
      this.#columns.state[row] = HostState.down;
      onVerdict(row, HostState.down);
      left--;
    }
    return left;
  }

  #expireLate(index: number, observedMs: number, limit: number, onVerdict: OnVerdict): number {
    const list = LISTS * index + AWAITS_LATE;
    let left = limit;
    for (let row = this.#heads[list]!; row !== NONE && left > 0; row = this.#heads[list]!) {
      const silentMs = this.#silentMs(row, index, observedMs);
      if (silentMs < this.#classes.lateMs[index]!) break;
      this.#unlink(row, list);
      // Silent for both spans since the last look: down at once, never late for an instant.
      const state = silentMs < this.#classes.timeoutMs[index]! ? HostState.late : HostState.down;
      if (state === HostState.late) this.#append(row, LISTS * index + AWAITS_DOWN);
      this.#columns.state[row] = state;
      onVerdict(row, state);
      left--;
    }
    return left;
  }

  #silentMs(row: number, index: number, observedMs: number): number {
    return (
      observedMs - this.#clock.silenceStart(this.#columns.lastSeenAtMs[row]!, this.#classes.graceMs[index]!)
    );
  }

  #listOf(row: number, state: Watched): number {
    const index = this.#classes.ofInterval[this.#columns.interval[row]!]!;
    if (state === HostState.pending) return LISTS * index + PENDING;
    const awaitsDown = state === HostState.late || this.#classes.lateMs[index] === Number.POSITIVE_INFINITY;
    return LISTS * index + (awaitsDown ? AWAITS_DOWN : AWAITS_LATE);
  }

  #unlink(row: number, list: number): void {
    const { prev, next } = this.#columns;
    const before = prev[row]!;
    const after = next[row]!;
    if (before === NONE) this.#heads[list] = after;
    else next[before] = after;
    if (after === NONE) this.#tails[list] = before;
    else prev[after] = before;
  }

  #append(row: number, list: number): void {
    const { prev, next } = this.#columns;
    const tail = this.#tails[list]!;
    prev[row] = tail;
    next[row] = NONE;
    if (tail === NONE) this.#heads[list] = row;
    else next[tail] = row;
    this.#tails[list] = row;
  }
}

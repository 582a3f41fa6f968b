/**
 * Who is late and who is down, without ever looking at the hosts that beat: per timeout class one list of hosts
 * awaiting late and one awaiting down, both in the order of last beats, and one of hosts never heard (pending) in
 * the order in which they became known, so that only heads are looked at. For hosts of `fixed` policies. Shard thread.
 * Cost: O(1) a beat; a tick costs the classes in use and what falls due. The order of arrival is the order of expiry.
 */
import { HostState } from '../../lib/protocol/host.ts';
import { AWAITS_DOWN, AWAITS_LATE, type FifoClasses, LISTS, PENDING } from './detector/fifo-classes.ts';
import { NONE, POLICY_SHIFT, ROW_STATE, type ShardColumns } from './layout.ts';
import type { ObservedClock } from './observed-clock.ts';

/** Called before the new state stands in the host's column. */
export type OnVerdict = (row: number, state: typeof HostState.late | typeof HostState.down) => void;

export class FifoExpiry {
  readonly #columns: ShardColumns;
  readonly #classes: FifoClasses;
  readonly #clock: ObservedClock;
  /** By list. */
  readonly #heads: Uint32Array;
  readonly #tails: Uint32Array;
  /** Classes that ever had a host, so that a tick does not look at the rest. */
  readonly #used: Uint16Array;
  readonly #isUsed: Uint8Array;
  #usedCount = 0;
  #nextUsed = 0;

  constructor(columns: ShardColumns, classes: FifoClasses, clock: ObservedClock) {
    this.#columns = columns;
    this.#classes = classes;
    this.#clock = clock;
    this.#heads = new Uint32Array(LISTS * classes.count).fill(NONE);
    this.#tails = new Uint32Array(LISTS * classes.count).fill(NONE);
    this.#used = new Uint16Array(classes.count);
    this.#isUsed = new Uint8Array(classes.count);
  }

  /** A host of this expiry, whose column has this state, beat: it is up, and last in the order of its class. */
  heard(row: number, packed: number, interval: number, nowMs: number): void {
    const columns = this.#columns;
    const state = packed & ROW_STATE;
    const to = this.#classes.upListOf(packed, interval);
    columns.lastSeenAtMs[row] = nowMs;
    if (state === HostState.up && columns.interval[row] === interval) {
      if (this.#tails[to] === row) return;
      this.#unlink(row, to);
    } else {
      if (state === HostState.up || state === HostState.late || state === HostState.pending) {
        this.#unlink(row, this.#listOf(row, packed));
      }
      columns.interval[row] = interval;
      columns.state[row] = packed - state + HostState.up;
    }
    this.#append(row, to);
  }

  /**
   * A host that no list has, under a policy of this expiry, in this state, silent since `sinceMs`. Calls must come
   * with instants that never step back, per class and list.
   */
  enter(row: number, policy: number, interval: number, state: number, sinceMs: number): void {
    const columns = this.#columns;
    const packed = (policy << POLICY_SHIFT) | state;
    columns.lastSeenAtMs[row] = sinceMs;
    columns.interval[row] = interval;
    columns.state[row] = packed;
    this.#append(row, this.#listOf(row, packed));
  }

  /** As `enter` for a row whose columns are those of a host some expiry before this one had in a list. */
  adopt(row: number): void {
    this.#append(row, this.#listOf(row, this.#columns.state[row]!));
  }

  /** A host in a list is not watched any longer; its state is the caller's to change. */
  leave(row: number): void {
    this.#unlink(row, this.#listOf(row, this.#columns.state[row]!));
  }

  /**
   * Judges everybody as of `horizonMs`, an instant up to which all heartbeats have been read. Gives at most
   * `limit` verdicts, in turn by class; fewer: nobody else is due.
   */
  expire(horizonMs: number, limit: number, onVerdict: OnVerdict): number {
    const observedMs = this.#clock.observed(horizonMs);
    let left = limit;
    for (let i = 0; i < this.#usedCount; i++) {
      const at = (this.#nextUsed + i) % this.#usedCount;
      const index = this.#used[at]!;
      left = this.#expireDown(index, AWAITS_DOWN, observedMs, left, onVerdict);
      left = this.#expireDown(index, PENDING, observedMs, left, onVerdict);
      left = this.#expireLate(index, observedMs, left, onVerdict);
      if (left === 0) {
        this.#nextUsed = at;
        break;
      }
    }
    return limit - left;
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
      onVerdict(row, HostState.down);
      this.#unlink(row, list);
      this.#setState(row, HostState.down);
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
      // Silent for both spans since the last look: down at once, never late for an instant.
      const state = silentMs < this.#classes.timeoutMs[index]! ? HostState.late : HostState.down;
      onVerdict(row, state);
      this.#unlink(row, list);
      this.#setState(row, state);
      if (state === HostState.late) this.#append(row, LISTS * index + AWAITS_DOWN);
      left--;
    }
    return left;
  }

  #setState(row: number, state: number): void {
    const column = this.#columns.state;
    column[row] = (column[row]! & ~ROW_STATE) | state;
  }

  #silentMs(row: number, index: number, observedMs: number): number {
    return (
      observedMs - this.#clock.silenceStart(this.#columns.lastSeenAtMs[row]!, this.#classes.graceMs[index]!)
    );
  }

  #listOf(row: number, packed: number): number {
    const interval = this.#columns.interval[row]!;
    const state = packed & ROW_STATE;
    if (state === HostState.up) return this.#classes.upListOf(packed, interval);
    return LISTS * this.#classes.of(packed, interval) + (state === HostState.pending ? PENDING : AWAITS_DOWN);
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
    if (tail === NONE) {
      this.#heads[list] = row;
      this.#use(Math.floor(list / LISTS));
    } else next[tail] = row;
    this.#tails[list] = row;
  }

  #use(index: number): void {
    if (this.#isUsed[index] === 1) return;
    this.#isUsed[index] = 1;
    this.#used[this.#usedCount++] = index;
  }
}

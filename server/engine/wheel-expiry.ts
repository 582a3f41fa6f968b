/**
 * Who is late and who is down among hosts whose deadline is no function of their interval: a lazy timing wheel. A
 * beat only stores its time; when a slot fires the deadline is looked at anew. A host's slot never lies beyond the
 * shortest span that a beat could leave it, so no deadline can come before its slot. On observed time. Shard thread.
 * Cost: O(1) a beat; one look per host and shortest span. Private memory: 5 to 9 bytes a host in the wheel.
 */
import { INTERVAL_UNIT_MS } from '../../lib/protocol/heartbeat.ts';
import { HostState } from '../../lib/protocol/host.ts';
import { learn, UNLEARNT } from './detector/adaptive.ts';
import type { Detectors } from './detector/detectors.ts';
import { arriveAfter, beginWindow } from './detector/loss-window.ts';
import type { OnVerdict } from './fifo-expiry.ts';
import { EXPECTED_MASK, NONE, POLICY_SHIFT, ROW_STATE, type ShardColumns } from './layout.ts';
import type { ObservedClock } from './observed-clock.ts';
import { raisedMs } from './timeout-class.ts';
import { WheelSlots } from './wheel-slots.ts';

const SLOT_MS = 16;
/** One turn is 65 s; a host that is due later is looked at once a turn. */
const SLOTS = 4_096;
/** Bags beside the slots: being looked at; kept up by a raised bar alone, and those of them to look at again; swept. */
const DUE = SLOTS;
const HELD = SLOTS + 1;
const HELD_DUE = SLOTS + 2;
const SWEPT = SLOTS + 3;
const BAGS = SLOTS + 4;

/**
 * The column `next`: the number of the host's slot, modulo a multiple of SLOTS; above it, that it was met in a sweep,
 * and that it is in the bag HELD.
 */
const TICKS = 0x3fff_f000;
const TICK_MASK = 0x3fff_ffff;
const IS_MET = 0x4000_0000;
const IS_HELD = 0x8000_0000;

/** Entries that no host answers to are swept out when they are this many and half of all. */
const MAX_STALE = 65_536;

/** Of a state without policy. */
function isWatched(state: number): boolean {
  return state === HostState.up || state === HostState.late || state === HostState.pending;
}

export class WheelExpiry {
  readonly #columns: ShardColumns;
  readonly #detectors: Detectors;
  readonly #clock: ObservedClock;
  readonly #slots = new WheelSlots(BAGS);
  /** By policy number: it is `adaptive`. */
  readonly #isAdaptive: Uint8Array;
  /** Observed instant of slot 0; NaN before the first host. */
  #startMs = Number.NaN;
  /** The slot begun last; all that is due before it has been looked at. */
  #tick = 0;
  /** Where what is in the bag DUE comes from. */
  #dueSlot = 0;
  #observedMs = 0;
  #misses = 0;
  #held = 0;
  #stale = 0;
  /** The bar came down: whom it kept up is to be looked at. */
  #isLowered = false;

  constructor(columns: ShardColumns, detectors: Detectors, clock: ObservedClock) {
    this.#columns = columns;
    this.#detectors = detectors;
    this.#clock = clock;
    this.#isAdaptive = Uint8Array.from({ length: detectors.count }, (_, i) =>
      detectors.detector(i).kind === 'adaptive' ? 1 : 0,
    );
  }

  /** Is there anything in it? */
  get isUsed(): boolean {
    return this.#slots.entries > 0;
  }

  /** Private memory, bytes. */
  get bytes(): number {
    return this.#slots.bytes;
  }

  /** A host of this expiry beat: it is up. `anew`: of another run than the beats before. */
  heard(row: number, interval: number, nowMs: number, anew: boolean): void {
    const columns = this.#columns;
    const packed = columns.state[row]!;
    const state = packed & ROW_STATE;
    const isSame = columns.interval[row] === interval;
    const goesOn = (state === HostState.up || state === HostState.late) && !anew;
    if (this.#isAdaptive[packed >>> POLICY_SHIFT] === 1) {
      if (anew || !isSame) columns.prev[row] = UNLEARNT;
      else if (goesOn) this.#learn(row, interval, nowMs);
    } else if (goesOn) this.#arrive(row, interval, nowMs);
    else beginWindow(columns, row);
    columns.lastSeenAtMs[row] = nowMs;
    columns.interval[row] = interval;
    columns.state[row] = packed - state + HostState.up;
    if (!isSame || !isWatched(state)) this.#watch(row, nowMs);
  }

  /** A host that no list and no wheel has, under a policy of this expiry, in this state, silent since `sinceMs`. */
  enter(row: number, policy: number, interval: number, state: number, sinceMs: number): void {
    const columns = this.#columns;
    columns.prev[row] = UNLEARNT;
    columns.next[row] = NONE;
    columns.lastSeenAtMs[row] = sinceMs;
    columns.interval[row] = interval;
    if (this.#isAdaptive[policy] === 0) beginWindow(columns, row);
    columns.state[row] = (policy << POLICY_SHIFT) | state;
    if (isWatched(state)) this.#watch(row, sinceMs);
  }

  /** A row whose columns are those of a host of such an expiry that is gone, with all it had learnt. */
  adopt(row: number, nowMs: number): void {
    this.#columns.next[row] = NONE;
    if (isWatched(this.#columns.state[row]! & ROW_STATE)) this.#watch(row, nowMs);
  }

  /** The row will be somebody else's to use; what the wheel has of it comes out in its time. */
  leave(row: number): void {
    if (this.#columns.next[row] === NONE) return;
    this.#stale++;
    if (this.#stale > MAX_STALE && this.#stale * 2 > this.#slots.entries) this.#sweep(row);
  }

  /**
   * Judges everybody as of `horizonMs` while the bar stands at `misses` (0 = not raised). Gives at most `limit`
   * verdicts; fewer: nobody else is due.
   */
  expire(horizonMs: number, misses: number, limit: number, onVerdict: OnVerdict): number {
    if (Number.isNaN(this.#startMs)) return 0;
    this.#observedMs = this.#clock.observed(horizonMs);
    const now = Math.floor((this.#observedMs - this.#startMs) / SLOT_MS);
    // Observed time steps back when it turns out that what arrived lately was next to nothing.
    if (now < this.#tick) this.#tick = Math.max(0, now);
    // 0 is no bar, and every other number is above it.
    if (misses < this.#misses || this.#held > this.#columns.rows) this.#isLowered = true;
    this.#misses = misses;
    return limit - this.#turnTo(now, this.#lookAtHeld(limit, onVerdict), onVerdict);
  }

  /** Looks at all that is due; gives how many of `limit` verdicts are left. */
  #turnTo(now: number, limit: number, onVerdict: OnVerdict): number {
    let left = limit;
    for (let begun = false; left > 0; begun = true) {
      for (let row = this.#slots.pop(DUE); row !== -1; row = this.#slots.pop(DUE)) {
        if (this.#answers(row) && this.#look(row, true, onVerdict) && --left === 0) return 0;
      }
      if (this.#tick > now || (begun && this.#tick === now)) break;
      // The slot of this moment is begun at every call, until it is over.
      if (begun) this.#tick++;
      this.#dueSlot = this.#tick % SLOTS;
      this.#slots.move(this.#dueSlot, DUE);
    }
    return left;
  }

  /** Those a raised bar kept up, once it came down. */
  #lookAtHeld(limit: number, onVerdict: OnVerdict): number {
    const { state, next } = this.#columns;
    let left = limit;
    while (left > 0) {
      for (let row = this.#slots.pop(HELD_DUE); row !== -1; row = this.#slots.pop(HELD_DUE)) {
        this.#held--;
        const packed = state[row]!;
        const at = next[row]!;
        if (this.#detectors.inWheel[packed >>> POLICY_SHIFT] === 0 || at === NONE || at < IS_HELD) continue;
        next[row] = at - IS_HELD;
        if (isWatched(packed & ROW_STATE) && this.#look(row, false, onVerdict) && --left === 0) return 0;
      }
      if (!this.#isLowered) break;
      this.#isLowered = false;
      this.#slots.move(HELD, HELD_DUE);
    }
    return left;
  }

  /** Is the entry of this slot just taken out still that of a host? */
  #answers(row: number): boolean {
    const packed = this.#columns.state[row]!;
    const at = this.#columns.next[row]!;
    const isOurs = this.#detectors.inWheel[packed >>> POLICY_SHIFT] === 1 && at !== NONE;
    // By slot, not by tick: after a step back a host may stand more than a turn ahead. A look too early is harmless.
    if (!isOurs || (at & TICK_MASK) % SLOTS !== this.#dueSlot) {
      this.#stale = Math.max(0, this.#stale - 1);
      return false;
    }
    if (isWatched(packed & ROW_STATE)) return true;
    this.#columns.next[row] = NONE;
    return false;
  }

  /** Late, down or to be looked at again; true for a verdict. `taken`: its entry is out of the wheel. */
  #look(row: number, taken: boolean, onVerdict: OnVerdict): boolean {
    const columns = this.#columns;
    const intervalMs = columns.interval[row]! * INTERVAL_UNIT_MS;
    const packed = columns.state[row]!;
    const state = packed & ROW_STATE;
    const ownMs = this.#detectors.timeoutMs(columns, row);
    const timeoutMs = raisedMs(ownMs, intervalMs, this.#misses, this.#detectors.policy);
    const startMs = this.#clock.silenceStart(columns.lastSeenAtMs[row]!, Math.min(intervalMs, ownMs));
    const silentMs = this.#observedMs - startMs;
    if (silentMs >= timeoutMs) {
      onVerdict(row, HostState.down);
      columns.state[row] = packed - state + HostState.down;
      if (taken) columns.next[row] = NONE;
      return true;
    }
    const ownLateMs =
      state === HostState.up
        ? this.#detectors.lateMs(columns.interval[row]!, ownMs)
        : Number.POSITIVE_INFINITY;
    const lateMs = ownLateMs * (timeoutMs / ownMs);
    const isLate = silentMs >= lateMs;
    if (isLate) {
      onVerdict(row, HostState.late);
      columns.state[row] = packed - state + HostState.late;
    }
    const ownDueMs = startMs + (isLate ? ownMs : Math.min(ownMs, ownLateMs));
    const isHeld = ownDueMs <= this.#observedMs;
    const dueMs = isHeld ? startMs + (isLate ? timeoutMs : Math.min(timeoutMs, lateMs)) : ownDueMs;
    this.#enter(row, this.#observedMs, dueMs, taken);
    if (isHeld) this.#hold(row);
    return isLate;
  }

  /** To be looked at before any beat from now on could have made it late or down. */
  #watch(row: number, nowMs: number): void {
    const observedMs = this.#clock.observed(nowMs);
    if (Number.isNaN(this.#startMs)) this.#startMs = observedMs;
    const now = Math.max(0, Math.floor((observedMs - this.#startMs) / SLOT_MS));
    // An empty wheel stood still: what it would have turned past is nothing. And time may have stepped back.
    if (now < this.#tick || this.#slots.entries === 0) this.#tick = now;
    this.#enter(row, observedMs, Number.POSITIVE_INFINITY, false);
  }

  #enter(row: number, observedMs: number, dueMs: number, taken: boolean): void {
    const { state, interval, next } = this.#columns;
    const shortestMs = this.#detectors.shortestMs(state[row]! >>> POLICY_SHIFT, interval[row]!);
    const atMs = Math.min(dueMs, observedMs + shortestMs);
    const wanted = Math.floor((atMs - this.#startMs) / SLOT_MS);
    const tick = Math.min(this.#tick + SLOTS - 1, Math.max(this.#tick, wanted));
    const slot = tick % TICKS;
    const before = next[row]!;
    if (!taken && before !== NONE) {
      // The number of its slot is not behind the wanted one: an entry that is early enough.
      if ((slot - (before & TICK_MASK) + TICKS) % TICKS < SLOTS) return;
      this.#stale++;
    }
    const heldBit = before !== NONE && before >= IS_HELD ? IS_HELD : 0;
    next[row] = slot + heldBit;
    this.#slots.put(slot % SLOTS, row);
  }

  #hold(row: number): void {
    const { next } = this.#columns;
    if (next[row]! >= IS_HELD) return;
    next[row] = next[row]! + IS_HELD;
    this.#slots.put(HELD, row);
    this.#held++;
  }

  #learn(row: number, interval: number, nowMs: number): void {
    const { lastSeenAtMs, prev } = this.#columns;
    const last = lastSeenAtMs[row]!;
    // What came while nobody listened has no interval that could be known.
    if (last < this.#clock.resumedAtMs) return;
    prev[row] = learn(prev[row]!, nowMs - last, interval * INTERVAL_UNIT_MS);
  }

  #arrive(row: number, interval: number, nowMs: number): void {
    const columns = this.#columns;
    if ((columns.history[row]! & EXPECTED_MASK) !== 0) return;
    const gapMs = this.#clock.observed(nowMs) - this.#clock.observed(columns.lastSeenAtMs[row]!);
    arriveAfter(columns, row, Math.round(gapMs / (interval * INTERVAL_UNIT_MS)));
  }

  /** Takes out all entries that no host answers to, and all but one of a host; those of `leaving` too. O(entries). */
  #sweep(leaving: number): void {
    const { state, next } = this.#columns;
    for (let bag = 0; bag < SLOTS; bag++) {
      this.#slots.move(bag, SWEPT);
      for (let row = this.#slots.pop(SWEPT); row !== -1; row = this.#slots.pop(SWEPT)) {
        const at = next[row]!;
        const isOurs = this.#detectors.inWheel[state[row]! >>> POLICY_SHIFT] === 1 && at !== NONE;
        if (!isOurs || row === leaving || (at & TICK_MASK) % SLOTS !== bag || (at & IS_MET) !== 0) continue;
        next[row] = at | IS_MET;
        this.#slots.put(bag, row);
      }
      this.#slots.move(bag, SWEPT);
      for (let row = this.#slots.pop(SWEPT); row !== -1; row = this.#slots.pop(SWEPT)) {
        next[row] = next[row]! & ~IS_MET;
        this.#slots.put(bag, row);
      }
    }
    this.#stale = 0;
  }
}

/**
 * Which reasons a shard has to doubt what it hears: gaps in its loop, a suspend of the machine, dropped datagrams.
 * Tells the observed clock of the first two, of other shards' gaps too, and raises the bar for the third. Pure but
 * for what all shards see. Shard thread. Source: SEMANTICS 2. Cost: a comparison a turn, a reading of two clocks a tick.
 */
import { DropShare, MAX_DROP_SHARE, missesAt } from './drop-share.ts';
import { BLIND_GAP_MS, type ObservedClock } from './observed-clock.ts';
import { RaisedBar } from './raised-bar.ts';
import type { MarkerCounts } from './receiver/receiver.ts';

/**
 * What each shard shows the others: its share of drops, how many datagrams it has read over all its workers, and the
 * instant of its newest tick, 0 before the first.
 */
const SHOWN = { share: 0, read: 1, tickedAtMs: 2 } as const;
const SHOWN_COUNT = Object.keys(SHOWN).length;

export function allocateDoubts(shards: number): SharedArrayBuffer {
  return new SharedArrayBuffer(8 * SHOWN_COUNT * shards);
}

export class SelfDoubt {
  readonly #observed: ObservedClock;
  readonly #missesSet: number;
  readonly #bar: RaisedBar;
  readonly #shard: number;
  readonly #shown: Float64Array;
  readonly #together: boolean;
  readonly #suspendedEverMs: () => number;
  readonly #drops = new DropShare();
  readonly #markers = new DropShare();
  /** What a worker before this one had read. */
  readonly #readBefore: number;
  /** The newest tick of each shard, as seen here. */
  readonly #seenTicksMs: Float64Array;
  #suspendedMs: number;
  /** The newest gap ended then. */
  #resumedAtMs = Number.NEGATIVE_INFINITY;
  #misses: number;
  #blindMs = 0;
  #tickedAtMs = Number.NaN;

  /**
   * `leastMisses`: the fewest that make any host down. `doubts`: of allocateDoubts. `together`: it is not known whose
   * sockets dropped what, an equal part of it is put down to each. `suspendedEverMs`: since the machine booted.
   */
  constructor(
    observed: ObservedClock,
    missesSet: number,
    leastMisses: number,
    shard: number,
    doubts: SharedArrayBuffer,
    together: boolean,
    suspendedEverMs: () => number,
  ) {
    this.#observed = observed;
    this.#missesSet = missesSet;
    this.#bar = new RaisedBar(missesSet, leastMisses);
    this.#shard = shard;
    this.#shown = new Float64Array(doubts);
    this.#readBefore = this.#shown[shard * SHOWN_COUNT + SHOWN.read]!;
    this.#seenTicksMs = new Float64Array(this.#shards);
    this.#together = together;
    this.#suspendedEverMs = suspendedEverMs;
    this.#suspendedMs = suspendedEverMs();
    this.#misses = missesSet;
  }

  /** Missed intervals that make a host down now. */
  get misses(): number {
    return this.#misses;
  }

  /** Share of this shard's datagrams that is dropped, 0 to 1. */
  get dropShare(): number {
    return this.#shown[this.#shard * SHOWN_COUNT + SHOWN.share]!;
  }

  /** Time the machine slept, ms: the observed clock, which slept too, cannot know of it. */
  get sleptMs(): number {
    return this.#blindMs;
  }

  /** The loop came round; before the observed clock is told. */
  turn(nowMs: number): void {
    if (nowMs - this.#observed.aliveAtMs > BLIND_GAP_MS) this.#resumedAtMs = nowMs;
  }

  /**
   * Once a tick, after a turn: datagrams dropped and read so far; the instant up to which all that arrived was read,
   * or handed over; the receiver's own markers where it cannot know what is dropped.
   */
  tick(
    dropped: number,
    read: number,
    horizonMs: number,
    nowMs: number,
    markers: MarkerCounts | undefined,
  ): void {
    this.#noticeSuspend(nowMs);
    // While what came in a gap is still being read, what finds no room is of the gap's making.
    const isBlind = horizonMs < this.#resumedAtMs;
    const shown = this.#shown;
    const own = this.#shard * SHOWN_COUNT;
    shown[own + SHOWN.read] = this.#readBefore + read;
    shown[own + SHOWN.tickedAtMs] = nowMs;
    // A part of all drops is put down to each of those that share a port: together they make the whole.
    if (this.#together) this.#drops.note(dropped * this.#shards, this.#allRead(), isBlind, nowMs);
    else this.#drops.note(dropped, read, isBlind, nowMs);
    if (markers !== undefined) this.#markers.note(markers.lost, markers.back, isBlind, nowMs);
    shown[own + SHOWN.share] = Math.max(this.#drops.share(nowMs), this.#markers.share(nowMs));
    // Without steering each shard's hosts come in by every shard's sockets.
    let worst = 0;
    for (let i = SHOWN.share; i < shown.length; i += SHOWN_COUNT) worst = Math.max(worst, shown[i]!);
    this.#misses = this.#bar.hold(missesAt(worst, this.#missesSet), nowMs);
    if (worst > MAX_DROP_SHARE) this.#observed.blindFrom(this.#tickedAtMs, nowMs);
    this.#heedOthers(nowMs);
    this.#tickedAtMs = nowMs;
  }

  /**
   * Hosts of this shard may come in by another's sockets: while that one stands still they are not heard, and what
   * finds no room there is excused there. Noticed while it lasts, so before silence can be judged past it.
   */
  #heedOthers(nowMs: number): void {
    let fromMs = nowMs;
    for (let shard = 0; shard < this.#shards; shard++) {
      const seenMs = this.#seenTicksMs[shard]!;
      const tickedAtMs = this.#shown[shard * SHOWN_COUNT + SHOWN.tickedAtMs]!;
      this.#seenTicksMs[shard] = tickedAtMs;
      if (shard === this.#shard || tickedAtMs === 0) continue;
      if (nowMs - tickedAtMs > BLIND_GAP_MS) fromMs = Math.min(fromMs, tickedAtMs);
      // It came back since our last look.
      else if (seenMs !== 0 && tickedAtMs - seenMs > BLIND_GAP_MS) fromMs = Math.min(fromMs, seenMs);
    }
    // A clock that stands still already counts all of it as blind once it goes on.
    if (fromMs < nowMs && this.#observed.aliveAtMs >= nowMs) this.#observed.blindFrom(fromMs, nowMs);
  }

  #allRead(): number {
    let read = 0;
    for (let i = SHOWN.read; i < this.#shown.length; i += SHOWN_COUNT) read += this.#shown[i]!;
    return read;
  }

  get #shards(): number {
    return this.#shown.length / SHOWN_COUNT;
  }

  #noticeSuspend(nowMs: number): void {
    const suspendedMs = this.#suspendedEverMs();
    const grownMs = suspendedMs - this.#suspendedMs;
    if (!(grownMs > BLIND_GAP_MS)) return;
    this.#suspendedMs = suspendedMs;
    // Our clock stood still meanwhile, so there is no gap in it; but whoever was to be heard then was not.
    this.#observed.blindFrom(this.#tickedAtMs, nowMs);
    this.#blindMs += grownMs;
    this.#resumedAtMs = nowMs;
  }
}

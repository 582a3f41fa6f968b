/**
 * Time as far as we were listening: the server's instants less the spans in which the receive loop stood still.
 * Deadlines run on it, so that a stall, a stop or a suspend of ours is nobody's silence. Pure; owned by a shard.
 * Cost: O(1) for instants after the newest blind span, else a walk back over at most MAX_SPANS.
 */

/** A receive loop that did not come round for longer than this was not listening. */
export const BLIND_GAP_MS = 250;
const MAX_SPANS = 128;

export class ObservedClock {
  readonly #startsAtMs: number[] = [];
  readonly #endsAtMs: number[] = [];
  /** Blind time up to the end of each span, since the start. */
  readonly #blindMsToEnd: number[] = [];
  #aliveAtMs = Number.NaN;

  /** Called at every turn of the receive loop with instants that never step back. */
  alive(nowMs: number): void {
    if (nowMs - this.#aliveAtMs > BLIND_GAP_MS) this.#addBlind(this.#aliveAtMs, nowMs);
    this.#aliveAtMs = nowMs;
  }

  /** As `alive`, but what arrived since the call before may be lost: blind, however short. */
  aliveAfterLoss(nowMs: number): void {
    if (nowMs > this.#aliveAtMs) this.#addBlind(this.#aliveAtMs, nowMs);
    this.#aliveAtMs = nowMs;
  }

  /**
   * What arrived since `fromMs` says next to nothing, although the loop turned: blind since then, or since the end
   * of the newest span where that is later.
   */
  blindFrom(fromMs: number, nowMs: number): void {
    const newest = this.#endsAtMs.length - 1;
    if (newest >= 0 && fromMs <= this.#endsAtMs[newest]!) {
      const moreMs = Math.max(0, nowMs - this.#endsAtMs[newest]!);
      this.#endsAtMs[newest] = this.#endsAtMs[newest]! + moreMs;
      this.#blindMsToEnd[newest] = this.#blindMsToEnd[newest]! + moreMs;
    } else if (nowMs > fromMs) this.#addBlind(fromMs, nowMs);
    this.#aliveAtMs = nowMs;
  }

  /** Instant of the newest call of `alive`; NaN before the first. */
  get aliveAtMs(): number {
    return this.#aliveAtMs;
  }

  /** All blind time since the start, ms. */
  get blindMs(): number {
    return this.#blindMsToEnd.at(-1) ?? 0;
  }

  /** Blind time inside [fromMs, now], ms. */
  blindMsSince(fromMs: number): number {
    return Math.min(this.blindMs, this.blindMs - this.#blindMsUpTo(fromMs));
  }

  /** The end of the newest blind span; -Infinity before the first. */
  get resumedAtMs(): number {
    return this.#endsAtMs.at(-1) ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * Goes on for another clock that knew which spans were blind, of which nothing is known here: nothing up to
   * `nowMs` is anybody's silence. As blind counts the time since `diedAtMs`. Replaces what this clock knew so far.
   */
  takeOver(diedAtMs: number, nowMs: number): void {
    this.#startsAtMs.splice(0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    this.#endsAtMs.splice(0, Number.POSITIVE_INFINITY, nowMs);
    this.#blindMsToEnd.splice(0, Number.POSITIVE_INFINITY, Math.max(0, nowMs - diedAtMs));
    this.#aliveAtMs = nowMs;
  }

  /** An instant on the observed axis: order is kept, blind spans have no length. */
  observed(atMs: number): number {
    return atMs - this.#blindMsUpTo(atMs);
  }

  /**
   * Where, on the observed axis, the silence of a host begins that was last seen at `lastSeenAtMs`. Whoever was
   * last seen before the end of the newest blind span gets `graceMs` more; whoever was seen soon after it, the
   * rest of that, so that of two hosts the one seen first never has the later deadline.
   */
  silenceStart(lastSeenAtMs: number, graceMs: number): number {
    const seen = this.observed(lastSeenAtMs);
    const newest = this.#endsAtMs.length - 1;
    if (newest < 0) return seen;
    const resumed = this.#endsAtMs[newest]! - this.#blindMsToEnd[newest]!;
    return Math.max(seen, Math.min(seen, resumed) + graceMs);
  }

  #blindMsUpTo(atMs: number): number {
    let i = this.#startsAtMs.length - 1;
    while (i >= 0 && this.#startsAtMs[i]! >= atMs) i--;
    if (i < 0) return 0;
    return this.#blindMsToEnd[i]! - Math.max(0, this.#endsAtMs[i]! - atMs);
  }

  #addBlind(fromMs: number, toMs: number): void {
    const before = this.blindMs;
    this.#startsAtMs.push(fromMs);
    this.#endsAtMs.push(toMs);
    this.#blindMsToEnd.push(before + toMs - fromMs);
    if (this.#startsAtMs.length > MAX_SPANS) {
      // The two oldest become one of their length at the later end: for hosts last seen between them this can
      // only lengthen the wait, never cause a down.
      const [first] = this.#startsAtMs;
      const joined = first === Number.NEGATIVE_INFINITY ? first : this.#endsAtMs[1]! - this.#blindMsToEnd[1]!;
      this.#startsAtMs.splice(0, 2, joined);
      this.#endsAtMs.shift();
      this.#blindMsToEnd.shift();
    }
  }
}

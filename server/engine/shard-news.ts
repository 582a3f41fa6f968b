/**
 * Posts a shard's news to main: the first on a quiet shard at once, then once a tick, or sooner when a whole batch
 * waits; never more than main keeps up with, and then the rest when it does. Shard thread. Cost: two comparisons a
 * datagram; a batch is a message of columns that are transferred.
 */
import { BatchCredit } from './batch-credit.ts';
import type { Shard } from './shard.ts';
import { CONTROL, type FromShard, MARK, openMerged } from './shard-messages.ts';

export class ShardNews {
  readonly #tickMs: number;
  readonly #post: (message: FromShard, transfer: ArrayBuffer[]) => void;
  readonly #credit: BatchCredit;
  readonly #control: Int32Array;
  /** Of all of the shard's workers together, and of this one as counted in there. */
  readonly #merged: Float64Array;
  #mergedHere = 0;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  /** `control`: see CONTROL. */
  constructor(
    tickMs: number,
    control: SharedArrayBuffer,
    post: (message: FromShard, transfer: ArrayBuffer[]) => void,
  ) {
    this.#tickMs = tickMs;
    this.#post = post;
    this.#credit = new BatchCredit(control);
    this.#control = new Int32Array(control);
    this.#merged = openMerged(control);
  }

  /** After something that may be news. */
  sendWhenDue(shard: Shard, nowMs: number): void {
    if (shard.isFull || (shard.hasNews && nowMs - this.#sentAtMs >= this.#tickMs)) this.send(shard, nowMs);
  }

  /** What there is, now, as far as main keeps up. */
  send(shard: Shard, nowMs: number): void {
    while (shard.hasNews && this.#credit.isLeft) this.#sendBatch(shard, nowMs);
  }

  /** All there is, before the end: nothing more will come. */
  sendAll(shard: Shard, nowMs: number): void {
    while (shard.hasNews) this.#sendBatch(shard, nowMs);
  }

  /** What waits and what was merged, for whoever asks. Once a tick. */
  publish(shard: Shard): void {
    Atomics.store(this.#control, CONTROL.waiting, shard.newsWaiting);
    this.#merged[0]! += shard.newsMerged - this.#mergedHere;
    this.#mergedHere = shard.newsMerged;
  }

  #sendBatch(shard: Shard, nowMs: number): void {
    this.#sentAtMs = nowMs;
    const batch = shard.take();
    this.#credit.spend();
    const { rows, kinds, reasons, notes, atMs, lastSeenAtMs, lostBeats, expectedBeats } = batch.transitions;
    const columns = [rows, kinds, reasons, notes, atMs, lastSeenAtMs, lostBeats, expectedBeats];
    this.#post(
      { mark: MARK, type: 'batch', batch },
      columns.map(({ buffer }) => buffer),
    );
  }
}

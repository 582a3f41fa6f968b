/**
 * Posts a shard's news to main: the first on a quiet shard at once, then one batch a tick, or sooner when there is no
 * room for more. Shard thread. Cost: two comparisons a datagram; a batch is a message of columns that are transferred.
 */
import type { Shard } from './shard.ts';
import { type FromShard, MARK } from './shard-messages.ts';

export class ShardNews {
  readonly #tickMs: number;
  readonly #post: (message: FromShard, transfer: ArrayBuffer[]) => void;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  constructor(tickMs: number, post: (message: FromShard, transfer: ArrayBuffer[]) => void) {
    this.#tickMs = tickMs;
    this.#post = post;
  }

  /** After something that may be news. */
  sendWhenDue(shard: Shard, nowMs: number): void {
    if (shard.isFull || (shard.hasNews && nowMs - this.#sentAtMs >= this.#tickMs)) this.send(shard, nowMs);
  }

  /** What there is, now. */
  send(shard: Shard, nowMs: number): void {
    if (!shard.hasNews) return;
    this.#sentAtMs = nowMs;
    const batch = shard.take();
    const { rows, kinds, reasons, notes, atMs, lastSeenAtMs, lostBeats, expectedBeats } = batch.transitions;
    const columns = [rows, kinds, reasons, notes, atMs, lastSeenAtMs, lostBeats, expectedBeats];
    this.#post(
      { mark: MARK, type: 'batch', batch },
      columns.map(({ buffer }) => buffer),
    );
  }
}

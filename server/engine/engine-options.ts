/** What the engine is started with, and what of it cannot be. Types and one check. */
import type { ClockOrigin } from '../clock.ts';
import type { DetectorPolicies } from './detector/policies.ts';
import type { ShardBatch } from './events.ts';
import { MAX_ROWS } from './layout.ts';
import type { BoundAddress } from './shard-messages.ts';
import type { TagSettings } from './tags/tag-settings.ts';

export type EngineOptions = {
  /** Resolved addresses, one UDP socket each and shard. Port 0 = any free one, then the same for all. */
  readonly addresses: readonly BoundAddress[];
  readonly shards: number;
  readonly maxHosts: number;
  readonly misses: number;
  readonly minTimeoutMs: number;
  readonly maxTimeoutMs: number;
  /** Which detector watches which hosts; none: all by their misses. */
  readonly policies?: DetectorPolicies;
  /** Keys of tagged heartbeats; null: none are taken. */
  readonly tags?: TagSettings | null;
  /** Take heartbeats over TCP too, on the same ports. */
  readonly tcp?: boolean;
  /** Between two judgements, ms; 50 at most, so that a verdict is never the slow part of what a page shows. */
  readonly tickMs?: number;
  readonly clockOrigin: ClockOrigin;
  /** auto: recvmmsg where it can be had. */
  readonly receiver: 'auto' | 'recvmmsg' | 'dgram';
  /** Read at once and judge nobody until `Engine.restore` has said which hosts are known. */
  readonly hold?: boolean;
  /**
   * Batches of one shard arrive in order. Handled when it returns, or when the promise it gives settles: a shard whose
   * batches are not handled gathers its news, and merges what one host has too much of. Must not throw.
   */
  onBatch(batch: ShardBatch): void | Promise<void>;
  /** What an operator should know: a receiver that could not be had, a small buffer, a shard started again. */
  onNotice?(text: string): void;
  /** Something failed for good after the start; the shard it names no longer listens. */
  onFault(error: Error): void;
};

/** Most hosts whose rows can be numbered. */
export const MOST_HOSTS = Math.floor(MAX_ROWS / 1.25) - 64;

const MOST_SHARDS = 64;

/** Throws RangeError naming what cannot be. */
export function checkOptions(options: EngineOptions): void {
  const { addresses, shards, maxHosts, misses, minTimeoutMs, maxTimeoutMs } = options;
  if (addresses.length === 0) throw new RangeError('addresses is empty; the engine needs at least one');
  if (!Number.isInteger(shards) || shards < 1 || shards > MOST_SHARDS) {
    throw new RangeError(`shards is ${shards}; accepted: 1 to ${MOST_SHARDS}`);
  }
  if (!Number.isInteger(maxHosts) || maxHosts < 1 || maxHosts > MOST_HOSTS) {
    throw new RangeError(`maxHosts is ${maxHosts}; accepted: 1 to ${MOST_HOSTS}`);
  }
  if (!(misses >= 1)) throw new RangeError(`misses is ${misses}; accepted: 1 or more`);
  if (!(minTimeoutMs >= 10 && maxTimeoutMs >= minTimeoutMs && Number.isFinite(maxTimeoutMs))) {
    throw new RangeError(
      `minTimeoutMs is ${minTimeoutMs} and maxTimeoutMs ${maxTimeoutMs}; accepted: 10 ≤ minTimeoutMs ≤ maxTimeoutMs`,
    );
  }
}

/**
 * What the engine has read and how it was judged, as one consistent reading over all shards. Shards publish
 * their counters each tick, in turn at two places under a version number, so that a thread that is stopped while
 * it writes leaves the publication before; readers take a copy and look at the version again.
 */
import type { TcpHealth } from '../../lib/protocol/api.ts';
import { REJECT_REASONS, type RejectReason } from '../../lib/protocol/heartbeat.ts';
import { type ShardStats, STAT, STAT_COUNT } from './layout.ts';

/** What all shards say together. */
export type ShardsStats = {
  /** Heartbeats read: accepted + the sum of rejected, always. */
  readonly read: number;
  readonly accepted: number;
  readonly rejected: Readonly<Record<RejectReason, number>>;
  /** Accepted, over the last second or two. */
  readonly heartbeatsPerSecond: number;
  /**
   * Datagrams that came in and were never judged: dropped by the kernel (0 when the receiver cannot know), or given
   * up because a hold, or a ring to another thread, had no more room.
   */
  readonly kernelDrops: number;
  /** A shard judges nobody at this moment (it stands still, or cannot tell what waits unread), or was blind for more than 5 % of the last minute. */
  readonly blind: boolean;
  /** Time since the start in which the worst shard could not listen, ms. */
  readonly blindMs: number;
  /** The same, of the last minute. */
  readonly blindLastMinuteMs: number;
  /** Share of the datagrams of the last 10 s that were dropped, of the worst shard, 0 to 1. */
  readonly dropShare: number;
  /** Missed intervals that make a host down now; 0 before a shard has said. */
  readonly misses: number;
};

export type IngestStats = ShardsStats & {
  /** Blind, or the bar is raised. */
  readonly degraded: boolean;
  /** Missed intervals that make a host down when nothing is dropped. */
  readonly missesSet: number;
  /** Shards that ended by themselves and were started again. */
  readonly shardRestarts: number;
  /** News of hosts that waits in the shards until main has handled what it was told. */
  readonly newsWaiting: number;
  /** Transitions that were never told, because too many newer ones of the same host waited with them. */
  readonly newsMerged: number;
  /** Smallest receive buffer the kernel gave a socket, bytes as it counts them. */
  readonly receiveBufferBytes: number;
  readonly tcp: TcpHealth;
};

const MINUTE_MS = 60_000;
const BLIND_SHARE_MS = 3_000;
/** A horizon that has stood still for longer is blind time since then, which no shard need have noticed. */
export const STALE_HORIZON_MS = 1_000;

/** Called by a shard's worker: all of `values` at once. */
export function publishStats(stats: ShardStats, values: Float64Array): void {
  const next = Atomics.load(stats.version, 0) + 1;
  stats.values[next & 1]!.set(values);
  Atomics.store(stats.version, 0, next);
}

/** A copy of a shard's newest counters, all from one publication. */
export function readStats(stats: ShardStats): Float64Array {
  const copy = new Float64Array(STAT_COUNT);
  let version: number;
  do {
    version = Atomics.load(stats.version, 0);
    copy.set(stats.values[version & 1]!);
    // A newer publication means that the one after it may be overwriting what was copied: ticks are milliseconds.
  } while (Atomics.load(stats.version, 0) !== version);
  return copy;
}

/** Counts are sums over all shards, spans and shares those of the worst. */
export function shardsStats(shards: readonly ShardStats[], nowMs: number): ShardsStats {
  const rejected = Object.fromEntries(REJECT_REASONS.map((reason) => [reason, 0])) as Record<
    RejectReason,
    number
  >;
  let read = 0;
  let accepted = 0;
  let heartbeatsPerSecond = 0;
  let kernelDrops = 0;
  let blindMs = 0;
  let blindLastMinuteMs = 0;
  let dropShare = 0;
  let misses = 0;
  let blind = false;
  for (const shard of shards) {
    const values = readStats(shard);
    read += values[STAT.read]!;
    accepted += values[STAT.accepted]!;
    heartbeatsPerSecond += values[STAT.heartbeatsPerSecond]!;
    kernelDrops += values[STAT.kernelDrops]!;
    const silentMs = Math.max(0, nowMs - values[STAT.horizonAtMs]!);
    const unnoticedMs = silentMs > STALE_HORIZON_MS ? silentMs : 0;
    blindMs = Math.max(blindMs, values[STAT.blindMs]! + unnoticedMs);
    const lastMinuteMs = Math.min(MINUTE_MS, values[STAT.blindLastMinuteMs]! + unnoticedMs);
    blindLastMinuteMs = Math.max(blindLastMinuteMs, lastMinuteMs);
    if (unnoticedMs > 0 || lastMinuteMs > BLIND_SHARE_MS) blind = true;
    dropShare = Math.max(dropShare, values[STAT.dropShare]!);
    misses = Math.max(misses, values[STAT.misses]!);
    REJECT_REASONS.forEach((reason, i) => {
      rejected[reason] += values[STAT.firstRejected + i]!;
    });
  }
  const counts = { read, accepted, rejected, heartbeatsPerSecond, kernelDrops };
  return { ...counts, blind, blindMs, blindLastMinuteMs, dropShare, misses };
}

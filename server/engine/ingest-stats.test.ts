import { expect, test } from 'vitest';
import { REJECT_REASONS } from '../../lib/protocol/heartbeat.ts';
import { publishStats, shardsStats } from './ingest-stats.ts';
import { allocateStats, openStats, STAT, STAT_COUNT } from './layout.ts';
import { ObservedClock } from './observed-clock.ts';
import { ShardPublisher } from './shard-publisher.ts';

test('E43: blind while nobody has been judged for a second, and over 5 % of the last minute', () => {
  const stats = openStats(allocateStats());
  const values = new Float64Array(STAT_COUNT);
  values[STAT.horizonAtMs] = 100_000;
  values[STAT.blindMs] = 7_000;
  values[STAT.blindLastMinuteMs] = 3_000;
  publishStats(stats, values);
  expect(shardsStats([stats], 101_000)).toMatchObject({
    blind: false,
    blindMs: 7_000,
    blindLastMinuteMs: 3_000,
  });
  expect(shardsStats([stats], 103_500)).toMatchObject({ blind: true, blindMs: 10_500 });
  values[STAT.blindLastMinuteMs] = 3_001;
  publishStats(stats, values);
  expect(shardsStats([stats], 100_010)).toMatchObject({ blind: true, blindMs: 7_000 });
});

test('E112: blind spans since a horizon that stands still are counted once, and never step back', () => {
  const memory = allocateStats();
  const clock = new ObservedClock();
  clock.alive(1_000);
  const publisher = new ShardPublisher(memory, clock, false, 1_000);
  const none = { dropped: 0, dropShare: 0, misses: 5, sleptMs: 0 };
  let blindMs = 0;
  const publish = (nowMs: number, horizonMs: number): void => {
    publisher.publish({ ...none, nowMs, horizonMs });
    const told = shardsStats([openStats(memory)], nowMs);
    expect(told.blindMs).toBeGreaterThanOrEqual(blindMs);
    expect(told.blindLastMinuteMs).toBe(told.blindMs);
    blindMs = told.blindMs;
  };
  publish(1_000, 1_000);
  for (let nowMs = 1_100; nowMs <= 11_000; nowMs += 100) {
    clock.blindFrom(nowMs - 100, nowMs);
    publish(nowMs, 1_000);
    expect(blindMs).toBe(nowMs - 1_000);
  }
  clock.alive(11_100);
  publish(11_100, 11_050);
  expect(blindMs).toBe(10_000);
});

test('E50: a shard that is stopped while it publishes leaves its last whole reading', () => {
  const stats = openStats(allocateStats());
  publishStats(stats, new Float64Array(STAT_COUNT).fill(7));
  publishStats(stats, new Float64Array(STAT_COUNT).fill(8));
  const stopped: ArrayLike<number> = {
    length: STAT_COUNT,
    0: 9,
    get 1(): number {
      throw new Error('stopped');
    },
  };
  expect(() => publishStats(stats, stopped as Float64Array)).toThrow('stopped');
  expect(shardsStats([stats], 8)).toMatchObject({ read: 8, accepted: 8, heartbeatsPerSecond: 8 });
  publishStats(stats, new Float64Array(STAT_COUNT).fill(10));
  expect(shardsStats([stats], 10)).toMatchObject({ read: 10, accepted: 10 });
});

test('E50: the sum over shards is the sum of their counts', () => {
  const shards = [1, 10].map((factor) => {
    const stats = openStats(allocateStats());
    const values = Float64Array.from({ length: STAT_COUNT }, (_, i) => factor * (i + 1));
    publishStats(stats, values);
    return stats;
  });
  const { read, accepted, rejected, kernelDrops, heartbeatsPerSecond } = shardsStats(shards, 0);
  expect([read, accepted, heartbeatsPerSecond, kernelDrops]).toEqual([11, 22, 33, 44]);
  const first = STAT.firstRejected + 1;
  expect(Object.values(rejected)).toEqual(REJECT_REASONS.map((_, i) => 11 * (i + first)));
});

test('E80: the share of drops and the bar are those of the worst shard; both stand as they were published', () => {
  const shards = [
    [0.1, 9],
    [0.4, 21],
  ].map(([share, misses]) => {
    const stats = openStats(allocateStats());
    const values = new Float64Array(STAT_COUNT);
    values[STAT.dropShare] = share!;
    values[STAT.misses] = misses!;
    publishStats(stats, values);
    return stats;
  });
  expect(shardsStats(shards, 0)).toMatchObject({ dropShare: 0.4, misses: 21 });
  expect(shardsStats([openStats(allocateStats())], 0)).toMatchObject({ dropShare: 0, misses: 0 });
});

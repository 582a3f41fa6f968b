import { expect, test } from 'vitest';
import { HostState } from '../../lib/protocol/host.ts';
import { JOURNAL, JOURNAL_ROWS } from './layout.ts';
import { ObservedClock } from './observed-clock.ts';
import { Shard } from './shard.ts';
import { POLICY, ShardProbe } from './testing/shard-probe.ts';

test('E118: when more waits than is noted, a successor tells of every host as the columns have it', () => {
  const hostCount = new Int32Array(1);
  const probe = new ShardProbe({ hostCount });
  probe.hello('known');
  probe.hello('gone');
  probe.shard.remove(probe.rowOf('gone'), probe.nowMs);
  // Main listens to nothing from here on.
  probe.collect = () => undefined as never;
  probe.hello('waits');
  let seq = 2;
  while (probe.columns.journal[JOURNAL.noted]! <= JOURNAL_ROWS) {
    probe.bye('waits', { seq: seq++ });
    probe.beat('waits', { seq: seq++ });
  }
  probe.bye('waits', { seq: seq++ });
  probe.hello('last');
  expect(probe.shard.newsWaiting).toBeLessThan(10);

  const clock = new ObservedClock();
  clock.takeOver(probe.nowMs, probe.nowMs);
  const successor = new Shard({
    ...{ shard: 0, shards: 1, columns: probe.columns, hostCount, maxHosts: 64, policy: POLICY, policies: [] },
    ...{ seed: 0x5eed, clock, sources: probe.book, tags: null, handOver: null },
  });
  successor.adopt(probe.nowMs);
  const { described, transitions } = successor.take();
  const rows = ['known', 'waits', 'last'].map((name) => probe.rowOf(name));
  expect(described.map(({ row, name }) => [row, name])).toEqual(rows.map((row) => [row, null]));
  expect([...transitions.rows]).toEqual(rows);
  expect([...transitions.kinds]).toEqual([HostState.up, HostState.left, HostState.up]);
  // All of it has been taken: what is noted from now on is what waits.
  probe.nowMs += 10;
  successor.tick(probe.nowMs, probe.nowMs);
  expect(probe.columns.journal[JOURNAL.noted]).toBe(0);
});

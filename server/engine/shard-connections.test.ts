import { expect, test } from 'vitest';
import { TransitionReason } from './events.ts';
import { ShardProbe } from './testing/shard-probe.ts';

/** A host heard twice over a connection. */
function connected(connection = 7): ShardProbe {
  const probe = new ShardProbe();
  probe.connection = connection;
  probe.hello('a', {}, { seq: 1 });
  probe.beat('a', { seq: 2 });
  probe.news();
  return probe;
}

test.each(['closed', 'reset'] as const)('E123: an end is a death at once, as %s', (how) => {
  const probe = connected();
  probe.pass(100);
  probe.ended('a', 7, how);
  expect(probe.events.map(({ host, kind, reason, atMs }) => [host, kind, reason, atMs])).toEqual([
    ['a', 'down', TransitionReason[how], probe.nowMs],
  ]);
  expect(probe.pass(20_000)).toEqual([]);
  probe.connection = 8;
  expect(probe.beat('a', { seq: 3 })).toBe('accepted');
  expect(probe.state('a')).toBe('up');
});

test('E123: a late host’s too', () => {
  const probe = connected();
  probe.pass(3_000);
  expect(probe.state('a')).toBe('late');
  probe.ended('a', 7, 'reset');
  expect(probe.state('a')).toBe('down');
});

test.each([
  ['another connection', (probe: ShardProbe) => probe.ended('a', 8, 'closed')],
  ['no connection', (probe: ShardProbe) => probe.ended('a', 0, 'closed')],
  ['the end of an unknown host', (probe: ShardProbe) => probe.ended('b', 7, 'closed')],
])('E123: %s says nothing', (_, end) => {
  const probe = connected();
  end(probe);
  expect([probe.state('a'), probe.news()]).toEqual(['up', []]);
});

test('E123: whoever was heard otherwise since is not concerned: a reconnect, or UDP', () => {
  for (const connection of [8, 0]) {
    const probe = connected();
    probe.connection = connection;
    probe.beat('a', { seq: 3 });
    probe.ended('a', 7, 'closed');
    expect([probe.state('a'), probe.news()]).toEqual(['up', []]);
  }
});

test('E123: what does not refresh does not move a host to its connection', () => {
  const probe = connected();
  probe.beat('a', { seq: 9 });
  probe.connection = 8;
  expect([probe.beat('a', { seq: 5 }), probe.beat('a', { seq: 9 })]).toEqual(['accepted', 'replay']);
  probe.ended('a', 8, 'closed');
  expect(probe.state('a')).toBe('up');
  probe.ended('a', 7, 'closed');
  expect(probe.state('a')).toBe('down');
});

test('E123: after a bye, after silence and after its removal an end says nothing', () => {
  const left = connected();
  left.bye('a', { seq: 3 });
  left.ended('a', 7, 'closed');
  expect(left.state('a')).toBe('left');
  const silent = connected();
  silent.pass(6_000);
  silent.news();
  silent.ended('a', 7, 'closed');
  expect(silent.news()).toEqual([]);
  const removed = connected();
  removed.shard.remove(removed.rowOf('a'), removed.nowMs);
  removed.ended('a', 7, 'closed');
  expect(removed.news()).toEqual([]);
});

test('E123: text over a connection as well', () => {
  const probe = new ShardProbe();
  probe.connection = 3;
  probe.text('a');
  probe.text('a');
  probe.news();
  probe.ended('a', 3, 'closed');
  expect(probe.news()).toEqual(['a down']);
});

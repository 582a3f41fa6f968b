import { expect, test } from 'vitest';
import { hostIdBytes } from '../host-id.ts';
import { ownerOf, u32be } from './message-fields.ts';
import { beatBytes, helloBytes, joined, ShardProbe } from './testing/shard-probe.ts';

const SHARDS = 3;

/** Names of `count` hosts that shard `owner` of three owns. */
function hostsOf(owner: number, count: number): string[] {
  const names: string[] = [];
  for (let i = 0; names.length < count; i++) {
    if (u32be(hostIdBytes(`h${i}`), 0) % SHARDS === owner) names.push(`h${i}`);
  }
  return names;
}

const [own, own2] = hostsOf(1, 2) as [string, string];
const [other0] = hostsOf(0, 1) as [string];
const [other2, other2b] = hostsOf(2, 2) as [string, string];

const text = (line: string): Uint8Array => new TextEncoder().encode(line);

test('E121: the owner is the first four bytes, big-endian, modulo the shards', () => {
  expect(ownerOf(0xffffffff, 4)).toBe(3);
  expect(ownerOf(-1, 4)).toBe(3);
  expect(ownerOf(0x80000000, 3)).toBe(0x80000000 % 3);
});

test('E121: each form of a stranger’s message is handed over whole, unjudged and uncounted', () => {
  const probe = new ShardProbe({ shard: 1, shards: SHARDS });
  probe.source = '10.1.4.7';
  probe.connection = 9;
  const messages = [
    beatBytes(other0),
    helloBytes(other2, { rack: 'r1' }),
    beatBytes(other2, { type: 3 }),
    text(`${other0} interval=1s rack=r1`),
    // Not even what is wrong in it is looked at: that is for its owner to count.
    beatBytes(other0, { seq: 0 }),
    helloBytes(own, {}, { idOf: other2 }),
  ];
  for (const message of messages) expect(probe.send(message)).toBe('');
  expect(probe.handedOver.map(({ owner }) => owner)).toEqual([0, 2, 2, 0, 0, 2]);
  probe.handedOver.forEach(({ bytes, source, connection }, i) => {
    expect([bytes, source, connection]).toEqual([messages[i], '10.1.4.7', 9]);
  });
  expect([probe.shard.counters.read, probe.events]).toEqual([0, []]);
});

test('E121: a bundle is split by its members; what is none of them is refused here', () => {
  const probe = new ShardProbe({ shard: 1, shards: SHARDS });
  const wrong = beatBytes(other0);
  wrong[0] = 65;
  const members = [other0, own, other2, own2, other2b].map((host) => beatBytes(host));
  // From an address met for the first time: it becomes known by one member and is told with the next.
  probe.source = '10.1.4.8';
  expect(probe.send(joined(...members, wrong))).toBe('accepted accepted bad_magic');
  expect(probe.handedOver.map(({ owner, bytes, source }) => [owner, bytes, source])).toEqual([
    [0, members[0], '10.1.4.8'],
    [2, members[2], '10.1.4.8'],
    [2, members[4], '10.1.4.8'],
  ]);
  expect(probe.shard.counters.read).toBe(3);
});

test('E121: what has no sound frame is counted where it was read', () => {
  const probe = new ShardProbe({ shard: 1, shards: SHARDS });
  expect(probe.send(beatBytes(other0).subarray(0, 31))).toBe('too_short');
  expect(probe.send(joined(beatBytes(other0), beatBytes(other0)).subarray(0, 63))).toBe('bad_length');
  expect(probe.text(`${other0} interval=9ms`)).toBe('bad_interval');
  const tagged = beatBytes(other0);
  tagged[2] = 1;
  expect(probe.send(joined(tagged, new Uint8Array(16)))).toBe('unknown_key');
  expect(probe.handedOver).toEqual([]);
});

test('E121: the owner judges what it is handed as if it had read it', () => {
  const probe = new ShardProbe({ shard: 1, shards: SHARDS });
  const owner = new ShardProbe({ shard: 2, shards: SHARDS });
  probe.send(joined(beatBytes(own), beatBytes(other2)));
  probe.send(helloBytes(other2, { rack: 'r1' }, { seq: 2 }));
  for (const { bytes } of probe.handedOver) expect(owner.send(bytes)).toBe('accepted');
  expect(owner.handedOver).toEqual([]);
  expect(owner.described.at(-1)).toMatchObject({ name: other2, labels: { rack: 'r1' } });
});

test('E122: a datagram’s neighbours in memory are no part of it', () => {
  const probe = new ShardProbe();
  const slot = new Uint8Array(2_048);
  const beat = beatBytes('a');
  // A whole second beat stands right behind the first, and a text behind the text.
  slot.set(beat, 100);
  slot.set(beatBytes('b'), 132);
  slot.set(text('c rack=r1 zone=z2'), 500);
  const source = probe.book.ofText('127.0.0.1');
  probe.shard.receive(slot, 100, 32, source, probe.nowMs);
  probe.shard.receive(slot, 100, 31, source, probe.nowMs);
  probe.shard.receive(slot, 100, 0, source, probe.nowMs);
  probe.shard.receive(slot, 500, 9, source, probe.nowMs);
  probe.collect();
  expect([probe.state('a'), probe.state('b')]).toEqual(['up', 'unknown']);
  expect(probe.described.at(-1)).toMatchObject({ name: 'c', labels: { rack: 'r1' } });
  const { read, accepted } = probe.shard.counters;
  expect([read, accepted]).toEqual([4, 2]);
});

test('E122: a datagram longer than its slot is refused for its length', () => {
  const probe = new ShardProbe();
  const slot = new Uint8Array(1_000 + 2_048).fill(97);
  const source = probe.book.ofText('127.0.0.1');
  probe.shard.receive(slot, 1_000, 60_000, source, probe.nowMs);
  slot.set(helloBytes('a'), 1_000);
  probe.shard.receive(slot, 1_000, 60_000, source, probe.nowMs);
  slot.set(beatBytes('a'), 1_000);
  probe.shard.receive(slot, 1_000, 32 * 1_000, source, probe.nowMs);
  expect(probe.shard.counters).toMatchObject({ read: 3, accepted: 0 });
  expect(probe.shard.counters.rejected[4]).toBe(3);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostIdBytes } from '../host-id.ts';
import { ownerOf, u32be } from './message-fields.ts';
import { Strangers } from './strangers.ts';
import { beatBytes, helloBytes, joined, ShardProbe } from './testing/shard-probe.ts';

const SHARDS = 3;
const text = (line: string): Uint8Array => new TextEncoder().encode(line);
const owner = (host: string): number => ownerOf(u32be(hostIdBytes(host), 0), SHARDS);

test('E87: what a shard hands on before judging is what it would hand over, judged: the rest is its own', () => {
  const host = fc.nat(20).map((i) => `h${i}`);
  const beat = fc
    .record({ host, seq: fc.integer({ min: 1, max: 5 }), tagged: fc.boolean() })
    .map(({ host: name, seq, tagged }) => {
      const bytes = beatBytes(name, { seq });
      if (!tagged) return bytes;
      bytes[2] = 1;
      bytes[3] = 7;
      return joined(bytes, new Uint8Array(16));
    });
  const spoiled = (bytes: Uint8Array, at: number, to: number): Uint8Array => {
    const copy = bytes.slice();
    if (copy.length > 0) copy[at % copy.length] = to;
    return copy;
  };
  const datagram = fc.oneof(
    { weight: 4, arbitrary: fc.array(beat, { minLength: 1, maxLength: 46 }).map((all) => joined(...all)) },
    { weight: 2, arbitrary: host.map((name) => helloBytes(name, { rack: 'r1' })) },
    { weight: 1, arbitrary: host.map((name) => beatBytes(name, { type: 3 })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(host, fc.constantFrom('', '\n', ' interval=1s', ' x'))
        .map(([name, rest]) => text(name + rest)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.array(beat, { minLength: 1, maxLength: 5 }), fc.nat(160), fc.nat(255))
        .map(([all, at, to]) => spoiled(joined(...all), at, to)),
    },
  );
  fc.assert(
    fc.property(datagram, (bytes) => {
      const handed: number[][] = [];
      const strangers = new Strangers(1, SHARDS, (to, from, at, length, source, connection) => {
        expect([source, connection]).toEqual([5, 9]);
        handed.push([to, ...from.subarray(at, at + length)]);
        return true;
      });
      // Others stand around it.
      const slot = new Uint8Array(2_048).fill(0xb7);
      slot.set(bytes, 24);
      const left = strangers.handOn(slot, 24, bytes.length, 5, 9);

      const whole = new ShardProbe({ shard: 1, shards: SHARDS });
      whole.send(bytes);
      const rest = new ShardProbe({ shard: 1, shards: SHARDS });
      if (left > 0 || bytes.length === 0) rest.send(slot.slice(24, 24 + left));
      // What it refuses may be refused by the owner as well, and is counted there: by one of the two, once.
      const others = new ShardProbe({ shard: 1, shards: 1 });
      for (const [, ...message] of handed) others.send(Uint8Array.from(message));
      // Of a bundle that is none throughout, the shard itself hands over what it has to.
      for (const each of rest.handedOver) others.send(each.bytes);
      const owners = new ShardProbe({ shard: 1, shards: 1 });
      for (const each of whole.handedOver) owners.send(each.bytes);
      const sums = (probes: ShardProbe[]): unknown => [
        probes.reduce((sum, { shard }) => sum + shard.counters.read, 0),
        probes.reduce((sum, { shard }) => sum + shard.counters.accepted, 0),
        probes.map(({ shard }) => [...shard.counters.rejected]).reduce((a, b) => a.map((n, i) => n + b[i]!)),
      ];
      expect(sums([rest, others])).toEqual(sums([whole, owners]));
      for (const [to] of handed) expect(to).not.toBe(1);
    }),
    { numRuns: 120 },
  );
});

test('E87: a bundle is split by member: each to its owner, in order, our own left together', () => {
  const hosts = Array.from({ length: 30 }, (_, i) => `h${i}`);
  const bundle = joined(...hosts.map((host, i) => beatBytes(host, { seq: i + 1 })));
  const handed: [number, Uint8Array][] = [];
  const strangers = new Strangers(0, SHARDS, (to, from, at, length) => {
    handed.push([to, from.slice(at, at + length)]);
    return true;
  });
  const left = strangers.handOn(bundle, 0, bundle.length, 0, 0);
  const own = hosts.filter((host) => owner(host) === 0);
  expect(own.length).toBeGreaterThan(3);
  expect(bundle.subarray(0, left)).toEqual(
    joined(...own.map((host) => beatBytes(host, { seq: hosts.indexOf(host) + 1 }))),
  );
  expect(handed).toEqual(
    hosts
      .filter((host) => owner(host) !== 0)
      .map((host) => [owner(host), beatBytes(host, { seq: hosts.indexOf(host) + 1 })]),
  );
});

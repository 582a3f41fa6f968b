import { expect, test } from 'vitest';
import { allocateRing, RecordKind, RingReader } from './hand-over.ts';
import { openTcpOutlet } from './tcp-outlet.ts';

test('E88: what main read from TCP goes to its shard with address and connection, and holds nothing up when idle', () => {
  const rings = [allocateRing(), allocateRing()];
  const outlet = openTcpOutlet(rings);
  expect(outlet.shards).toBe(2);
  const [first, second] = rings.map((memory) => new RingReader(memory));
  const got: unknown[] = [];
  const drain = (reader: RingReader): void => {
    reader.drain(100, (kind, bytes, length, address, connection) =>
      got.push([kind, [...bytes.subarray(0, length)], [...address], connection]),
    );
  };
  drain(first!);
  expect(first!.horizonMs).toBe(Number.POSITIVE_INFINITY);
  expect(outlet.heartbeat(1, Uint8Array.of(9, 1, 2, 3, 9), 1, 3, '10.0.0.1', 7)).toBe(true);
  outlet.ended(1, 0x01020304, 0x05060708, 7, 'reset');
  outlet.ended(1, 0x01020304, 0x05060708, 8, 'closed');
  outlet.heartbeat(1, Uint8Array.of(4), 0, 1, 'no address', 9);
  outlet.drainedUpTo(5_000);
  drain(first!);
  expect(got).toEqual([]);
  expect(first!.horizonMs).toBe(5_000);
  drain(second!);
  const id = [1, 2, 3, 4, 5, 6, 7, 8];
  expect(got).toEqual([
    [RecordKind.message, [1, 2, 3], [0, 0, 0xffff, 0x0a000001], 7],
    [RecordKind.reset, id, [0, 0, 0, 0], 7],
    [RecordKind.closed, id, [0, 0, 0, 0], 8],
    [RecordKind.message, [4], [0, 0, 0, 0], 9],
  ]);
});

test('E88: what a full ring refuses is not dropped: the connection waits', () => {
  const ring = allocateRing(64 * 1024);
  const outlet = openTcpOutlet([ring]);
  const reader = new RingReader(ring);
  const beat = new Uint8Array(32);
  let taken = 0;
  while (outlet.heartbeat(0, beat, 0, 32, '10.0.0.1', 1)) taken++;
  expect(taken).toBeGreaterThan(1_000);
  for (let i = 0; i < 100; i++) expect(outlet.heartbeat(0, beat, 0, 32, '10.0.0.1', 1)).toBe(false);
  expect(reader.dropped).toBe(0);
  let read = 0;
  reader.drain(10_000, () => read++);
  expect(read).toBe(taken);
  expect(outlet.heartbeat(0, beat, 0, 32, '10.0.0.1', 1)).toBe(true);
});

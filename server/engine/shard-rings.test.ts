import { expect, test } from 'vitest';
import { allocateRing, RecordKind, RingReader, RingWriter } from './hand-over.ts';
import { ShardRings } from './shard-rings.ts';
import { SourceBook } from './source-book.ts';

const RING_BYTES = 64 * 1024;

test('E114: a shard vouches for no more than it has taken of what main handed over', () => {
  const fromOther = allocateRing(RING_BYTES);
  const fromMain = allocateRing(RING_BYTES);
  const toOther = allocateRing(RING_BYTES);
  const rings = new ShardRings(0, [fromOther, fromMain], [null, toOther], new SourceBook(16));
  const main = new RingWriter(fromMain);
  const other = new RingReader(toOther);
  const seenByOther = (): number => {
    other.drain(10, () => {});
    return other.horizonMs;
  };

  main.publish(1_000);
  main.put(RecordKind.message, new Uint8Array(32), 0, 32, new Uint32Array(4), 1);
  rings.share(5_000);
  expect(seenByOther()).toBe(0);
  rings.take(() => {});
  rings.share(5_000);
  expect(seenByOther()).toBe(1_000);
  main.publish(9_000);
  rings.take(() => {});
  rings.share(5_000);
  expect(seenByOther()).toBe(5_000);
});

import { expect, test } from 'vitest';
import { receiveBufferOf } from './receive-buffer.ts';

const MIB = 2 ** 20;
const received = { receiveBufferBytes: 416 * 1024, heartbeatsPerSecond: 100, kernelDrops: 0, shards: 1 };

test('a small buffer is no trouble while few heartbeats come', () => {
  expect(receiveBufferOf(received)).toEqual({
    bytes: 416 * 1024,
    heartbeats: 512,
    lastsMs: 5_120,
    isSmall: false,
  });
  expect(receiveBufferOf({ ...received, heartbeatsPerSecond: 0 })).toMatchObject({
    lastsMs: null,
    isSmall: false,
  });
});

test('it is small when it does not hold the heartbeats of a second, or when some were dropped', () => {
  expect(receiveBufferOf({ ...received, heartbeatsPerSecond: 513 }).isSmall).toBe(true);
  expect(receiveBufferOf({ ...received, heartbeatsPerSecond: 1_000, shards: 2 }).isSmall).toBe(false);
  expect(receiveBufferOf({ ...received, kernelDrops: 1 }).isSmall).toBe(true);
});

test('one as large as it was asked for is never advised to grow', () => {
  const large = { ...received, receiveBufferBytes: 128 * MIB, heartbeatsPerSecond: 1e6, kernelDrops: 9 };
  expect(receiveBufferOf(large)).toMatchObject({ isSmall: false, heartbeats: 161_319 });
});

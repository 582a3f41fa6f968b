import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { isThisMachine, type LoadOptions, planLoad } from './fleet-load.ts';

const SIZES = { beatBytes: 32, longestBytes: 120 };
const TAGGED = { beatBytes: 48, longestBytes: 136 };
const plan = (given: Partial<LoadOptions>, sizes = SIZES, why: string | null = null) =>
  planLoad({ perSecond: 10_000, relay: false, segment: 'auto', ...given }, sizes, why);
const shapeOf = (...args: Parameters<typeof plan>) => {
  const { beatsPerDatagram, datagramsPerMessage } = plan(...args).shape;
  return [beatsPerDatagram, datagramsPerMessage];
};

test('G97: segments are taken by themselves at rates that one by one cannot reach, and it says so', () => {
  expect(shapeOf({ perSecond: 250_000 })).toEqual([1, 1]);
  expect(plan({ perSecond: 250_000 }).words).toMatch(/one by one.*above 250,000 datagrams\/s.*--segment on/);
  expect(shapeOf({ perSecond: 250_001 })).toEqual([1, 64]);
  expect(plan({ perSecond: 250_001 }).words).toMatch(
    /64 datagrams a message \(UDP_SEGMENT\) because of the rate/,
  );
  // Of a relay what counts are its datagrams.
  expect(shapeOf({ perSecond: 46 * 250_000, relay: true })).toEqual([46, 1]);
});

test('G97: on and off are taken at their word, unless there is nothing to take', () => {
  expect(shapeOf({ segment: 'on' })).toEqual([1, 64]);
  expect(shapeOf({ segment: 'off', perSecond: 1_000_000 })).toEqual([1, 1]);
  expect(shapeOf({ segment: 'on' }, SIZES, 'no libc here')).toEqual([1, 1]);
  expect(plan({ segment: 'on' }, SIZES, 'no libc here').words).toMatch(/no segments, because no libc here/);
});

test('G96 G97: as many as fit: 46 beats in a datagram, 30 with tags, and no message over 65,507 bytes', () => {
  expect(shapeOf({ relay: true })).toEqual([46, 1]);
  expect(shapeOf({ relay: true }, TAGGED)).toEqual([30, 1]);
  for (const sizes of [SIZES, TAGGED]) {
    for (const relay of [false, true]) {
      const [beats, datagrams] = shapeOf({ relay, segment: 'on' }, sizes) as [number, number];
      expect(beats * sizes.beatBytes).toBeLessThanOrEqual(1_472);
      expect(beats * datagrams * sizes.beatBytes).toBeLessThanOrEqual(65_507);
      expect(datagrams).toBeLessThanOrEqual(64);
      expect(datagrams).toBeGreaterThan(40);
    }
  }
});

test('G99: what leaves together is due within 4 ms, within 1 ms in a large fleet', () => {
  for (const relay of [false, true]) {
    for (const segment of ['on', 'off'] as const) {
      for (const perSecond of [1, 1_000, 16_000, 20_000, 200_000, 1_000_000, 5_000_000]) {
        const { bucketMs } = plan({ perSecond, relay, segment });
        expect(bucketMs).toBeGreaterThanOrEqual(0.25);
        expect(bucketMs).toBeLessThanOrEqual(perSecond > 16_000 ? 1 : 4);
      }
    }
  }
  // One by one: 64 datagrams.
  expect(plan({ perSecond: 128_000 }).bucketMs).toBe(0.5);
});

test('G103: what is this machine, and what is a network', () => {
  for (const own of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    expect(isThisMachine(own)).toBe(true);
  for (const each of Object.values(networkInterfaces()).flat())
    expect(isThisMachine(each!.address)).toBe(true);
  for (const other of ['192.0.2.1', '128.0.0.1', '2001:db8::1', '::2', '12.7.0.1']) {
    expect(isThisMachine(other)).toBe(false);
  }
});

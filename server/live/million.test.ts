import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { HostState } from '#lib/protocol/host.ts';
import { LiveLog } from './live-log.ts';

const HOSTS = 1_000_000;
const WIRE_BYTES = 120_000;

/** As numbers, without chance: the same in every run. */
function scattered(i: number): number {
  return (Math.imul(i ^ 0x9e3779b9, 0x85ebca6b) >>> 0) / 2 ** 32;
}

describe('a million hosts', () => {
  test('L87: a snapshot with 3 % down in random places is at most 120 kB on every wire', () => {
    const log = new LiveLog({
      epoch: '0123456789abcdef',
      capacity: HOSTS,
      rates: () => ({ heartbeatsPerSecond: 0, blind: false }),
    });
    for (let i = 0; i < HOSTS; i++) {
      const slot = log.allotSlot(0)!;
      log.stageRestored(slot, scattered(i) < 0.03 ? HostState.down : HostState.up);
    }
    expect(log.publish(0)).toBe(true);
    expect(log.counts().down / HOSTS).toBeCloseTo(0.03, 3);
    const [snapshot] = log.framesFrom(null, 0);
    if (snapshot?.t !== 'S') throw new Error('no snapshot');
    // Polls and event streams carry it as base64.
    expect(Math.ceil(snapshot.data.length / 3) * 4).toBeLessThan(WIRE_BYTES);
    expect(Buffer.compare(gunzipSync(snapshot.data), log.states())).toBe(0);
  });
});

import { describe, expect, test, vi } from 'vitest';
import { DigestCheck } from './digest-check.ts';
import { LiveLog } from './live-log.ts';

describe('DigestCheck', () => {
  test('L6: recounts in slices again and again, and tells of each disagreement', async () => {
    const log = new LiveLog({
      epoch: '0123456789abcdef',
      capacity: 1_000,
      rates: () => ({ heartbeatsPerSecond: 0, blind: false }),
    });
    for (let i = 0; i < 1_000; i++) log.stageState(log.allotSlot(0)!, 2);
    log.publish(1);
    const told: number[] = [];
    const check = new DigestCheck({
      log,
      onMismatch: (count) => told.push(count),
      everyMs: 5,
      slotsPerSlice: 100,
    });
    await vi.waitFor(() => expect(check.recounts).toBeGreaterThanOrEqual(3));
    expect([check.mismatches, told]).toEqual([0, []]);
    log.states()[500] = 4; // what only a bug can do
    await vi.waitFor(() => expect(told).toEqual([1]));
    const { recounts } = check;
    await vi.waitFor(() => expect(check.recounts).toBeGreaterThan(recounts + 1));
    expect(check.mismatches).toBe(1);
    check.stop();
  });
});

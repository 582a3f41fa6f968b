import { afterEach, expect, test, vi } from 'vitest';
import type { HostPage } from '#lib/protocol/api.ts';
import type { Host } from '#lib/protocol/host.ts';
import { DescriptionCache, GATHER_MS, MAX_SLOTS_PER_CALL, REREAD_EVERY_MS } from './descriptions.ts';

const host = (slot: number, name = `host-${slot}`): Host => ({
  id: slot.toString(16).padStart(16, '0'),
  name,
  slot,
  state: 'up',
  acknowledged: false,
  maintenance: false,
  flapping: false,
  labels: {},
  intervalMs: 1_000,
  timeoutMs: 5_000,
  lastSeenAt: 1,
  changedAt: 1,
  reason: null,
  evidence: null,
  alertId: null,
  incarnation: null,
  lossRatio: null,
  recentBeats: null,
  source: null,
});

afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  vi.useFakeTimers();
  const calls: number[][] = [];
  let answer = (slots: readonly number[]): Host[] => slots.map((slot) => host(slot));
  const cache = new DescriptionCache(async (slots): Promise<HostPage> => {
    calls.push([...slots]);
    return { position: { e: '0'.repeat(16), s: 1 }, total: 0, hosts: answer(slots), nextCursor: null };
  });
  cache.start();
  return {
    cache,
    calls,
    answerWith: (next: typeof answer) => {
      answer = next;
    },
  };
}

test('C32: wishes of a moment go out as one call, each slot once, at most 500 a call', async () => {
  const { cache, calls } = setUp();
  let told = 0;
  cache.watch([1, 2, 3], () => told++);
  cache.watch([2, 3, 4], () => told++);
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(calls).toEqual([[1, 2, 3, 4]]);
  expect(told).toBe(2);
  expect(cache.get(4)!.name).toBe('host-4');
  const many = Array.from({ length: 1_200 }, (_, i) => 10 + i);
  cache.watch(many, () => {});
  await vi.advanceTimersByTimeAsync(2_000);
  expect(calls.slice(1).map((slots) => slots.length)).toEqual([MAX_SLOTS_PER_CALL, MAX_SLOTS_PER_CALL, 200]);
  cache.watch([1, 2], () => {});
  await vi.advanceTimersByTimeAsync(2_000);
  expect(calls.length).toBe(4);
});

test('C32: a slot that a frame names is read again while watched, and when it is watched again', async () => {
  const { cache, calls, answerWith } = setUp();
  const stop = cache.watch([1, 2], () => {});
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  answerWith((slots) => slots.map((slot) => host(slot, 'renamed')));
  cache.outdated([2, 3]);
  cache.outdated([2]);
  expect(cache.get(2)!.name).toBe('host-2');
  await vi.advanceTimersByTimeAsync(REREAD_EVERY_MS);
  expect(calls).toEqual([[1, 2], [2]]);
  expect([cache.get(1)!.name, cache.get(2)!.name]).toEqual(['host-1', 'renamed']);
  stop();
  stop();
  cache.outdated([1, 2]);
  cache.outdated(null);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(calls.length).toBe(2);
  answerWith(() => []);
  cache.watch([1], () => {});
  await vi.advanceTimersByTimeAsync(REREAD_EVERY_MS);
  expect(calls.at(-1)).toEqual([1]);
  expect(cache.get(1)).toBe(undefined);
});

test('C32: another epoch forgets all and reads what is watched', async () => {
  const { cache, calls } = setUp();
  cache.watch([1], () => {});
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  const version = cache.version;
  cache.forget();
  expect(cache.get(1)).toBe(undefined);
  expect(cache.version).toBeGreaterThan(version);
  await vi.advanceTimersByTimeAsync(REREAD_EVERY_MS);
  expect(calls).toEqual([[1], [1]]);
});

test('C32: failures are retried with backoff while watched, and stop ends them', async () => {
  const { cache, calls, answerWith } = setUp();
  answerWith(() => {
    throw new Error('down');
  });
  cache.watch([1], () => {});
  await vi.advanceTimersByTimeAsync(GATHER_MS + 1_000 + 2_000 + 4_000);
  expect(calls.length).toBe(4);
  answerWith((slots) => slots.map((slot) => host(slot)));
  await vi.advanceTimersByTimeAsync(8_000);
  expect(cache.get(1)!.slot).toBe(1);
  cache.outdated([1]);
  cache.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(calls.length).toBe(5);
});

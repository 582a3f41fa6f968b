import { describe, expect, test } from 'vitest';
import { HostState } from '../../lib/protocol/host.ts';
import { Detectors } from './detector/detectors.ts';
import { allocateShardMemory, openShardColumns, ROW_STATE, type ShardColumns } from './layout.ts';
import { ObservedClock } from './observed-clock.ts';
import { WheelExpiry } from './wheel-expiry.ts';

const POLICY = { misses: 5, minTimeoutMs: 500, maxTimeoutMs: 3_600_000 };
const ADAPTIVE = 1;
/** 1 s in units of 10 ms. */
const SECOND = 100;
const TIMEOUT_MS = 5_000;
const START_MS = 1_000_000;
const LIMIT = 4_096;

type Bench = { readonly columns: ShardColumns; readonly clock: ObservedClock; readonly wheel: WheelExpiry };

function wheelOf(hosts: number): Bench {
  const columns = openShardColumns(allocateShardMemory(hosts), hosts);
  const clock = new ObservedClock();
  clock.alive(START_MS);
  const detectors = new Detectors(POLICY, [
    { labels: [['d', 'x']], detector: { kind: 'adaptive', z: 8, floorMs: 2_000, capMs: 600_000 } },
  ]);
  return { columns, clock, wheel: new WheelExpiry(columns, detectors, clock) };
}

function stateOf({ columns }: Bench, row: number): number {
  return columns.state[row]! & ROW_STATE;
}

/** Looks every 50 ms up to an instant; when somebody went down, ms after the start. */
function turnTo({ clock, wheel }: Bench, fromMs: number, toMs: number): number[] {
  const downs: number[] = [];
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 50) {
    clock.alive(nowMs);
    wheel.expire(nowMs, 0, LIMIT, (_, state) => {
      if (state === HostState.down) downs.push(nowMs - START_MS);
    });
  }
  return downs;
}

test('E96: a limit of one finds one after the other, each once', () => {
  const bench = wheelOf(500);
  for (let row = 0; row < 500; row++)
    bench.wheel.enter(row, ADAPTIVE, SECOND, HostState.up, START_MS + row * 0.1);
  const verdicts: string[] = [];
  for (let nowMs = START_MS; nowMs <= START_MS + 6_000; nowMs += 200) {
    bench.clock.alive(nowMs);
    while (bench.wheel.expire(nowMs, 0, 1, (row, state) => verdicts.push(`${row} ${state}`)) === 1) {
      // Until nobody else is due.
    }
  }
  expect(verdicts).toHaveLength(1_000);
  expect(new Set(verdicts).size).toBe(1_000);
  for (let row = 0; row < 500; row++) expect(stateOf(bench, row)).toBe(HostState.down);
});

test('E96: when observed time steps back, because what came lately was next to nothing, nobody is found late', () => {
  for (const isAlone of [true, false]) {
    const bench = wheelOf(2);
    for (let nowMs = START_MS; nowMs <= START_MS + 20_000; nowMs += 50) {
      bench.clock.alive(nowMs);
      if (!isAlone && nowMs % 1_000 === 0) {
        if (nowMs === START_MS) bench.wheel.enter(1, ADAPTIVE, SECOND, HostState.up, nowMs);
        else bench.wheel.heard(1, SECOND, nowMs, false);
      }
      expect(bench.wheel.expire(nowMs, 0, LIMIT, () => {})).toBe(0);
    }
    // Twenty seconds are taken back; who beats now has its timeout and an interval more, and nothing else.
    bench.clock.blindFrom(START_MS + 10, START_MS + 20_010);
    bench.wheel.enter(0, ADAPTIVE, SECOND, HostState.up, START_MS + 20_020);
    let downAtMs = 0;
    for (let nowMs = START_MS + 20_050; downAtMs === 0 && nowMs < START_MS + 60_000; nowMs += 50) {
      bench.clock.alive(nowMs);
      bench.wheel.expire(nowMs, 0, LIMIT, (row, state) => {
        if (row === 0 && state === HostState.down) downAtMs = nowMs;
      });
    }
    expect(downAtMs - START_MS).toBe(26_050);
  }
});

test('E96: after years without anybody the next is found in its time', () => {
  const bench = wheelOf(2);
  bench.wheel.enter(0, ADAPTIVE, SECOND, HostState.up, START_MS);
  expect(turnTo(bench, START_MS, START_MS + 60_000)).toEqual([TIMEOUT_MS]);
  // A clock that knows of no blind span: all of it was watched.
  const laterMs = START_MS + 5 * 365 * 86_400_000;
  bench.wheel.enter(1, ADAPTIVE, SECOND, HostState.up, laterMs);
  expect(bench.wheel.expire(laterMs + TIMEOUT_MS - 1, 0, LIMIT, () => {})).toBe(1);
  expect(stateOf(bench, 1)).toBe(HostState.late);
  expect(bench.wheel.expire(laterMs + TIMEOUT_MS, 0, LIMIT, () => {})).toBe(1);
  expect(stateOf(bench, 1)).toBe(HostState.down);
});

describe('what nobody answers to', () => {
  test('E103: however often hosts come and go, the wheel keeps no more than twice what is in it', () => {
    const bench = wheelOf(1_000);
    let nowMs = START_MS;
    for (let round = 0; round < 1_500; round++) {
      nowMs += 0.01;
      for (let row = 0; row < 1_000; row++) {
        bench.wheel.enter(row, ADAPTIVE, 60_000, HostState.up, nowMs);
        bench.wheel.leave(row);
      }
    }
    // 1.5 million entries would be six megabytes and more.
    expect(bench.wheel.bytes).toBeLessThan(2_000_000);
    for (let row = 0; row < 1_000; row++) bench.wheel.enter(row, ADAPTIVE, SECOND, HostState.up, nowMs);
    const downs = turnTo(bench, START_MS + 50, START_MS + 20_000);
    expect(downs).toHaveLength(1_000);
    expect(downs.every((atMs) => atMs === TIMEOUT_MS + 50)).toBe(true);
  });

  test('E103: a bar that stands for long keeps one entry of each host it keeps up', () => {
    const bench = wheelOf(1_000);
    for (let row = 0; row < 1_000; row++) bench.wheel.enter(row, ADAPTIVE, SECOND, HostState.up, START_MS);
    for (let nowMs = START_MS; nowMs < START_MS + 900_000; nowMs += 200) {
      bench.clock.alive(nowMs);
      bench.wheel.expire(nowMs, 3_000, LIMIT, () => {});
    }
    expect(bench.wheel.bytes).toBeLessThan(600_000);
    expect(stateOf(bench, 0)).toBe(HostState.up);
    let found = 0;
    bench.wheel.expire(START_MS + 900_000, 0, LIMIT, () => found++);
    expect(found).toBe(1_000);
  });
});

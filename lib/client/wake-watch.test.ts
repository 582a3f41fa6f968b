import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WakeWatch } from './wake-watch.ts';

let nowMs: number;
let wallMs: number;
let woken: number[];
let watch: WakeWatch;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  [nowMs, wallMs, woken] = [10_000, 1_700_000_000_000, []];
  watch = new WakeWatch({ now: () => nowMs, wall: () => wallMs, onWake: (jumpMs) => woken.push(jumpMs) });
  watch.start();
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

/** One second of the timer, in which the clocks move so much. */
function second(steadyMs = 1_000, onWallMs = steadyMs): void {
  nowMs += steadyMs;
  wallMs += onWallMs;
  vi.advanceTimersByTime(1_000);
}

test('C47, C48: a page whose clocks go together is awake', () => {
  for (let i = 0; i < 60; i++) second(1_000 + (i % 3), 1_000 - (i % 5));
  second(2_900);
  expect(woken).toEqual([]);
});

test('C47, C48: a sleep, a clock that is set and a timer held back are noticed within a second, once', () => {
  second(1_000, 3_601_000);
  expect(woken).toEqual([3_600_000]);
  second();
  second(1_000, -3_599_000);
  expect(woken).toEqual([3_600_000, -3_600_000]);
  second();
  second(60_000);
  expect(woken).toEqual([3_600_000, -3_600_000, 0]);
  second();
  expect(woken).toHaveLength(3);
});

test('C48: it looks at once when asked to, and not at all before the start and after the stop', () => {
  wallMs += 5_000;
  watch.look();
  expect(woken).toEqual([5_000]);
  watch.stop();
  wallMs += 5_000;
  watch.look();
  vi.advanceTimersByTime(10_000);
  expect(woken).toEqual([5_000]);
  watch.start();
  second();
  expect(woken).toEqual([5_000]);
});

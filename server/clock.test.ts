import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { clockFrom, clockOrigin } from './clock.ts';

/** Runs in any thread: what a clock of this origin shows beyond the monotonic clock, by its tightest reading. */
const offsetOf = `(clock) => {
  let tightestMs = Infinity;
  let offsetMs = 0;
  for (let i = 0; i < 2000; i++) {
    const before = process.hrtime.bigint();
    const atMs = clock();
    const after = process.hrtime.bigint();
    if (Number(after - before) / 1e6 >= tightestMs) continue;
    tightestMs = Number(after - before) / 1e6;
    offsetMs = atMs - Number(before + after) / 2e6;
  }
  return offsetMs;
}`;

test('every thread reads the same clock, to a fraction of the millisecond instants are given in', async () => {
  const origin = clockOrigin();
  const here: number = new Function(`return ${offsetOf}`)()(clockFrom(origin));
  expect(Math.abs(here - origin.epochMinusMonotonicMs)).toBeLessThan(0.1);
  const clockUrl = new URL('./clock.ts', import.meta.url).href;
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(${JSON.stringify(clockUrl)}).then(({ clockFrom }) =>
      parentPort.postMessage((${offsetOf})(clockFrom(workerData))));`;
  for (let i = 0; i < 3; i++) {
    const [there] = (await once(new Worker(source, { eval: true, workerData: origin }), 'message')) as [
      number,
    ];
    expect(Math.abs(there - here)).toBeLessThan(0.1);
  }
});

test('it is the time of day at the start, and never steps back', () => {
  const clock = clockFrom(clockOrigin());
  expect(Math.abs(clock() - (performance.timeOrigin + performance.now()))).toBeLessThan(0.1);
  let beforeMs = clock();
  for (let i = 0; i < 1_000; i++) {
    const nowMs = clock();
    expect(nowMs).toBeGreaterThanOrEqual(beforeMs);
    beforeMs = nowMs;
  }
});

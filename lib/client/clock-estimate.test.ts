import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { CLOCK_WINDOW_MS, ClockEstimate, type ClockProbe } from './clock-estimate.ts';
import { CLOCK_BURST, ClockSampler } from './clock-sampler.ts';

/** A probe sent at c0 over ways that take so long, to a clock that is ahead by `offsetMs`. */
function probe(c0: number, offsetMs: number, thereMs: number, insideMs: number, backMs: number): ClockProbe {
  const s1 = c0 + thereMs + offsetMs;
  return { c0, s1, s2: s1 + insideMs, c3: c0 + thereMs + insideMs + backMs };
}

const wayMs = fc.double({ min: 0, max: 3_000, noNaN: true });
const NANOSECOND_MS = 1e-6;

test('C56: whatever the ways take, the true offset is within ± of the estimate, half the shortest round trip', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      fc.array(fc.tuple(wayMs, wayMs, wayMs), { minLength: 1, maxLength: 20 }),
      (offsetMs, ways) => {
        const estimate = new ClockEstimate();
        let nowMs = 1_000;
        for (const [thereMs, insideMs, backMs] of ways) {
          const made = probe(nowMs, offsetMs, thereMs, insideMs, backMs);
          estimate.add(made);
          nowMs = made.c3;
        }
        const reading = estimate.reading(nowMs)!;
        const shortestMs = Math.min(...ways.map(([thereMs, , backMs]) => thereMs + backMs));
        expect(reading.plusMinusMs).toBeCloseTo(shortestMs / 2, 4);
        expect(Math.abs(reading.offsetMs - offsetMs)).toBeLessThanOrEqual(
          reading.plusMinusMs + NANOSECOND_MS,
        );
      },
    ),
  );
});

test('C56: a probe counts for two minutes, so that the drift of the clocks is followed', () => {
  const estimate = new ClockEstimate();
  expect(estimate.reading(0)).toBe(null);
  estimate.add(probe(0, 500, 1, 0, 1));
  estimate.add(probe(60_000, 510, 10, 3, 10));
  expect(estimate.reading(60_023)).toEqual({ offsetMs: 500, plusMinusMs: 1 });
  expect(estimate.reading(CLOCK_WINDOW_MS + 3)).toEqual({ offsetMs: 510, plusMinusMs: 10 });
  expect(estimate.reading(60_023 + CLOCK_WINDOW_MS + 1)).toBe(null);
});

test('C56: of equal probes the newest counts, and after a reset none', () => {
  const estimate = new ClockEstimate();
  estimate.add(probe(0, 500, 4, 0, 4));
  estimate.add(probe(1_000, 503, 4, 0, 4));
  expect(estimate.reading(2_000)).toEqual({ offsetMs: 503, plusMinusMs: 4 });
  estimate.reset();
  expect(estimate.reading(2_000)).toBe(null);
});

test('C56: what the newest probe contradicts is over, however short its way was', () => {
  const estimate = new ClockEstimate();
  estimate.add(probe(0, 500, 1, 0, 1));
  estimate.add(probe(1_000, 513, 10, 0, 10));
  expect(estimate.reading(1_020)).toEqual({ offsetMs: 500, plusMinusMs: 1 });
  estimate.add(probe(2_000, 513.5, 10, 0, 10));
  expect(estimate.reading(2_020)).toEqual({ offsetMs: 513.5, plusMinusMs: 10 });
});

test.each([
  ['an answer before the question', { c0: 10, s1: 1, s2: 1, c3: 9 }],
  ['a server that answers before it is asked', { c0: 10, s1: 5, s2: 4, c3: 20 }],
  ['a server that took longer than the whole probe', { c0: 10, s1: 5, s2: 50, c3: 20 }],
  ['no number', { c0: 10, s1: Number.NaN, s2: 5, c3: 20 }],
  ['no end', { c0: 10, s1: Number.NEGATIVE_INFINITY, s2: 5, c3: 20 }],
])('C56: %s is no probe', (_, wrong) => {
  const estimate = new ClockEstimate();
  expect(estimate.add(wrong)).toBe(false);
  expect(estimate.reading(20)).toBe(null);
});

let http: Server | null = null;
let sampler: ClockSampler | null = null;
afterEach(() => {
  sampler?.stop();
  http?.closeAllConnections();
  http?.close();
});

const AHEAD_MS = 3_600_000;

/** A server whose clock is an hour ahead; `hold` keeps its answers back. */
async function startClock() {
  const asked: string[] = [];
  let held: (() => void)[] | null = null;
  http = createServer((request, response) => {
    asked.push(request.url!);
    const s1 = Date.now() + AHEAD_MS;
    const answer = (): unknown => response.end(JSON.stringify({ c0: 0, s1, s2: s1 }));
    if (held === null) answer();
    else held.push(answer);
  });
  await new Promise<void>((resolve) => http!.listen(0, '127.0.0.1', resolve));
  let awake = true;
  sampler = new ClockSampler({
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    now: () => Date.now(),
    awake: () => awake,
  });
  return {
    sampler,
    asked,
    hold: () => {
      held = [];
    },
    held: () => held!.length,
    answer: () => {
      const answers = held!;
      held = null;
      for (const answer of answers) answer();
    },
    sleep: () => {
      awake = false;
    },
  };
}

test('C57: nothing is known before eight probes in a row were answered', async () => {
  const { sampler, asked } = await startClock();
  expect(sampler.reading()).toBe(null);
  sampler.start();
  await vi.waitFor(() => expect(sampler.reading()).not.toBe(null), { timeout: 8_000, interval: 1 });
  expect(asked.length).toBe(CLOCK_BURST);
  expect(asked[0]).toMatch(/^\/rt\/clock\?c0=\d+\.\d{3}$/);
  const { offsetMs, plusMinusMs } = sampler.reading()!;
  // Date.now() counts whole ms.
  expect(Math.abs(offsetMs - AHEAD_MS)).toBeLessThanOrEqual(plusMinusMs + 1);
  sampler.stop();
  expect(sampler.reading()).toBe(null);
});

test.each(['stop', 'sleep'] as const)('C57: a probe under way at a %s is dropped', async (what) => {
  const { sampler, asked, hold, held, answer, sleep } = await startClock();
  hold();
  sampler.start();
  await vi.waitFor(() => expect(held()).toBe(1));
  if (what === 'stop') sampler.stop();
  else sleep();
  answer();
  // Another request over the same server: the answer before it has come by now.
  await fetch(`http://127.0.0.1:${(http!.address() as AddressInfo).port}/after`).then((r) => r.text());
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(asked.filter((url) => url.startsWith('/rt/clock')).length).toBe(1);
  expect(sampler.reading()).toBe(null);
});

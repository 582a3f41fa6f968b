import { expect, test } from 'vitest';
import { ShardProbe } from '../testing/shard-probe.ts';
import type { DetectorPolicies } from './policies.ts';

const POLICIES: DetectorPolicies = [
  { labels: [['d', 'radio']], detector: { kind: 'loss-window', received: 10, of: 20 } },
];

/** A host whose beats, 1 a second, arrive (1) or do not (0). */
function heardAs(probe: ShardProbe, pattern: string, firstSeq: number): void {
  [...pattern].forEach((arrived, i) => {
    if (arrived === '1') probe.hello('a', { d: 'radio' }, { seq: firstSeq + i });
    if (i < pattern.length - 1) probe.pass(1_000);
  });
}

function silenceUntilDown(probe: ShardProbe): number {
  const fromMs = probe.nowMs;
  while (probe.state('a') !== 'down') probe.pass(10);
  return probe.nowMs - fromMs;
}

test.each([
  '1',
  '11111111111111111111',
  '10111011111110111111',
  '11111111110000000001',
  '01010101010101010101',
])('E98: after %s it is down as soon as fewer than 10 of 20 can have arrived', (pattern) => {
  const probe = new ShardProbe({ policies: POLICIES });
  heardAs(probe, '1'.repeat(30), 1);
  probe.pass(1_000);
  heardAs(probe, pattern, 31);
  let expected = '1'.repeat(30) + pattern;
  let missed = 0;
  do {
    missed++;
    expected += '0';
  } while (expected.slice(-20).replaceAll('0', '').length >= 10);
  expect(silenceUntilDown(probe)).toBe((missed + 0.5) * 1_000);
});

test('E98: the first it was ever heard by is no loss: then 11 in a row may be missed', () => {
  const probe = new ShardProbe({ policies: POLICIES });
  heardAs(probe, '1', 500);
  expect(silenceUntilDown(probe)).toBe(11_500);
});

test('E98: an outage that is over is no loss: a host that came up again has its whole window', () => {
  const probe = new ShardProbe({ policies: POLICIES });
  heardAs(probe, '1'.repeat(30), 1);
  expect(silenceUntilDown(probe)).toBe(11_500);
  probe.pass(48_500);
  // The 59 beats between were sent and lost.
  heardAs(probe, '1', 90);
  expect(silenceUntilDown(probe)).toBe(11_500);
});

test('E98: a beat that arrives late fills the window and puts the verdict off', () => {
  const probe = new ShardProbe({ policies: POLICIES });
  heardAs(probe, '1'.repeat(20), 1);
  probe.pass(8_000);
  probe.hello('a', { d: 'radio' }, { seq: 29 });
  probe.pass(3_000);
  for (let seq = 21; seq < 29; seq++) probe.hello('a', { d: 'radio' }, { seq });
  expect(silenceUntilDown(probe)).toBe(11_500 - 3_000);
});

test('E98: without seqs arrivals are counted by elapsed intervals', () => {
  const probe = new ShardProbe({ policies: POLICIES });
  const beat = (): string => probe.text('a d=radio');
  for (let i = 0; i < 30; i++) {
    beat();
    probe.pass(1_000 + (i % 2 === 0 ? 180 : -180));
  }
  beat();
  for (let i = 0; i < 10; i++) {
    probe.pass(2_000);
    beat();
  }
  expect(probe.events.filter(({ kind }) => kind === 'down')).toEqual([]);
  // Ten of the newest twenty intervals brought one, the oldest none: two more without leave nine.
  expect(silenceUntilDown(probe)).toBe(2_500);
  expect(probe.read('a')).toMatchObject({ seen64: null, expectedBeats: 0, lostBeats: 0 });
});

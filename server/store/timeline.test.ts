import { describe, expect, test } from 'vitest';
import type { HostEventKind } from '#lib/protocol/host.ts';
import { availabilityOf, type Run, type TimelineEvent, timelineOf } from './timeline.ts';

const ALWAYS: readonly Run[] = [
  { startedAtMs: Number.NEGATIVE_INFINITY, aliveAtMs: Number.POSITIVE_INFINITY },
];
const query = { hostId: '00000000000000a1', fromMs: 0, toMs: 100, buckets: 1, present: 'up' } as const;

/** As they happened; the fold takes them newest first. */
const fold = (events: readonly [number, HostEventKind, boolean?][], over: object = {}, runs = ALWAYS) =>
  timelineOf(
    { ...query, ...over },
    events.map(([at, kind, named = false]) => ({ at, kind, named })).reverse(),
    runs,
  );

test.each([
  ['registered', [70, 0, 0, 30]],
  ['up', [70, 30, 0, 0]],
  ['down', [30, 70, 0, 0]],
  ['left', [30, 0, 70, 0]],
  ['restarted', [100, 0, 0, 0]],
  ['returned', [70, 0, 0, 30]],
  ['removed', [0, 0, 0, 100]],
] as const)('S8, S10: a lone %s event says what was before and after it', (kind, expected) => {
  expect(fold([[30, kind]]).buckets).toEqual([expected]);
});

test('S10: acknowledgements say nothing of the state', () => {
  expect(fold([[30, 'acknowledged']], { present: 'left' }).buckets).toEqual([[0, 0, 100, 0]]);
  expect(
    fold([
      [-5, 'down'],
      [30, 'unacknowledged'],
    ]).buckets,
  ).toEqual([[0, 100, 0, 0]]);
});

test('S10: an event after the window says what was in it; one before it holds until the next', () => {
  expect(fold([[150, 'up']]).buckets).toEqual([[0, 100, 0, 0]]);
  expect(
    fold([
      [-50, 'down'],
      [150, 'up'],
    ]),
  ).toEqual({ buckets: [[0, 100, 0, 0]], downs: 0 });
});

test('S9: what no run saw is unknown, also across an outage, and overlapping runs count once', () => {
  const runs = [
    { startedAtMs: 60, aliveAtMs: 200 },
    { startedAtMs: -100, aliveAtMs: 20 },
    { startedAtMs: -50, aliveAtMs: 40 },
  ];
  expect(
    fold(
      [
        [-60, 'up'],
        [30, 'down'],
      ],
      {},
      runs,
    ).buckets,
  ).toEqual([[30, 50, 0, 20]]);
  expect(fold([[-60, 'up']], {}, []).buckets).toEqual([[0, 0, 0, 100]]);
});

test('S11: availability is that of the time known to be up or down', () => {
  expect(
    availabilityOf([
      [30, 10, 5, 5],
      [0, 0, 50, 0],
    ]),
  ).toBe(0.75);
  expect(availabilityOf([[0, 0, 10, 20]])).toBeNull();
});

test('downs are counted within the window alone', () => {
  expect(
    fold([
      [-1, 'down'],
      [5, 'up'],
      [10, 'down'],
      [20, 'up'],
      [99, 'down'],
      [100, 'down'],
    ]).downs,
  ).toBe(2);
});

describe('against one look at every millisecond', () => {
  const KINDS: HostEventKind[] = ['registered', 'up', 'down', 'left', 'restarted', 'returned', 'removed'];
  const AFTER = { registered: 0, up: 0, down: 1, left: 2, restarted: 0, returned: 0, removed: 3 } as const;
  const BEFORE = { registered: 3, up: 1, down: 0, left: 0, restarted: 0, returned: 3, removed: 3 } as const;

  const seeded = (seed: number) => () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };

  const looked = (events: readonly TimelineEvent[], runs: readonly Run[], buckets: number) => {
    const totals = Array.from({ length: buckets }, () => [0, 0, 0, 0]);
    for (let ms = 0; ms < 240; ms++) {
      const last = events.findLast(({ at }) => at <= ms);
      const first = events[0];
      const state =
        last !== undefined
          ? AFTER[last.kind as keyof typeof AFTER]
          : first !== undefined
            ? BEFORE[first.kind as keyof typeof BEFORE]
            : 0;
      const watched = runs.some(({ startedAtMs, aliveAtMs }) => startedAtMs <= ms && ms < aliveAtMs);
      totals[Math.floor(ms / (240 / buckets))]![watched ? state : 3]! += 1;
    }
    return totals;
  };

  test('S8, S9, S10, S11: 500 seeded histories', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = seeded(seed);
      const instants = Array.from(
        { length: Math.floor(random() * 8) },
        () => Math.floor(random() * 340) - 50,
      );
      const events = instants
        .sort((a, b) => a - b)
        .map((at) => ({ at, kind: KINDS[Math.floor(random() * KINDS.length)]!, named: false }));
      const runs = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
        const startedAtMs = Math.floor(random() * 240) - 20;
        return { startedAtMs, aliveAtMs: startedAtMs + Math.floor(random() * 200) };
      });
      const buckets = [1, 2, 8, 24][Math.floor(random() * 4)]!;
      const { buckets: folded } = timelineOf({ ...query, toMs: 240, buckets }, events.toReversed(), runs);
      expect(folded, `seed ${seed}`).toEqual(looked(events, runs, buckets));
    }
  });
});

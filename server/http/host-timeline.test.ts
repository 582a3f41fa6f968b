/** One host: its past as the store tells it, and what "not heard in this run" looks like. */
import { expect, test } from 'vitest';
import { HostState } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import type { TimelineQuery, TimelineResult } from '../store/store.ts';
import { apiAlone } from '../testing/api-alone.ts';

const NOW_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;

function withPast(answer: (query: TimelineQuery) => TimelineResult) {
  const asked: TimelineQuery[] = [];
  const alone = apiAlone({ nowMs: () => NOW_MS });
  alone.context.store.timeline = async (query) => {
    asked.push(query);
    return answer(query);
  };
  return { ...alone, asked };
}

test('H59: availability is the share up of the time known, over a day, a week and a month', async () => {
  const day = (up: number, down: number) => [up, down, 5, 7] as const;
  let days: readonly (readonly [number, number, number, number])[] = [];
  const { ask, add, asked } = withPast(() => ({ buckets: days, downs: 1 }));
  add('web-1');
  const read = async () => (await ask('/api/hosts/web-1')).body.availability;
  days = [...Array(23).fill(day(10, 30)), ...Array(6).fill(day(30, 10)), day(10, 0)];
  expect(await read()).toEqual({ '24h': 1, '7d': 190 / 250, '30d': 420 / 1_170 });
  days = [...Array(29).fill(day(10, 0)), day(0, 0)];
  expect(await read()).toEqual({ '24h': null, '7d': 1, '30d': 1 });
  days = Array(30).fill(day(0, 0));
  expect(await read()).toEqual({ '24h': null, '7d': null, '30d': null });
  expect(asked[0]).toEqual({
    hostId: hostIdHex('web-1'),
    fromMs: NOW_MS - 720 * HOUR_MS,
    toMs: NOW_MS,
    buckets: 30,
    present: 'up',
  });
});

test('H60: the timeline has as many stretches as asked, of the span asked, and its own availability', async () => {
  const { ask, add, asked } = withPast(({ buckets }) => ({
    buckets: Array.from({ length: buckets }, () => [30, 10, 0, 0] as const),
    downs: 2,
  }));
  add('web-1', HostState.down);
  const from = NOW_MS - 10 * HOUR_MS;
  const { body } = await ask(`/api/hosts/web-1/timeline?from=${from}&to=${NOW_MS - HOUR_MS}&buckets=9`);
  expect(body).toMatchObject({
    hostId: hostIdHex('web-1'),
    from,
    to: NOW_MS - HOUR_MS,
    downs: 2,
    availability: 0.75,
  });
  expect(body.buckets).toHaveLength(9);
  expect(asked[0]).toMatchObject({ present: 'down', buckets: 9 });
  // Without a span: the last day. What lies ahead is nobody's to know.
  const { body: day } = await ask(`/api/hosts/web-1/timeline?to=${NOW_MS + HOUR_MS}`);
  expect([day.from, day.to, day.buckets.length]).toEqual([NOW_MS - 24 * HOUR_MS, NOW_MS, 96]);
});

test.each([
  ['buckets=0', 'buckets is "0"'],
  ['buckets=501', 'buckets is "501"; it takes a whole number from 1 to 500'],
  [`from=${NOW_MS}`, 'from is 1700000000000; it takes an instant before to'],
  [`from=${NOW_MS + 1}`, 'from is '],
  [`from=${NOW_MS - 10}&buckets=11`, 'from is '],
  ['from=0', 'by ten years at most'],
  ['bucket=1', 'bucket is not a parameter here'],
])('H60: %s is refused', async (query, detail) => {
  const { ask, add, asked } = withPast(() => ({ buckets: [], downs: 0 }));
  add('web-1');
  const answer = await ask(`/api/hosts/web-1/timeline?${query}`);
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } });
  expect(answer.body.detail).toContain(detail);
  expect(asked).toEqual([]);
});

test('H60: a removed host has one while its history is stored; one that never was has none', async () => {
  const { ask, store, asked } = withPast(() => ({ buckets: [[1, 1, 0, 0]], downs: 1 }));
  const hostId = hostIdHex('gone');
  const event = { at: 5, hostId, host: 'gone', reason: null, evidence: null, by: 'ada' };
  await store.append({ events: [{ ...event, kind: 'removed' }] }, 'history');
  expect((await ask('/api/hosts/gone/timeline')).body).toMatchObject({ hostId, downs: 1 });
  expect(asked[0]).toMatchObject({ hostId, present: 'absent' });
  for (const nameOrId of ['never', 'f'.repeat(16), '%00', '__proto__']) {
    expect((await ask(`/api/hosts/${nameOrId}/timeline`)).status, nameOrId).toBe(404);
  }
});

test.each([
  [HostState.up, 'up'],
  [HostState.late, 'up'],
  [HostState.pending, 'up'],
  [HostState.down, 'down'],
  [HostState.left, 'left'],
] as const)('H60: of a host in state %i the store is told that it is %s', async (state, present) => {
  const { ask, add, asked } = withPast(() => ({ buckets: [[0, 0, 0, 1]], downs: 0 }));
  add('web-1', state);
  expect((await ask('/api/hosts/web-1/timeline?buckets=1')).body.availability).toBeNull();
  expect(asked[0]!.present).toBe(present);
});

test('H58: a host that was not heard in this run was last seen at no time, and sorts so', async () => {
  const { ask, add } = apiAlone();
  add('heard', HostState.up, {}, { lastSeenAtMs: 1_000 });
  add('unheard', HostState.pending, {}, { lastSeenAtMs: 2_000, heard: false });
  const { hosts } = (await ask('/api/hosts?sort=lastSeenAt')).body;
  expect(
    hosts.map(({ name, lastSeenAt }: { name: string; lastSeenAt: unknown }) => [name, lastSeenAt]),
  ).toEqual([
    ['unheard', null],
    ['heard', 1_000],
  ]);
});

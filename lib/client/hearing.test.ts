import { expect, test } from 'vitest';
import type { Health } from '#lib/protocol/api.ts';
import { ALL_HEARD, type HealthDue, hearingOf, isHealthDue } from './hearing.ts';

/** As far as hearing goes; an older server says less. */
const answer = (ingest: Partial<Health['ingest']>): Pick<Health, 'ingest'> => ({
  ingest: ingest as Health['ingest'],
});
const WELL = {
  blind: false,
  blindMs: 0,
  blindLastMinuteMs: 0,
  degraded: false,
  dropShare: 0,
  misses: 5,
  missesSet: 5,
};

test('C86: doubt is what the newer says, the answer or the beat; until one is there nobody doubts', () => {
  expect(hearingOf(null, null)).toEqual(ALL_HEARD);
  expect(hearingOf(null, true).inDoubt).toBe(true);
  expect(hearingOf(answer(WELL), null).inDoubt).toBe(false);
  expect(hearingOf(answer(WELL), true).inDoubt).toBe(true);
  for (const trouble of [{ blind: true }, { degraded: true }]) {
    expect(hearingOf(answer({ ...WELL, ...trouble }), null).inDoubt).toBe(true);
    expect(hearingOf(answer({ ...WELL, ...trouble }), false).inDoubt).toBe(false);
  }
});

test('C86: the bar in force, the share that is lost and the time nobody could be heard are told as they are', () => {
  const raised = { ...WELL, degraded: true, dropShare: 0.12, misses: 9, blindLastMinuteMs: 3_100 };
  expect(hearingOf(answer(raised), null)).toEqual({
    inDoubt: true,
    blindLastMinuteMs: 3_100,
    dropShare: 0.12,
    misses: 9,
    missesSet: 5,
    judgesNobody: false,
  });
  expect(hearingOf(answer({ ...raised, dropShare: 0.9 }), null).judgesNobody).toBe(false);
  expect(hearingOf(answer({ ...raised, dropShare: 0.91 }), null).judgesNobody).toBe(true);
});

test('C86: an older server, which tells of blindness alone, is no trouble', () => {
  expect(hearingOf(answer({ blind: false, blindMs: 0 }), null)).toEqual(ALL_HEARD);
  expect(hearingOf(answer({ blind: true, blindMs: 5 }), null)).toEqual({ ...ALL_HEARD, inDoubt: true });
});

/** After how many ms since the last reading it is due. */
function dueAfterMs(due: Partial<HealthDue>, toldEveryMs: number | null = null): number {
  for (let nowMs = 0; nowMs < 60_000; nowMs += 250) {
    const toldAtMs = toldEveryMs === null ? null : nowMs - (nowMs % toldEveryMs);
    if (
      isHealthDue({ nowMs, readAtMs: 0, toldAtMs, told: false, changedSince: false, inDoubt: false, ...due })
    )
      return nowMs;
  }
  return Number.POSITIVE_INFINITY;
}

test('C87: health is read at the start, every 15 s while beats tell that all is well, every 4 s where none comes', () => {
  expect(
    isHealthDue({
      nowMs: 0,
      readAtMs: null,
      toldAtMs: null,
      told: false,
      changedSince: false,
      inDoubt: false,
    }),
  ).toBe(true);
  expect(dueAfterMs({}, 5_000)).toBe(15_000);
  expect(dueAfterMs({})).toBe(4_000);
  // A fleet that begins to change: the last beat tells of before.
  expect(dueAfterMs({ toldAtMs: 3_900, changedSince: true })).toBe(4_000);
  expect(dueAfterMs({ toldAtMs: -100 })).toBe(6_000);
});

test('C87: a beat that tells of doubt has it read at once, and doubt every 2 s, so that it is shown within 5 s', () => {
  expect(dueAfterMs({ toldAtMs: 1, told: true })).toBe(500);
  expect(dueAfterMs({ inDoubt: true })).toBe(2_000);
  expect(dueAfterMs({ inDoubt: true }, 5_000)).toBe(2_000);
  // It said so before the answer, which may know better.
  expect(dueAfterMs({ toldAtMs: -1, told: true })).toBeGreaterThanOrEqual(4_000);
});

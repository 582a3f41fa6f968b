/** The small pure parts: settings, totals, the log of changes, gaps, the record of a lane, exports. */
import { expect, test } from 'vitest';
import type { ChangedTick, MeterReading } from '#lib/protocol/api.ts';
import { TRANSPORTS } from '../ladder.ts';
import { INITIAL_LINK, type Link } from '../view-store.ts';
import { ChangeLog, MAX_TICKS } from './change-log.ts';
import { comparisonCsv, comparisonJson } from './comparison-export.ts';
import { DEFAULT_SETTINGS, withinLimits } from './comparison-settings.ts';
import type { ComparisonState, Lane } from './comparison-state.ts';
import { GapCount } from './gap-count.ts';
import { LaneRecord } from './lane-record.ts';
import { RunningTotals } from './running-totals.ts';

const E = '0123456789abcdef';
const OTHER = 'fedcba9876543210';

test.each([
  [{ pollMs: 1 }, { pollMs: 250 }],
  [{ pollMs: 1e9 }, { pollMs: 60_000 }],
  [{ pollMs: Number.NaN }, { pollMs: 2_000 }],
  [{ changesPerSecond: -1 }, { changesPerSecond: 0 }],
  [{ changesPerSecond: Number.POSITIVE_INFINITY }, { changesPerSecond: 1_000 }],
  [{ changesPerSecond: 2.4 }, { changesPerSecond: 2 }],
  [{ delayMs: 5_000 }, { delayMs: 2_000 }],
  [{ cutEveryS: 1 }, { cutEveryS: 3 }],
  [{ cutEveryS: 0 }, { cutEveryS: 0 }],
  [{ transports: ['polling', 'sse', 'polling'] as const }, { transports: ['sse', 'polling'] }],
  [{ transports: [] }, { transports: TRANSPORTS }],
  [{ transports: ['carrier pigeon' as 'sse'] }, { transports: TRANSPORTS }],
  [{}, {}],
])('C70: %j becomes %j', (wanted, got) => {
  expect(withinLimits(DEFAULT_SETTINGS, wanted)).toEqual({ ...DEFAULT_SETTINGS, ...got });
});

test('C67: totals go on when the counters begin anew, and begin anew when they are reset', () => {
  const totals = new RunningTotals(['requests', 'bytes']);
  totals.update({ requests: 3, bytes: 300 });
  totals.update({ requests: 4, bytes: 100 });
  expect(totals.totals()).toEqual({ requests: 7, bytes: 400 });
  totals.renew();
  totals.update({ requests: 9, bytes: 900 });
  expect(totals.totals()).toEqual({ requests: 16, bytes: 1_300 });
  totals.reset();
  expect(totals.totals()).toEqual({ requests: 0, bytes: 0 });
  totals.update({ requests: 10, bytes: 950 });
  expect(totals.totals()).toEqual({ requests: 1, bytes: 50 });
});

const tick = (s: number, ...instants: number[]): ChangedTick => [s, s * 100, instants.map((at) => [at, 1])];
const instantsOf = (log: ChangeLog, f: number, to: number): number[] =>
  [...log.between(f, to)].map(([at]) => at);

test('C63: the log gives the changes of the ticks after f up to s, told in pieces, each tick once', () => {
  const log = new ChangeLog();
  expect(log.newest).toBe(null);
  log.add({ e: E, s: 9, from: 1, ticks: [tick(3, 31, 32), tick(4), tick(5, 51)] });
  // Cut off by the server: what it did not tell of is still to come.
  expect(log.newest).toBe(5);
  log.add({ e: E, s: 6, from: 1, ticks: [tick(5, 51), tick(6, 61)] });
  log.add({ e: E, s: 6, from: 1, ticks: [] });
  expect(log.newest).toBe(6);
  expect(instantsOf(log, 2, 6)).toEqual([31, 32, 51, 61]);
  expect(instantsOf(log, 3, 5)).toEqual([51]);
  expect(instantsOf(log, 5, 5)).toEqual([]);
  expect(instantsOf(log, 6, 99)).toEqual([]);
});

test('C63: another epoch ends what was known, and is asked for from its beginning', () => {
  const log = new ChangeLog();
  log.add({ e: E, s: 50, from: 1, ticks: [tick(50, 501)] });
  log.add({ e: OTHER, s: 7, from: 1, ticks: [] });
  expect([log.epoch, log.newest, instantsOf(log, 0, 99)]).toEqual([null, null, []]);
  log.add({ e: OTHER, s: 7, from: 1, ticks: [tick(6, 61), tick(7, 71)] });
  expect([log.epoch, log.newest, instantsOf(log, 0, 99)]).toEqual([OTHER, 7, [61, 71]]);
});

test('C63: the log holds so many ticks, the newest', () => {
  const log = new ChangeLog();
  const ticks = Array.from({ length: MAX_TICKS + 5 }, (_, i) => tick(i + 1, i + 1));
  log.add({ e: E, s: ticks.length, from: 1, ticks });
  expect(instantsOf(log, 0, 6)).toEqual([6]);
  expect(instantsOf(log, 0, 1e9).length).toBe(MAX_TICKS);
});

test.each([
  ['diffs that join', ['S1', 'D1-2', 'D1-3', 'B3'], 0],
  ['a diff from further on', ['S1', 'D2-3'], 1],
  ['a beat from further on', ['S1', 'B2'], 1],
  ['a gap that lasts', ['S1', 'D2-3', 'D3-4'], 2],
  ['a gap that a snapshot ends', ['S1', 'D2-3', 'S3', 'D3-4'], 1],
  ['nothing to be missed yet', ['D2-3', 'B3'], 0],
  ['another epoch', ['S1', 'D7-8 of the other'], 0],
  ['no frame at all', [null, 7, { t: 'D' }], 0],
])('C69: %s', (_, values, gaps) => {
  const count = new GapCount();
  for (const value of values) {
    if (typeof value !== 'string') {
      count.arrived(value);
      continue;
    }
    const [numbers, other] = value.slice(1).split(' of ');
    const at = numbers!.split('-').map(Number);
    count.arrived({ t: value[0], e: other === undefined ? E : OTHER, f: at[0], s: at.at(-1) });
  }
  expect(count.count).toBe(gaps);
});

const live: Link = { ...INITIAL_LINK, status: 'live', transport: 'polling', mode: 'polling' };
const reading: MeterReading = {
  meter: E,
  transport: 'polling',
  requests: 10,
  bytesUp: 3_000,
  bytesDown: 5_000,
  wastedBytes: 2_000,
  frames: 10,
  updates: 6,
  emptyAnswers: 4,
};
const clock = { offsetMs: 1_000, plusMinusMs: 0.5 };

test('C67: a lane shows what the server counted, and nothing before it did', () => {
  const record = new LaneRecord('polling');
  expect(record.lane(live, null)).toMatchObject({
    requests: null,
    bytesUp: null,
    wastedShare: null,
    updates: 0,
  });
  record.meter(reading);
  record.count({ ...live, resyncs: 2, reconnects: 3 }, 1);
  const counts = { requests: 10, updates: 6, emptyAnswers: 4, gaps: 1, resyncs: 2, reconnects: 3 };
  expect(record.lane(live, null)).toMatchObject({
    ...counts,
    bytesUp: 3_000,
    bytesDown: 5_000,
    wastedShare: 0.25,
  });
  // The lane was connected anew, under another name: the server begins at 0.
  record.newConnection();
  record.count(live, 0);
  record.meter({ ...reading, requests: 11 });
  expect(record.lane(live, null)).toMatchObject({ requests: 21, bytesDown: 10_000, gaps: 1, reconnects: 3 });
  record.reset();
  expect(record.lane(live, null)).toMatchObject({ requests: null, updates: 0, gaps: 0, samples: 0 });
  record.meter({ ...reading, requests: 12 });
  expect(record.lane(live, null)).toMatchObject({ requests: 1, bytesUp: 0, wastedShare: null });
});

test('C68: the age of the view is taken on the server’s clock, at its worst just before a frame renews it', () => {
  const record = new LaneRecord('polling');
  const ages = () => {
    const { freshnessMs, worstFreshnessMs } = record.lane(live, null);
    return [freshnessMs, worstFreshnessMs];
  };
  record.freshness(0, 500, clock, 0);
  record.freshness(1_400, 500, null, 0);
  expect(ages()).toEqual([null, null]);
  record.freshness(1_400, 500, clock, 0);
  expect(ages()).toEqual([100, 100]);
  record.freshness(3_390, 2_400, clock, 0);
  expect(ages()).toEqual([10, 2_000]);
  record.freshness(3_390, 2_500, clock, 0);
  expect(ages()).toEqual([110, 2_000]);
});

test('C68: a view that is old because the page slept or was hidden is not held against the transport', () => {
  const record = new LaneRecord('polling');
  record.freshness(1_400, 500, clock, 0);
  // The page slept, woke at 60,000 and does not know the clock; then it does, before the first frame.
  record.freshness(1_400, 60_000, null, 60_000);
  record.freshness(1_400, 60_100, clock, 60_000);
  expect(record.lane(live, null)).toMatchObject({ freshnessMs: 59_700, worstFreshnessMs: 100 });
  record.freshness(61_110, 60_120, clock, 60_000);
  record.freshness(61_110, 60_420, clock, 60_000);
  expect(record.lane(live, null)).toMatchObject({ freshnessMs: 310, worstFreshnessMs: 310 });
});

test.each([
  ['hidden', 'hidden', live],
  [null, null, live],
  ['lease', null, { ...live, transport: 'sse' as const }],
  ['link', null, { ...live, status: 'reconnecting' as const }],
  ['link', null, INITIAL_LINK],
] as const)('C60: a lane says %s when the page says %s', (bar, pageBar, link) => {
  expect(new LaneRecord('polling').lane(link, pageBar).bar).toBe(bar);
});

const lane: Lane = {
  ...new LaneRecord('polling').lane({ ...live, problemDetail: 'a, "b"' }, null),
  samples: 2,
  applied: { p50: 1.23456, p95: 2, p99: 3, max: -0.25 },
  requests: 10,
  wastedShare: 0.25,
};
const state: ComparisonState = {
  phase: 'running',
  problem: null,
  elapsedMs: 12_345.6789,
  settings: DEFAULT_SETTINGS,
  clock,
  lanes: [lane, { ...lane, transport: 'sse', applied: null }],
};

test('C73: CSV is a header and a line a lane, CRLF, with units, settings and the clock’s ±', () => {
  const csv = comparisonCsv(state);
  const lines = csv.split('\r\n');
  expect(lines.length).toBe(4);
  expect(lines[3]).toBe('');
  const header = lines[0]!.split(',');
  const cells = lines.slice(1, 3).map((line) => line.split(','));
  expect(cells.map((row) => row.length)).toEqual([header.length, header.length]);
  const at = (row: number, name: string): string => cells[row]![header.indexOf(name)]!;
  expect([at(0, 'transport'), at(0, 'applied_p50_ms'), at(0, 'applied_max_ms')]).toEqual([
    'polling',
    '1.235',
    '-0.25',
  ]);
  expect([at(1, 'transport'), at(1, 'applied_p50_ms'), at(1, 'up_bytes')]).toEqual(['sse', '', '']);
  expect([at(0, 'elapsed_s'), at(0, 'clock_plus_minus_ms'), at(0, 'poll_interval_ms')]).toEqual([
    '12.346',
    '0.5',
    '2000',
  ]);
  expect(comparisonCsv({ ...state, lanes: [] })).toBe('');
});

test('C73: a CSV field with a comma, a quote or a line break is quoted (RFC 4180)', () => {
  const odd = { ...lane, transport: 'a "b",\r\nc' as 'sse' };
  expect(
    comparisonCsv({ ...state, lanes: [odd] })
      .split('\r\n')
      .slice(1)
      .join('\r\n'),
  ).toMatch(/^"a ""b"",\r\nc",polling,live,/);
});

test('C73: JSON is everything, the samples among it', () => {
  const samples = [{ changedAtMs: 1_700_000_000_000.25, appliedMs: 3, paintedMs: null, count: 2 }];
  const whole = JSON.parse(comparisonJson(state, [samples, []]));
  expect(whole).toMatchObject({ settings: { pollMs: 2_000 }, clock, elapsedMs: 12_345.679 });
  expect(whole.lanes[0]).toMatchObject({ transport: 'polling', samples: 2, link: { status: 'live' } });
  expect(whole.lanes[0].latencySamples).toEqual([{ ...samples[0], changedAtMs: 1_700_000_000_000.25 }]);
  expect(whole.distributionEdgesMs.length + 1).toBe(whole.lanes[0].distribution.length);
});

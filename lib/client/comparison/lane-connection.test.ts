import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChangedTick } from '#lib/protocol/api.ts';
import type { Transport } from '../ladder.ts';
import type { OpenSources, SourceOptions } from '../source.ts';
import { ModelServer } from '../testing/model-server.ts';
import { ChangeLog } from './change-log.ts';
import { LaneConnection } from './lane-connection.ts';
import { SimulatedTrouble } from './simulated-trouble.ts';

const AHEAD_MS = 1_000_000;
const clock = { offsetMs: AHEAD_MS, plusMinusMs: 0.5 };

let nowMs = 0;
let counts = true;
let draws = false;
let painted: ((atMs: number) => void)[] = [];
let model: ModelServer;
let log: ChangeLog;
let lane: LaneConnection;
let opened: SourceOptions[] = [];

beforeEach(() => {
  nowMs = 10_000;
  counts = true;
  draws = false;
  painted = [];
  opened = [];
  model = new ModelServer(() => nowMs + AHEAD_MS);
  log = new ChangeLog();
  lane = newLane('sse');
});
afterEach(() => lane.stop());

function newLane(transport: Transport): LaneConnection {
  const open: OpenSources['sse'] = (options) => {
    opened.push(options);
    return { ack: () => {}, stop: () => {} };
  };
  return new LaneConnection({
    origin: '',
    transport,
    feed: 'feedfeedfeedfeed',
    sources: { socketio: open, sse: open, 'long-polling': open, polling: open },
    trouble: new SimulatedTrouble(() => 0),
    paint: {
      get draws() {
        return draws;
      },
      next: (told) => {
        if (draws) painted.push(told);
      },
      forget: () => {},
      dispose: () => {},
    },
    now: () => nowMs,
    wall: () => nowMs,
    random: () => 0,
    counts: () => counts,
    onChange: () => {},
    onNews: () => {},
  });
}

const give = (value: unknown): void => opened.at(-1)!.sink.frame(value);

/** Connected, with a snapshot at s = 1. */
function start(): void {
  model.change([
    [0, 2],
    [1, 2],
  ]);
  lane.start();
  for (const frame of model.snapshot()) give(frame);
}

/** A tick with changes at these instants of the page's clock; what the server will tell of it. */
function tick(...instantsMs: number[]): ChangedTick {
  model.change([[0, model.seq % 2 === 0 ? 2 : 4]]);
  return [model.seq, nowMs + AHEAD_MS, instantsMs.map((atMs) => [atMs + AHEAD_MS, 1] as const)];
}
const tell = (...ticks: ChangedTick[]): void => log.add({ ...model.position, from: 1, ticks });
const book = (countFromMs = 0) =>
  lane.book(log, clock, countFromMs).map(({ appliedMs, paintedMs }) => [appliedMs, paintedMs]);

test('C59: each change between the view’s old and new position is a sample, once, below 0 as it is', () => {
  start();
  const ticks = [tick(9_990, 9_995), tick(10_000.25)];
  for (const frame of model.diff(1)) give(frame);
  tell(...ticks);
  expect(book()).toEqual([
    [10, null],
    [5, null],
    [-0.25, null],
  ]);
  expect(book()).toEqual([]);
});

test('C59: a diff that reaches further back than the view brings only what was missing', () => {
  start();
  const first = tick(9_990);
  for (const frame of model.diff(1)) give(frame);
  const second = tick(9_999);
  nowMs += 7;
  for (const frame of model.diff(1)) give(frame);
  tell(first, second);
  expect(book()).toEqual([
    [10, null],
    [8, null],
  ]);
});

test('C59: what a snapshot brings is no sample, nor what a diff brings after which the view is wrong', () => {
  start();
  const ticks = [tick(9_990), tick(9_991), tick(9_992)];
  for (const frame of model.snapshot()) give(frame);
  ticks.push(tick(9_993));
  const [diff] = model.diff(4);
  give({ ...diff, dig: '0123456789abcdef' });
  tell(...ticks);
  expect(book()).toEqual([]);
});

test('C60: what may not be measured, or changed before, is left out', () => {
  start();
  counts = false;
  const ticks = [tick(9_990)];
  for (const frame of model.diff(1)) give(frame);
  counts = true;
  ticks.push(tick(9_994, 9_996));
  for (const frame of model.diff(2)) give(frame);
  tell(...ticks);
  expect(book(9_995)).toEqual([[4, null]]);
  tell(tick(10_000));
  for (const frame of model.diff(3)) give(frame);
  lane.forget();
  expect(book()).toEqual([]);
});

test('C62: a sample waits for the screen, for five seconds', () => {
  draws = true;
  start();
  const ticks = [tick(9_990), tick(9_992)];
  for (const frame of model.diff(1)) give(frame);
  tell(...ticks);
  expect(book()).toEqual([]);
  nowMs += 6;
  painted.shift()!(nowMs);
  expect(book()).toEqual([
    [10, 16],
    [8, 14],
  ]);
  tell(tick(10_000));
  for (const frame of model.diff(3)) give(frame);
  nowMs += 4_999;
  expect(book()).toEqual([]);
  nowMs += 1;
  expect(book()).toEqual([[6, null]]);
});

test('C63: a sample waits until the server told of its changes, for thirty seconds', () => {
  start();
  expect(book()).toEqual([]);
  const late = tick(9_990);
  for (const frame of model.diff(1)) give(frame);
  tell();
  log.forget();
  nowMs += 1_000;
  expect(book()).toEqual([]);
  tell(late);
  expect(book()).toEqual([[10, null]]);
  const tooLate = tick(11_000);
  for (const frame of model.diff(2)) give(frame);
  nowMs += 30_000;
  expect(book()).toEqual([]);
  tell(tooLate);
  expect(book()).toEqual([]);
});

test('C63: what a run of the server never told that has ended since keeps nothing waiting', () => {
  start();
  tick(10_000);
  for (const frame of model.diff(1)) give(frame);
  tell();
  model.restart();
  log.forget();
  start();
  expect(book()).toEqual([]);
  nowMs += 1_000;
  tell(tick(10_990));
  for (const frame of model.diff(1)) give(frame);
  expect(book()).toEqual([[10, null]]);
});

test('C69: a lane counts its gaps, and names its meter and its feed', () => {
  start();
  tick();
  tick();
  give(model.diff(2)[0]);
  expect(lane.gaps).toBe(1);
  expect(opened[0]!.query).toEqual({ meter: lane.meter, feed: 'feedfeedfeedfeed' });
  expect(lane.meter).toMatch(/^[0-9a-f]{16}$/);
});

test.each([
  ['polling', 59_000],
  ['long-polling', 16_000],
] as const)(
  'C72: a %s lane that is asked to be slow is not stale for it: %i ms without a frame',
  (transport, silentMs) => {
    lane = newLane(transport);
    start();
    nowMs += silentMs;
    expect(lane.link().status).toBe('live');
    nowMs += 30_000;
    expect(lane.link().status).toBe('stale');
  },
);

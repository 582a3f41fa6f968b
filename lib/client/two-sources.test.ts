/** Two connections feeding one view at once, as while one takes over from the other. */
import { afterEach, expect, test, vi } from 'vitest';
import { nextDeadlineMs, step } from './connection.ts';
import { TRANSPORTS, type Transport } from './ladder.ts';
import { createLive, type Live } from './live.ts';
import type { OpenSource, SourceOptions } from './source.ts';
import { ModelServer } from './testing/model-server.ts';

type Fake = {
  readonly options: SourceOptions;
  readonly acks: number[];
  stopped: boolean;
  give(value: unknown): void;
};

function setUp(mode: Transport = 'socketio') {
  let aheadMs = 0;
  const model = new ModelServer(() => Date.now() + aheadMs);
  model.change([
    [0, 2],
    [1, 2],
    [2, 4],
  ]);
  const opened: Fake[] = [];
  const source: OpenSource = (options) => {
    const fake: Fake = {
      options,
      acks: [],
      stopped: false,
      give: (value) => {
        if (!fake.stopped) options.sink.frame(value);
      },
    };
    opened.push(fake);
    return {
      ack: (s) => void fake.acks.push(s),
      stop: () => {
        fake.stopped = true;
      },
    };
  };
  live = createLive(
    { storage: null, mode },
    {
      machine: { step, nextDeadlineMs },
      sources: { socketio: source, sse: source, 'long-polling': source, polling: source },
      random: () => 0,
      now: () => Date.now() + aheadMs,
      wall: () => Date.now() + aheadMs,
    },
  );
  live.start();
  const [first] = opened as [Fake];
  first.options.sink.opened();
  for (const frame of model.snapshot()) first.give(frame);
  const settle = () => vi.waitFor(() => expect(live!.store.getState().seq).toBe(model.seq));
  const later = (ms: number): void => {
    aheadMs += ms;
  };
  return { model, opened, first, live, settle, later };
}

let live: Live | null = null;
afterEach(() => {
  live?.stop();
  vi.unstubAllGlobals();
});

const PAIRS = TRANSPORTS.flatMap((from) =>
  TRANSPORTS.flatMap((to) => (from === to ? [] : [[from, to] as const])),
);

test.each(PAIRS)(
  'C2, C22, C26: from %s to %s: what came late is ignored, and acknowledged',
  async (from, to) => {
    const { model, opened, first, live, settle } = setUp(from);
    expect(first.acks).toEqual([1]);
    live.setMode(to);
    const second = opened[1]!;
    const f0 = model.seq;
    const late = [];
    for (let i = 0; i < 6; i++) {
      const f = model.seq;
      model.change([[i % 3, i % 2 ? 2 : 4]]);
      late.push(model.diff(f)[0]);
    }
    first.give(model.diff(f0)[0]);
    expect(live.digest()).toBe(model.digest);
    for (const frame of late) second.give(frame);
    expect(first.stopped).toBe(true);
    expect(second.acks).toEqual([2, 3, 4, 5, 6, 7]);
    expect(live.digest()).toBe(model.digest);
    await settle();
    expect(live.store.getState()).toMatchObject({
      seq: 7,
      stale: false,
      link: { status: 'live', resyncs: 0 },
    });
  },
);

test('C4, C26: a frame that was not taken is not acknowledged', () => {
  const { model, opened, first } = setUp();
  model.change([[0, 4]]);
  const f = model.seq;
  model.change([[1, 4]]);
  first.give(model.diff(f)[0]);
  expect(first.acks).toEqual([1]);
  expect(opened[1]!.options.position()).toEqual({ e: model.epoch, s: 1 });
});

test('C10: the snapshot is asked for, also when a connection made before the mismatch takes over', async () => {
  const browser = new EventTarget();
  vi.stubGlobal('window', browser);
  const { model, opened, first, live, settle, later } = setUp();
  later(8_000);
  // As after a sleep: a second connection, from the present position.
  browser.dispatchEvent(new Event('online'));
  const second = opened[1]!;
  const asked = second.options.position()!;
  expect(asked).toEqual(model.position);
  first.give({ ...model.beat(), dig: '0123456789abcdef' });
  model.change([[0, 4]]);
  for (const frame of model.diff(asked.s)) second.give(frame);
  expect(first.stopped).toBe(true);
  const third = opened[2]!;
  expect(third.options.position()).toBe(null);
  for (const frame of model.snapshot()) third.give(frame);
  await settle();
  expect(live.store.getState()).toMatchObject({
    stale: false,
    link: { status: 'live', digestMismatches: 1 },
  });
});

/** What `auto` does with a view that nothing but its first look has filled. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nextDeadlineMs, step } from './connection.ts';
import { createLive, type Live, type LiveParts } from './live.ts';
import type { OpenSource, SourceOptions } from './source.ts';
import { ModelServer } from './testing/model-server.ts';

let nowMs: number;
let model: ModelServer;
let opened: SourceOptions[];
let live: Live;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  nowMs = 1_700_000_000_000;
  model = new ModelServer(() => nowMs);
  model.change([[0, 2]]);
  opened = [];
});
afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

function begin(machine: LiveParts['machine'] = { step, nextDeadlineMs }): void {
  const silent: OpenSource = (options) => {
    opened.push(options);
    return { ack() {}, stop() {} };
  };
  live = createLive(
    { storage: null, mode: 'auto' },
    {
      machine,
      sources: { socketio: silent, sse: silent, 'long-polling': silent, polling: silent },
      now: () => nowMs,
      wall: () => nowMs,
      random: () => 0.5,
    },
  );
  live.start();
}

/** The newest connection gets what a server has for it. */
function answer(): void {
  const { position, sink } = opened.at(-1)!;
  for (const frame of model.answer(position())) sink.frame(frame);
}

async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    nowMs += 1_000;
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

test.each([
  ['no transport delivers', { step, nextDeadlineMs }],
  ['the rules cannot be loaded', () => Promise.reject(new Error('chunk 7 is gone'))],
] as const)('C37: a view that was looked at once and no more becomes stale when %s', async (_, machine) => {
  begin(machine);
  answer();
  await pass(6);
  expect(live.store.getState()).toMatchObject({ epoch: model.epoch, stale: false });
  await pass(6);
  expect(live.store.getState()).toMatchObject({ stale: true });
  expect(live.store.getState().link.status).not.toBe('live');
});

test('C37: what the first look showed is proven by the connection that goes on from there', async () => {
  begin();
  answer();
  expect(opened).toHaveLength(2);
  nowMs += 1;
  answer();
  await pass(6);
  expect(live.store.getState()).toMatchObject({
    stale: false,
    link: { status: 'live', transport: 'socketio' },
  });
});

test('C24: a pause during the first look is one', async () => {
  begin();
  live.pause();
  answer();
  await pass(2);
  expect(live.store.getState()).toMatchObject({ epoch: null, stale: false, link: { status: 'paused' } });
  live.resume();
  answer();
  await pass(1);
  expect(live.store.getState()).toMatchObject({ epoch: model.epoch, link: { status: 'live' } });
});

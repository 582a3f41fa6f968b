/** The page's clocks: what a sleep, a clock that is set and a hidden page do to a live view. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nextDeadlineMs, step } from './connection.ts';
import { createLive, type Live } from './live.ts';
import type { OpenSource, SourceOptions } from './source.ts';
import { ModelServer } from './testing/model-server.ts';

type Given = { readonly options: SourceOptions; stopped: boolean };

let steadyMs: number;
let wallMs: number;
let model: ModelServer;
let given: Given[];
let live: Live;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  steadyMs = wallMs = 1_700_000_000_000;
  given = [];
  // The server's clock is five seconds ahead, and nothing that happens to this page changes that.
  let serverMs = wallMs;
  model = new ModelServer(() => ++serverMs + 5_000 + (steadyMs - 1_700_000_000_000));
  model.change([[0, 2]]);
  begin();
});

function begin(): void {
  const source: OpenSource = (options) => {
    const one: Given = { options, stopped: false };
    given.push(one);
    return {
      ack() {},
      stop: () => {
        one.stopped = true;
      },
    };
  };
  live = createLive(
    { storage: null, mode: 'socketio' },
    {
      machine: { step, nextDeadlineMs },
      sources: { socketio: source, sse: source, 'long-polling': source, polling: source },
      now: () => steadyMs,
      wall: () => wallMs,
      random: () => 0.5,
    },
  );
  live.start();
  answer();
}
afterEach(() => {
  live.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The newest connection gets what a server has for it. */
function answer(): void {
  const { options, stopped } = given.at(-1)!;
  expect(stopped).toBe(false);
  for (const frame of model.answer(options.position())) options.sink.frame(frame);
}

/** So many seconds in which everything goes as it should: a beat each second. */
async function quiet(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    steadyMs += 1_000;
    wallMs += 1_000;
    await vi.advanceTimersByTimeAsync(1_000);
    given.at(-1)!.options.sink.frame(model.beat());
  }
  await vi.advanceTimersByTimeAsync(20);
}

/** The timers of one second run; the clocks are the test's. */
const second = (onSteadyMs: number, onWallMs: number) => {
  steadyMs += onSteadyMs;
  wallMs += onWallMs;
  return vi.advanceTimersByTimeAsync(1_000);
};

const link = () => live.store.getState().link;
const ageMs = () => steadyMs - link().lastFrameAtMs!;

test.each([3_600_000, -3_600_000])(
  'C47: a wall clock set by %d ms changes no age and no status, and the view is asked for at once',
  async (stepMs) => {
    await quiet(3);
    const before = link();
    expect(before).toMatchObject({ status: 'live', reconnects: 0 });
    await second(1_000, 1_000 + stepMs);
    expect(given).toHaveLength(2);
    expect(given[1]!.options.position()).toEqual(model.position);
    expect(live.store.getState()).toMatchObject({ stale: false, link: { status: 'live', reconnects: 0 } });
    expect(ageMs()).toBeLessThanOrEqual(2_000);
    answer();
    expect(given[0]!.stopped).toBe(true);
    await quiet(20);
    expect(live.store.getState()).toMatchObject({ stale: false, link: { status: 'live', reconnects: 0 } });
    expect(Math.abs(link().serverOffsetMs! - before.serverOffsetMs!)).toBeLessThan(1_000);
    expect(given).toHaveLength(2);
  },
);

test('C48: after an hour’s sleep there is no false alarm; what nobody answers is shown with its whole age', async () => {
  await quiet(3);
  await second(1_000, 3_601_000);
  expect(live.store.getState()).toMatchObject({ stale: false, link: { status: 'live' } });
  expect(given).toHaveLength(2);
  for (let i = 0; i < 8; i++) await second(1_000, 1_000);
  expect(live.store.getState()).toMatchObject({ stale: true, link: { status: 'stale' } });
  expect(ageMs()).toBeGreaterThan(3_600_000);
  answer();
  await vi.advanceTimersByTimeAsync(20);
  expect(live.store.getState()).toMatchObject({ stale: false, link: { status: 'live' } });
  expect(ageMs()).toBeLessThan(1_000);
});

test('C49: a page hidden for six minutes with throttled timers is not stale when it comes back, and asks', async () => {
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  live.stop();
  vi.stubGlobal('document', page);
  begin();
  await quiet(3);
  page.visibilityState = 'hidden';
  const stales: boolean[] = [];
  live.store.subscribe(({ stale }) => stales.push(stale));
  const before = given.length;
  // No timer runs at all; then the page is shown again.
  steadyMs += 360_000;
  wallMs += 360_000;
  page.visibilityState = 'visible';
  page.dispatchEvent(new Event('visibilitychange'));
  expect(given).toHaveLength(before + 1);
  answer();
  await quiet(3);
  expect(stales).not.toContain(true);
  expect(link()).toMatchObject({ status: 'live', reconnects: 0 });
});

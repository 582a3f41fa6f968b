import { afterEach, expect, test, vi } from 'vitest';
import type { CloseReason, Source, SourceOptions } from '../source.ts';
import { createPaintWatch } from './paint-watch.ts';
import { SimulatedTrouble } from './simulated-trouble.ts';

const DELAY_MS = 40;
/** Timers may be early by a part of a ms. */
const EARLY_MS = 1;

const sources: Source[] = [];
afterEach(() => {
  for (const source of sources.splice(0)) source.stop();
  vi.unstubAllGlobals();
});

function setUp(carriage: 'stream' | 'requests', trouble = new SimulatedTrouble(() => 0.5)) {
  const log: string[] = [];
  const closed: CloseReason[] = [];
  let inner: SourceOptions | null = null;
  const open = trouble.wrap((options) => {
    inner = options;
    log.push('open');
    return { ack: (s) => log.push(`ack ${s}`), stop: () => log.push('stop') };
  }, carriage);
  const connect = (): Source => {
    const source = open({
      origin: '',
      position: () => null,
      fetch: async (input) => {
        log.push(`asked ${String(input)}`);
        return new Response('{}');
      },
      sink: {
        opened: () => log.push('opened'),
        frame: (value) => log.push(`frame ${String(value)}`),
        closed: (reason) => {
          log.push('closed');
          closed.push(reason);
        },
      },
    });
    sources.push(source);
    return source;
  };
  const seen = (what: string) =>
    vi.waitFor(() => expect(log).toContain(what), { timeout: 5_000, interval: 1 });
  return { trouble, connect, log, closed, seen, inner: () => inner! };
}

test('C64: without trouble everything passes in the caller’s turn', () => {
  const { connect, log, inner } = setUp('stream');
  const source = connect();
  inner().sink.opened();
  inner().sink.frame(1);
  source.ack(1);
  inner().sink.closed({ kind: 'lost', detail: 'gone' });
  expect(log).toEqual(['open', 'opened', 'frame 1', 'ack 1', 'closed']);
});

test('C64: a stream’s opening, frames, acks and end take longer, in their order', async () => {
  const { trouble, connect, log, inner, seen } = setUp('stream');
  trouble.set(DELAY_MS, 0);
  const startedMs = performance.now();
  const source = connect();
  expect(log).toEqual([]);
  await seen('open');
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(DELAY_MS - EARLY_MS);
  const sentMs = performance.now();
  inner().sink.opened();
  inner().sink.frame(1);
  // A frame sent after the trouble is over does not overtake.
  trouble.set(0, 0);
  inner().sink.frame(2);
  expect(log).toEqual(['open']);
  await seen('frame 2');
  expect(performance.now() - sentMs).toBeGreaterThanOrEqual(DELAY_MS - EARLY_MS);
  trouble.set(DELAY_MS, 0);
  source.ack(2);
  inner().sink.closed({ kind: 'lost', detail: 'gone' });
  expect(log).toEqual(['open', 'opened', 'frame 1', 'frame 2']);
  await seen('closed');
  // Over: nothing is on its way any more.
  expect(log.slice(4).filter((what) => what !== 'ack 2')).toEqual(['closed']);
});

test('C64: each question and each answer of a transport that asks takes longer', async () => {
  const { trouble, connect, log, inner } = setUp('requests');
  trouble.set(DELAY_MS, 0);
  connect();
  const askedMs = performance.now();
  const answer = inner().fetch!('/rt/poll');
  expect(log).toEqual(['open']);
  await answer;
  expect(log).toEqual(['open', 'asked /rt/poll']);
  expect(performance.now() - askedMs).toBeGreaterThanOrEqual(2 * DELAY_MS - EARLY_MS);
  inner().sink.frame(1);
  expect(log.at(-1)).toBe('frame 1');
});

test('C64: a request given up on its way is not sent', async () => {
  const { trouble, connect, log, inner } = setUp('requests');
  trouble.set(60_000, 0);
  connect();
  const stopping = new AbortController();
  const answer = inner().fetch!('/rt/poll', { signal: stopping.signal });
  stopping.abort(new Error('enough'));
  await expect(answer).rejects.toThrow('enough');
  await expect(inner().fetch!('/rt/poll', { signal: stopping.signal })).rejects.toThrow('enough');
  expect(log).toEqual(['open']);
});

test('C64: what is on its way to a stopped source never comes', async () => {
  const { trouble, connect, log, inner, seen } = setUp('stream');
  const source = connect();
  trouble.set(DELAY_MS, 0);
  inner().sink.frame(1);
  source.stop();
  const other = setUp('stream', trouble);
  other.connect();
  await other.seen('open');
  expect(log).toEqual(['open', 'stop']);
  const early = setUp('stream', trouble);
  early.connect().stop();
  const later = setUp('stream', trouble);
  later.connect();
  await later.seen('open');
  expect(early.log).toEqual([]);
  await seen('stop');
});

test.each(['stream', 'requests'] as const)(
  'C65: a cut ends a %s as lost, once, and it is silent',
  async (carriage) => {
    // The earliest: half of the time.
    const { trouble, connect, log, closed, seen } = setUp(carriage, new SimulatedTrouble(() => 0));
    connect();
    // Also a connection that stands already.
    trouble.set(0, 0.1);
    const startedMs = performance.now();
    await seen('closed');
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(50 - EARLY_MS);
    expect(log).toEqual(['open', 'stop', 'closed']);
    expect(closed).toEqual([{ kind: 'lost', detail: 'cut on purpose: simulated trouble' }]);
  },
);

test('C65: cuts that are over do not come', async () => {
  const random = new SimulatedTrouble(() => 0);
  const spared = setUp('stream', random);
  random.set(0, 0.05);
  spared.connect();
  random.set(0, 0);
  random.set(0, 600);
  random.set(0, 0);
  const cut = setUp('stream', new SimulatedTrouble(() => 0));
  cut.trouble.set(0, 0.1);
  cut.connect();
  await cut.seen('closed');
  expect(spared.log).toEqual(['open']);
});

test('C62: what is shown is told after the frame that follows, all of it with one message', async () => {
  const frames: (() => void)[] = [];
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => frames.push(callback));
  vi.stubGlobal('cancelAnimationFrame', () => frames.splice(0));
  let nowMs = 100;
  const paint = createPaintWatch(() => nowMs);
  expect(paint.draws).toBe(true);
  const told: number[] = [];
  paint.next((atMs) => told.push(atMs));
  paint.next((atMs) => told.push(atMs));
  expect(frames.length).toBe(1);
  nowMs = 110;
  frames.shift()!();
  // Applied during the frame: shown by the next one.
  paint.next((atMs) => told.push(atMs));
  expect(told).toEqual([]);
  nowMs = 116;
  await vi.waitFor(() => expect(told).toEqual([116, 116]), { interval: 1 });
  expect(frames.length).toBe(1);
  paint.forget();
  expect(frames.length).toBe(0);
  paint.next((atMs) => told.push(atMs));
  nowMs = 132;
  frames.shift()!();
  await vi.waitFor(() => expect(told).toEqual([116, 116, 132]), { interval: 1 });
  paint.dispose();
});

test('C62: where nothing is drawn nothing is shown', () => {
  const paint = createPaintWatch(() => 0);
  expect(paint.draws).toBe(false);
  paint.next(() => expect.unreachable());
  paint.dispose();
});

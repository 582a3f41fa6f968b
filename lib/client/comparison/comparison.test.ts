/** The whole comparison on a server in its simplest form, over real requests. All lanes poll here. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import type { ChangedTick } from '#lib/protocol/api.ts';
import { toJsonFrame } from '#lib/protocol/frames.ts';
import { parsePosition } from '#lib/protocol/position.ts';
import type { OpenSources } from '../source.ts';
import { openPoll } from '../sources/poll.ts';
import { ModelServer } from '../testing/model-server.ts';
import { type ComparisonParts, createComparison } from './comparison.ts';
import type { Comparison, ComparisonSettings, Lane } from './comparison-state.ts';

/** The server's clock is an hour ahead of this one. */
const AHEAD_MS = 3_600_000;
const serverNow = (): number => performance.timeOrigin + performance.now() + AHEAD_MS;
const FAST_POLL_MS = 10;
const ROUND_EVERY_MS = 50;

class SmallServer {
  readonly fleet = new ModelServer(serverNow);
  readonly ticks: ChangedTick[] = [];
  readonly scratch = new Map<string, ModelServer>();
  readonly asked: string[] = [];
  readonly requests = new Map<string, number>();
  /** What POST /api/scratch answers instead, once. */
  refusal: { status: number; retryAfter?: string } | null = null;
  holdScratch: Promise<void> | null = null;
  #http: Server | null = null;
  #made = 0;

  async listen(): Promise<string> {
    this.fleet.change([
      [0, 2],
      [1, 2],
      [2, 2],
    ]);
    this.ticks.push([1, serverNow(), [[serverNow(), 3]]]);
    this.#http = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve) => this.#http!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#http?.closeAllConnections();
    this.#http?.close();
  }

  /** One tick of the fleet in which so many hosts changed just now. */
  change(hosts: number): void {
    const atMs = serverNow();
    const byte = this.fleet.seq % 2 === 0 ? 2 : 4;
    this.fleet.change(Array.from({ length: hosts }, (_, slot) => [slot, byte] as const));
    this.ticks.push([this.fleet.seq, atMs, [[atMs, hosts]]]);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://server');
    const json = (body: unknown, status = 200, headers = {}): void => {
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(body));
    };
    this.asked.push(`${request.method} ${url.pathname}`);
    request.resume();
    const { searchParams: query, pathname } = url;
    const feed = query.get('feed') ?? pathname.split('/api/scratch/')[1] ?? null;
    if (pathname === '/rt/clock') {
      const s1 = serverNow();
      return json({ c0: Number(query.get('c0')), s1, s2: serverNow() });
    }
    if (pathname === '/rt/meter') {
      const meters = query.get('meter')!.split(',');
      return json({ meters: meters.map((meter) => this.#meter(meter)) });
    }
    if (pathname === '/api/scratch') {
      await this.holdScratch;
      if (this.refusal !== null) {
        const { status, retryAfter } = this.refusal;
        this.refusal = null;
        return json({ detail: 'eight are enough' }, status, retryAfter ? { 'retry-after': retryAfter } : {});
      }
      const id = (++this.#made).toString(16).padStart(16, 'f');
      const model = new ModelServer(serverNow);
      model.change([[0, 2]]);
      this.scratch.set(id, model);
      return json({ feed: id, epoch: model.epoch, hosts: 1, changesPerSecond: 1 }, 201);
    }
    if (request.method === 'DELETE') return json({ removed: this.scratch.delete(feed!) });
    const model = feed === null ? this.fleet : this.scratch.get(feed);
    if (model === undefined) return json({ code: 'not_found', detail: 'no such feed' }, 404);
    if (pathname.startsWith('/api/scratch/')) return json({ feed, changesPerSecond: 1 });
    if (pathname === '/rt/changes') {
      const after = Number(query.get('after'));
      const ticks = feed === null ? this.ticks.filter(([s]) => s > after) : [];
      return json({ ...model.position, from: 1, ticks });
    }
    this.requests.set(query.get('meter')!, (this.requests.get(query.get('meter')!) ?? 0) + 1);
    json({ frames: model.answer(parsePosition(query.get('e'), query.get('s'))).map(toJsonFrame) });
  }

  #meter(meter: string) {
    const requests = this.requests.get(meter) ?? 0;
    const bytes = { bytesUp: requests * 100, bytesDown: requests * 300, wastedBytes: requests * 200 };
    return {
      meter,
      transport: 'polling',
      requests,
      ...bytes,
      frames: 0,
      updates: 1,
      emptyAnswers: requests - 1,
    };
  }
}

const stops: (() => unknown)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
  vi.unstubAllGlobals();
});

const polling = (): OpenSources => {
  const open: OpenSources['polling'] = (options) => openPoll(options, FAST_POLL_MS);
  return { socketio: open, sse: open, 'long-polling': open, polling: open };
};

async function setUp(settings: Partial<ComparisonSettings> = {}, parts: ComparisonParts = {}) {
  const server = new SmallServer();
  const origin = await server.listen();
  stops.push(() => server.close());
  const given = { transports: ['sse', 'polling'] as const, changesPerSecond: 0, ...settings };
  const comparison = createComparison(
    { origin, settings: given },
    { sources: polling, random: () => 0, roundEveryMs: ROUND_EVERY_MS, ...parts },
  );
  stops.push(() => comparison.dispose());
  return { server, comparison, origin };
}

const until = (what: string, condition: () => boolean): Promise<unknown> =>
  vi.waitFor(() => expect(condition(), what).toBe(true), { timeout: 9_000, interval: 5 });
const lanes = (comparison: Comparison): readonly Lane[] => comparison.store.getState().lanes;
const measuring = (comparison: Comparison): Promise<unknown> =>
  until('all lanes measure', () => {
    const all = lanes(comparison);
    return all.length > 0 && all.every(({ bar }) => bar === null);
  });
const samplesOf = (comparison: Comparison): number[] => lanes(comparison).map(({ samples }) => samples);
const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

test('C59: every host change is one sample of every lane, from the change to the view, whatever the clocks', async () => {
  const { server, comparison } = await setUp();
  comparison.start();
  await measuring(comparison);
  const sinceMs = performance.now();
  for (const hosts of [1, 3, 2]) {
    server.change(hosts);
    await until('the tick is in the views', () =>
      [...server.requests.values()].every((requests) => requests > 2),
    );
  }
  await until('all are booked', () => samplesOf(comparison).every((samples) => samples === 6));
  const tookMs = performance.now() - sinceMs;
  const { clock } = comparison.store.getState();
  for (const lane of lanes(comparison)) {
    expect(lane.applied!.p50).toBeGreaterThanOrEqual(-clock!.plusMinusMs);
    expect(lane.applied!.max).toBeLessThan(tookMs);
    expect(lane.painted).toBe(null);
    expect(total(lane.distribution)).toBe(6);
    expect(lane.freshnessMs).toBeLessThan(tookMs);
  }
  expect(Math.abs(clock!.offsetMs - AHEAD_MS)).toBeLessThanOrEqual(clock!.plusMinusMs + 0.01);
  const exported = JSON.parse(comparison.exportJson());
  expect(exported.lanes[0].latencySamples.map(({ count }: { count: number }) => count)).toEqual([1, 3, 2]);
  expect(comparison.exportCsv().split('\r\n').length).toBe(4);
});

test('C60: what changed before the start, or before a reset, is no sample', async () => {
  const { server, comparison } = await setUp();
  server.change(3);
  comparison.start();
  await measuring(comparison);
  server.change(2);
  await until('booked', () => samplesOf(comparison).every((samples) => samples === 2));
  await until('metered', () => lanes(comparison).every(({ requests }) => (requests ?? 0) > 0));
  const before = comparison.store.getState().elapsedMs;
  server.change(1);
  comparison.reset();
  await until('shown', () => samplesOf(comparison).every((samples) => samples === 0));
  expect(comparison.store.getState().elapsedMs).toBeLessThan(before);
  server.change(3);
  await until('booked', () => samplesOf(comparison).every((samples) => samples > 0));
  expect(samplesOf(comparison)).toEqual([3, 3]);
});

test('C60: after a sleep nothing counts that changed before, and the clock is estimated anew', async () => {
  let sleptMs = 0;
  const { server, comparison } = await setUp({}, { wall: () => Date.now() + sleptMs });
  comparison.start();
  await measuring(comparison);
  const probes = (): number => server.asked.filter((what) => what === 'GET /rt/clock').length;
  const probesBefore = probes();
  const bars = new Set<string | null>();
  comparison.store.subscribe(({ lanes }) => {
    for (const { bar } of lanes) bars.add(bar);
  });
  server.change(3);
  sleptMs = 3_600_000;
  await until('a new burst', () => probes() >= probesBefore + 8);
  await measuring(comparison);
  server.change(2);
  await until('booked', () => samplesOf(comparison).every((samples) => samples > 0));
  expect(samplesOf(comparison)).toEqual([2, 2]);
  expect([...bars].filter((bar) => bar !== null && bar !== 'woken')).toEqual([]);
});

test('C60: a hidden page takes no samples and asks for none; visible again it says that it just woke', async () => {
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('document', page);
  const show = (state: 'visible' | 'hidden'): void => {
    page.visibilityState = state;
    page.dispatchEvent(new Event('visibilitychange'));
  };
  const { server, comparison } = await setUp();
  comparison.start();
  await measuring(comparison);
  show('hidden');
  server.change(3);
  await until('said', () => lanes(comparison).every(({ bar }) => bar === 'hidden'));
  expect(comparison.store.getState().clock).toBe(null);
  const askedBefore = server.asked.length;
  const measured = (): string[] =>
    server.asked.slice(askedBefore).filter((what) => /clock|changes|meter/.test(what));
  // Long enough for several rounds.
  await until('time passes', () => server.asked.length > askedBefore + 100);
  const whileHidden = measured();
  show('visible');
  await measuring(comparison);
  server.change(2);
  await until('booked', () => samplesOf(comparison).every((samples) => samples > 0));
  expect([samplesOf(comparison), whileHidden]).toEqual([[2, 2], []]);
});

test('C60: a lane without a lease polls, says so and takes no samples', async () => {
  const sources = (): OpenSources => {
    const none: OpenSources['sse'] = ({ sink }) => {
      queueMicrotask(() => sink.closed({ kind: 'no-lease', detail: 'other tabs hold them' }));
      return { ack: () => {}, stop: () => {} };
    };
    return { ...polling(), sse: none };
  };
  const { server, comparison } = await setUp({}, { sources });
  comparison.start();
  await until('one polls for the other', () => lanes(comparison)[0]!.bar === 'lease');
  await until('the other measures', () => lanes(comparison)[1]!.bar === null);
  server.change(3);
  await until('booked', () => samplesOf(comparison)[1] === 3);
  const [sse] = lanes(comparison) as [Lane];
  expect([sse.samples, sse.link.transport]).toEqual([0, 'polling']);
});

test('C61: what a cut kept from the view is counted with the whole wait', async () => {
  let cut = (): void => {};
  const sources = (): OpenSources => ({
    ...polling(),
    polling: (options) => {
      const source = openPoll(options, FAST_POLL_MS);
      cut = () => {
        source.stop();
        options.sink.closed({ kind: 'lost', detail: 'cut' });
      };
      return source;
    },
  });
  // The first retry comes within 2 s times this.
  const { server, comparison } = await setUp({ transports: ['polling'] }, { sources, random: () => 0.2 });
  comparison.start();
  await measuring(comparison);
  cut();
  server.change(2);
  await until('booked', () => samplesOf(comparison)[0] === 2);
  const [lane] = lanes(comparison) as [Lane];
  expect(lane.applied!.p50).toBeGreaterThan(390);
  expect(lane.reconnects).toBe(1);
});

test('C62: the painted instant follows the applied one where a screen draws', async () => {
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => setTimeout(callback, 30));
  vi.stubGlobal('cancelAnimationFrame', (timer: NodeJS.Timeout) => clearTimeout(timer));
  const { server, comparison } = await setUp({ transports: ['polling'] });
  comparison.start();
  await measuring(comparison);
  server.change(1);
  await until('booked', () => samplesOf(comparison)[0] === 1);
  const [{ applied, painted }] = lanes(comparison) as [Lane];
  expect(painted!.p50 - applied!.p50).toBeGreaterThanOrEqual(29);
});

test('C66, C72: the lanes watch scratch hosts while there are changes to make, and the fleet otherwise', async () => {
  const { server, comparison } = await setUp({ changesPerSecond: 5 });
  let hold = (): void => {};
  server.holdScratch = new Promise((resolve) => {
    hold = resolve;
  });
  comparison.start();
  await until('it asks', () => server.asked.includes('POST /api/scratch'));
  expect(comparison.store.getState()).toMatchObject({ phase: 'starting', elapsedMs: 0 });
  expect(server.requests.size).toBe(0);
  hold();
  await measuring(comparison);
  expect(comparison.store.getState().phase).toBe('running');
  const meters = server.requests.size;
  expect(meters).toBe(2);
  comparison.configure({ changesPerSecond: 9 });
  await until('the rate', () => server.asked.some((what) => what.startsWith('PUT /api/scratch/')));
  comparison.configure({ changesPerSecond: 0 });
  await until('given back', () => server.scratch.size === 0);
  await measuring(comparison);
  server.change(3);
  await until('the fleet', () => samplesOf(comparison).every((samples) => samples === 3));
  expect(server.requests.size).toBe(meters + 2);
  // A new connection is no fault of the transport.
  for (const lane of lanes(comparison)) expect(lane).toMatchObject({ gaps: 0, resyncs: 0, reconnects: 0 });
});

test('C66: scratch hosts that the server lost are replaced', async () => {
  const { server, comparison } = await setUp({ changesPerSecond: 5 });
  comparison.start();
  await measuring(comparison);
  server.scratch.clear();
  await until('another one', () => server.scratch.size === 1);
  await measuring(comparison);
  expect(comparison.store.getState()).toMatchObject({ phase: 'running', problem: null });
});

test('C66: a refusal is said, and the comparison waits', async () => {
  const { server, comparison } = await setUp({ changesPerSecond: 5 });
  server.refusal = { status: 503, retryAfter: '1' };
  comparison.start();
  await until('said', () => comparison.store.getState().problem !== null);
  expect(comparison.store.getState()).toMatchObject({
    phase: 'starting',
    problem: { kind: 'scratch-refused', detail: 'eight are enough' },
  });
  await measuring(comparison);
  expect(comparison.store.getState().problem).toBe(null);
});

test('C66: a server that is not there is said to be silent; with the stop that is over', async () => {
  const { server, comparison } = await setUp({ changesPerSecond: 5 });
  server.close();
  comparison.start();
  await until('said', () => comparison.store.getState().problem !== null);
  expect(comparison.store.getState()).toMatchObject({
    phase: 'starting',
    problem: { kind: 'scratch-unanswered' },
  });
  comparison.stop();
  await until('stopped', () => comparison.store.getState().phase === 'stopped');
  expect(comparison.store.getState().problem).toBe(null);
});

test('C72: lanes come and go while it runs; figures stay at the stop and go on after it', async () => {
  const { server, comparison } = await setUp({ transports: ['polling'] });
  expect(lanes(comparison).map(({ transport }) => transport)).toEqual(['polling']);
  comparison.start();
  await measuring(comparison);
  server.change(2);
  await until('booked', () => samplesOf(comparison)[0] === 2);
  comparison.configure({ transports: ['polling', 'socketio'] });
  await until(
    'both measure',
    () => lanes(comparison).length === 2 && lanes(comparison).every((l) => l.bar === null),
  );
  server.change(1);
  await until('both book', () => samplesOf(comparison).join() === '1,3');
  comparison.configure({ transports: ['polling'] });
  await until('one is left', () => lanes(comparison).length === 1);
  comparison.stop();
  await until('stopped', () => comparison.store.getState().phase === 'stopped');
  expect(samplesOf(comparison)).toEqual([3]);
  expect(comparison.store.getState().clock).not.toBe(null);
  expect(lanes(comparison)[0]).toMatchObject({ bar: 'link', link: { status: 'stopped' } });
  const { elapsedMs } = comparison.store.getState();
  server.change(1);
  comparison.start();
  await measuring(comparison);
  expect(comparison.store.getState().elapsedMs).toBeGreaterThanOrEqual(elapsedMs);
  server.change(1);
  await until('goes on', () => samplesOf(comparison)[0] === 4);
});

test('C72: each frame a lane applied is told at once to whoever draws it', async () => {
  const { server, comparison } = await setUp({ transports: ['polling', 'sse'] });
  const told: (readonly number[] | null)[] = [];
  let states: Uint8Array | null = null;
  const unsubscribe = comparison.subscribeLane('polling', (slots, live) => {
    told.push(slots);
    states = live;
  });
  comparison.start();
  await measuring(comparison);
  server.change(2);
  await until('told', () => told.length === 2);
  expect([told, states]).toEqual([[null, [0, 1]], server.fleet.states]);
  unsubscribe();
  server.change(1);
  await until('booked', () => samplesOf(comparison).every((samples) => samples === 3));
  expect(told.length).toBe(2);
});

test('C72: another polling interval holds at once, and is no reconnect', async () => {
  const waits: number[] = [];
  const sources = (pollMs: () => number): OpenSources => ({
    ...polling(),
    polling: (options) => {
      waits.push(pollMs());
      return openPoll(options, pollMs());
    },
  });
  const { server, comparison } = await setUp({ transports: ['polling'], pollMs: 60_000 }, { sources });
  comparison.start();
  await measuring(comparison);
  server.change(1);
  comparison.configure({ pollMs: 250 });
  await until('booked', () => samplesOf(comparison)[0] === 1);
  expect(waits).toEqual([60_000, 250]);
  expect(lanes(comparison)[0]).toMatchObject({ reconnects: 0, resyncs: 0 });
});

test('C71: the store changes at most four times a second, and not at all before the start', async () => {
  const { server, comparison } = await setUp();
  const atMs: number[] = [];
  comparison.store.subscribe(() => atMs.push(performance.now()));
  expect(server.asked).toEqual([]);
  comparison.start();
  await measuring(comparison);
  const waits = setInterval(() => server.change(1), 5);
  stops.push(() => clearInterval(waits));
  await until('some changes', () => atMs.length >= 6);
  clearInterval(waits);
  // A timer may be early by a part of a ms.
  for (let i = 1; i < atMs.length; i++) expect(atMs[i]! - atMs[i - 1]!).toBeGreaterThan(248);
});

test.each(['running', 'starting'] as const)(
  'C71: disposed of while %s it leaves nothing behind',
  async (phase) => {
    const { server, comparison, origin } = await setUp({ changesPerSecond: 5, transports: ['polling'] });
    let hold = (): void => {};
    if (phase === 'starting') {
      server.holdScratch = new Promise((resolve) => {
        hold = resolve;
      });
    }
    const started = vi.spyOn(globalThis, 'setInterval');
    const ended = vi.spyOn(globalThis, 'clearInterval');
    comparison.start();
    if (phase === 'running') await measuring(comparison);
    else await until('it asks', () => server.asked.includes('POST /api/scratch'));
    comparison.dispose();
    hold();
    await until('given back', () => server.asked.some((what) => what.startsWith('DELETE')));
    expect(server.scratch.size).toBe(0);
    const intervals = started.mock.results.map(({ value }) => value);
    const endedOnes = ended.mock.calls.map(([timer]) => timer);
    expect(intervals.length).toBeGreaterThan(1);
    expect(intervals.filter((timer) => !endedOnes.includes(timer))).toEqual([]);
    const asked = server.asked.length;
    comparison.start();
    comparison.configure({ transports: ['sse'] });
    // What was on its way has come by then.
    for (let i = 0; i < 3; i++) await fetch(`${origin}/rt/clock?c0=1`).then((response) => response.text());
    expect(server.asked.length).toBe(asked + 3);
    expect(comparison.store.getState().lanes.length).toBe(1);
  },
);

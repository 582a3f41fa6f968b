/** The browser's half of the live protocol on the server's half, over real sockets. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { Alert } from '#lib/protocol/alert.ts';
import { digestOf } from '#lib/protocol/digest.ts';
import { MODES, type Mode, TRANSPORTS, type Transport } from '../../lib/client/ladder.ts';
import { createLive, type Live, type LiveParts } from '../../lib/client/live.ts';
import type { OpenSource, OpenSources } from '../../lib/client/source.ts';
import type { LiveState } from '../../lib/client/view-store.ts';
import { alertOf } from '../testing/alert-of.ts';
import { liveUntil } from '../testing/live-until.ts';
import { startTestServer } from '../testing/running-server.ts';
import { ContractCable } from './contract-cable.ts';
import { ContractServer, type ContractServerOptions } from './contract-server.ts';
import { testSources } from './convergence-sources.ts';

const UP = 2;
const DOWN = 4;
const FAST_POLL_MS = 20;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startServer(options?: ContractServerOptions): Promise<ContractServer> {
  const server = await new ContractServer(options).listen();
  stops.push(() => server.close());
  return server;
}

async function startCable(server: { readonly port: number }): Promise<ContractCable> {
  const cable = await new ContractCable(server.port).listen();
  stops.push(() => cable.close());
  return cable;
}

type Seen = {
  readonly transport: Transport;
  readonly t: string;
  readonly frame: Record<string, unknown>;
};

/** A client whose frames are noted as they come. `pollMs`: more often than a browser, so that tests are short. */
function open(
  origin: string,
  mode: Mode,
  { pollMs = FAST_POLL_MS, ...parts }: LiveParts & { pollMs?: number } = {},
): Live & { frames: Seen[]; kinds(): string } {
  const frames: Seen[] = [];
  const noted = ([transport, openSource]: [Transport, OpenSource]): [Transport, OpenSource] => [
    transport,
    (options) =>
      openSource({
        ...options,
        sink: {
          ...options.sink,
          frame(value) {
            const frame = value as Record<string, unknown>;
            frames.push({ transport, t: String(frame.t), frame });
            options.sink.frame(value);
          },
        },
      }),
  ];
  const live = createLive(
    { origin, mode, storage: null },
    {
      // The least waits, so that tests are short.
      random: () => 0,
      sources: Object.fromEntries(
        (Object.entries(testSources(pollMs)) as [Transport, OpenSource][]).map(noted),
      ) as OpenSources,
      ...parts,
    },
  );
  stops.push(() => live.stop());
  live.start();
  return { ...live, frames, kinds: () => frames.map(({ t }) => t).join('') };
}

/** A beat of the server before may still have been on its way. */
const firstNews = (frames: readonly Seen[]) => frames.find(({ t }) => t !== 'B')?.frame;

const until = (live: Live, what: string, condition: (state: LiveState) => boolean): Promise<LiveState> =>
  liveUntil(live, what, condition, 9_000);

const caughtUp = (live: Live, server: ContractServer): Promise<LiveState> =>
  until(live, `position ${server.log.seq}`, (state) => {
    return state.epoch === server.log.epoch && state.seq === server.log.seq && state.link.status === 'live';
  });

/** The view is the server's, in every way the page can see. */
async function expectSameView(live: Live, server: ContractServer): Promise<void> {
  const state = await caughtUp(live, server);
  expect(state.states).toEqual(server.log.states().slice());
  expect(live.digest()).toBe(server.log.digest());
  expect(digestOf(state.states)).toBe(server.log.digest());
  expect(state.counts).toEqual(server.log.counts());
  expect(state.link).toMatchObject({ digestMismatches: 0, badFrames: 0, problem: null });
  expect(state.stale).toBe(false);
}

test.each(TRANSPORTS)(
  'C30, L30: over %s the view is the server’s, first, after changes, with alerts',
  async (mode) => {
    const server = await startServer();
    server.addHosts(50);
    const live = open(server.origin, mode);
    await expectSameView(live, server);
    server.set([3, DOWN], [49, DOWN | 16]);
    server.log.stageAlert(alertOf(1));
    server.addHosts(5);
    await expectSameView(live, server);
    expect([...live.store.getState().alerts.values()]).toEqual([alertOf(1)]);
    // A tick of alerts alone.
    const acked = alertOf(1, { ack: { by: 'ops', at: 7, comment: null, expiresAt: null } });
    server.log.stageAlert(acked);
    server.publish();
    await expectSameView(live, server);
    expect([...live.store.getState().alerts.values()]).toEqual([acked]);
    server.log.stageAlert(alertOf(1, { closedAt: 9 }));
    server.set([3, UP]);
    await expectSameView(live, server);
    expect(live.store.getState().alerts.size).toBe(0);
  },
);

test.each(TRANSPORTS)(
  'C12, L18: a gzip’d snapshot of 100,000 slots over %s, changes right behind it',
  async (mode) => {
    const server = await startServer({ capacity: 200_000 });
    server.addHosts(100_000);
    // Slower than unpacking, as polls are: else the second would ask for a snapshot too.
    const live = open(server.origin, mode, { pollMs: 250 });
    let slot = 0;
    const ticking = setInterval(() => server.set([++slot * 7, DOWN]), 5);
    stops.push(() => clearInterval(ticking));
    await until(live, 'a view', ({ seq }) => seq > 20);
    clearInterval(ticking);
    await expectSameView(live, server);
    expect(live.frames.find(({ t }) => t === 'S')?.frame).toMatchObject({ enc: 'gzip', n: 100_000 });
    expect(live.kinds().match(/S/g)).toHaveLength(1);
  },
);

/** Every host that changed is told of, each view is one the server had, in its order, and none is empty. */
function watchForLosses(live: Live, server: ContractServer): string[] {
  const faults: string[] = [];
  const digests = new Map<string, number>();
  const changed: number[][] = [];
  const published = (): void => {
    const { log } = server;
    digests.set(log.digest(), log.seq);
    changed[log.seq] = [...log.states().keys()].filter((slot) => log.changedSeqAt(slot) === log.seq);
  };
  published();
  stops.push(server.log.subscribe(published));
  let seq = server.log.seq;
  live.subscribeChanges((slots, states) => {
    const now = digests.get(digestOf(states));
    if (now === undefined || now <= seq) faults.push(`the view of ${now} after that of ${seq}`);
    if (now === undefined) return;
    const told = new Set(slots);
    for (let s = seq + 1; s <= now; s++) {
      const missing = changed[s]!.filter((slot) => !told.has(slot));
      if (missing.length > 0) faults.push(`${missing} of ${s} between ${seq} and ${now}`);
    }
    seq = now;
  });
  live.store.subscribe(({ slotCount, stale, link }) => {
    if (slotCount === 0 || stale) faults.push('empty or stale');
    if (!['live', 'catching-up'].includes(link.status)) faults.push(`${link.status} at ${server.log.seq}`);
  });
  return faults;
}

test('C22, C30: flipping through all modes under 100 changes a second loses nothing, and the link says where it is', async () => {
  const server = await startServer();
  server.addHosts(2_000);
  const live = open(server.origin, 'socketio');
  await caughtUp(live, server);
  const faults = watchForLosses(live, server);
  let turn = 0;
  const ticking = setInterval(() => {
    turn++;
    server.set([(turn * 37) % 2_000, turn % 3 ? DOWN : UP], [(turn * 101) % 2_000, turn % 2 ? DOWN : UP]);
  }, 10);
  stops.push(() => clearInterval(ticking));
  // From every mode to every other one, each time as soon as the last one stands; then faster than any can.
  for (const from of MODES) {
    for (const to of MODES) {
      if (to === from) continue;
      for (const mode of [from, to]) {
        live.setMode(mode);
        await until(
          live,
          mode,
          ({ link }) => link.mode === mode && link.transport === (mode === 'auto' ? 'socketio' : mode),
        );
      }
    }
  }
  for (let i = 0; i < 100; i++) {
    live.setMode(MODES[(i * 7 + Math.trunc(i / 5)) % MODES.length]!);
    const seen = server.log.seq;
    await until(live, 'one more tick', () => server.log.seq > seen);
  }
  live.setMode('long-polling');
  clearInterval(ticking);
  await until(live, 'long polling', ({ link }) => link.transport === 'long-polling');
  await expectSameView(live, server);
  expect(live.store.getState().link).toMatchObject({
    transport: 'long-polling',
    fallback: null,
    resyncs: 0,
    reconnects: 0,
  });
  expect(faults).toEqual([]);
  expect(live.kinds().match(/S/g)).toHaveLength(1);
  expect(live.kinds()).not.toContain('R');
  expect(new Set(live.frames.filter(({ t }) => t === 'D').map(({ transport }) => transport))).toEqual(
    new Set(TRANSPORTS),
  );
}, 30_000);

test.each(TRANSPORTS)(
  'L10, C24: over %s a cut connection is resumed with one diff and no snapshot',
  async (mode) => {
    const server = await startServer();
    server.addHosts(100);
    const cable = await startCable(server);
    const live = open(cable.origin, mode);
    await expectSameView(live, server);
    cable.down = true;
    cable.cut();
    await until(live, 'the loss', ({ link }) => link.status === 'reconnecting');
    for (let i = 0; i < 30; i++) server.set([i, DOWN]);
    live.frames.length = 0;
    cable.down = false;
    await expectSameView(live, server);
    expect(live.kinds().replaceAll('B', '')).toBe('D');
    expect(live.frames.find(({ t }) => t === 'D')?.frame).toMatchObject({ f: 1, s: 31 });
  },
);

test.each(TRANSPORTS)(
  'L12, C1: over %s another run of the server gives R and S, and the view is never empty',
  async (mode) => {
    const first = await startServer();
    // Too few for gzip. While a snapshot is being unpacked polls go on asking from where the view stood, and on a busy
    // machine that takes longer than the 20 ms between them: each would be answered with R and S again.
    first.addHosts(20);
    first.log.stageAlert(alertOf(1));
    first.set([1, DOWN]);
    const cable = await startCable(first);
    const live = open(cable.origin, mode);
    await expectSameView(live, first);
    const second = await startServer();
    second.addHosts(15);
    const sizes = new Set<number>();
    live.store.subscribe(({ slotCount }) => sizes.add(slotCount));
    live.frames.length = 0;
    cable.targetPort = second.port;
    cable.cut();
    await until(live, 'the new epoch', ({ epoch }) => epoch === second.log.epoch);
    await expectSameView(live, second);
    expect(live.kinds().replaceAll('B', '')).toBe('RS');
    expect(firstNews(live.frames)).toMatchObject({ t: 'R', why: 'epoch' });
    expect(sizes).not.toContain(0);
    expect(live.store.getState().alerts.size).toBe(0);
  },
);

test.each(TRANSPORTS)('L12, C15: over %s a position ahead of the server gives R and S', async (mode) => {
  const epoch = '00112233aabbccdd';
  const ahead = await startServer({ epoch });
  ahead.addHosts(10);
  for (let i = 0; i < 20; i++) ahead.set([i % 10, i % 2 ? UP : DOWN]);
  const cable = await startCable(ahead);
  const live = open(cable.origin, mode);
  await expectSameView(live, ahead);
  // What no server does: the same run, standing further back.
  const behind = await startServer({ epoch });
  behind.addHosts(7);
  live.frames.length = 0;
  cable.targetPort = behind.port;
  cable.cut();
  await expectSameView(live, behind);
  expect(live.kinds().replaceAll('B', '')).toBe('RS');
  expect(firstNews(live.frames)).toMatchObject({ t: 'R', why: 'gap' });
});

test.each(TRANSPORTS)('C24: over %s pause freezes the view, resume gives one diff', async (mode) => {
  const server = await startServer();
  server.addHosts(100);
  const live = open(server.origin, mode);
  await expectSameView(live, server);
  live.pause();
  expect(live.store.getState().link.status).toBe('paused');
  const frozen = live.digest();
  for (let i = 0; i < 20; i++) server.set([i, DOWN]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(live.digest()).toBe(frozen);
  live.frames.length = 0;
  live.resume();
  await expectSameView(live, server);
  expect(live.kinds().replaceAll('B', '')).toBe('D');
});

test('C26: a WebSocket that ends before anything came through it is lost at once', async () => {
  const http = createServer().listen(0, '127.0.0.1');
  stops.push(() => http.close());
  await once(http, 'listening');
  http.on('upgrade', ({ headers }, socket) => {
    const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    setTimeout(() => socket.destroy(), 50);
  });
  const { port } = http.address() as AddressInfo;
  const live = open(`http://127.0.0.1:${port}`, 'socketio');
  const { link } = await until(live, 'the loss', (state) => state.link.problem !== null);
  expect(link).toMatchObject({ problem: 'lost', problemDetail: 'Socket.IO: transport close' });
});

test('C37: auto looks first by a plain request, and Socket.IO goes on from there without a second snapshot', async () => {
  const server = await startServer();
  server.addHosts(5_000);
  const live = open(server.origin, 'auto', { pollMs: 2_000 });
  await expectSameView(live, server);
  server.set([7, DOWN]);
  await expectSameView(live, server);
  expect(live.frames.map(({ transport, t }) => `${transport} ${t}`)).toEqual([
    'polling S',
    'socketio B',
    'socketio D',
  ]);
});

test('C37: a first look that is refused or never answered holds Socket.IO up for a second at most', async () => {
  const server = await startServer();
  server.addHosts(10);
  const broken: OpenSource = ({ sink }) => {
    queueMicrotask(() => sink.closed({ kind: 'lost', detail: 'no answer' }));
    return { ack() {}, stop() {} };
  };
  const silent: OpenSource = () => ({ ack() {}, stop() {} });
  for (const [polling, withinMs] of [
    [broken, 800],
    [silent, 1_800],
  ] as const) {
    const fromMs = performance.now();
    const live = open(server.origin, 'auto', { sources: { ...testSources(), polling } });
    const { link } = await until(live, 'Socket.IO', (state) => state.link.status === 'live');
    expect(performance.now() - fromMs).toBeLessThan(withinMs);
    expect(link).toMatchObject({ transport: 'socketio', fallback: null });
    await expectSameView(live, server);
  }
});

const REFUSALS = [
  'HTTP/1.1 400 Bad Request',
  'HTTP/1.1 403 Forbidden',
  'HTTP/1.1 503 Service Unavailable',
  'swallow',
] as const;

test('C19, C37: where a proxy refuses upgrades or swallows them, auto goes on by SSE after 3 s and says why', async () => {
  const server = await startServer();
  server.addHosts(10);
  const waits = REFUSALS.flatMap((fate) => [0, 0.5, 0.999].map((random) => ({ fate, random })));
  await Promise.all(
    waits.map(async ({ fate, random }) => {
      const cable = await startCable(server);
      cable.upgrades = fate;
      const fromMs = performance.now();
      const live = open(cable.origin, 'auto', { random: () => random, pollMs: 500 });
      // The first look shows the hosts at once, but nothing is called live before a transport delivers.
      const { link: before } = await until(live, 'the first look', ({ epoch }) => epoch !== null);
      expect(before.status).not.toBe('live');
      const { link } = await until(live, 'a live view', (state) => state.link.status === 'live');
      const tookMs = performance.now() - fromMs;
      expect(tookMs, `${fate} ${random}`).toBeGreaterThan(2_900);
      expect(tookMs, `${fate} ${random}`).toBeLessThan(3_900);
      expect(link).toMatchObject({ transport: 'sse', mode: 'auto', fallback: { from: 'socketio' } });
      expect(link.fallback?.detail).toMatch(fate === 'swallow' ? /^no frame for 3 s$/ : /^Socket\.IO: /);
      await expectSameView(live, server);
    }),
  );
});

test('C20: auto climbs back, the new connection delivering before the old one ends', async () => {
  const server = await startServer();
  server.addHosts(10);
  const cable = await startCable(server);
  cable.upgrades = 'HTTP/1.1 403 Forbidden';
  let aheadMs = 0;
  const live = open(cable.origin, 'auto', { now: () => Date.now() + aheadMs, random: () => 0.5 });
  await until(live, 'SSE', ({ link }) => link.fallback !== null && link.status === 'live');
  const statuses = new Set<string>();
  live.store.subscribe(({ link }) => statuses.add(link.status));
  // A first climb that fails is not seen but by the proxy.
  const taken = cable.taken;
  aheadMs += 60_000;
  await until(live, 'a climb in vain', () => cable.taken > taken);
  expect(live.store.getState().link.transport).toBe('sse');
  cable.upgrades = 'pass';
  aheadMs += 60_000;
  const { link } = await until(live, 'Socket.IO', (state) => state.link.transport === 'socketio');
  expect(link.fallback).toBeNull();
  server.set([1, DOWN]);
  await expectSameView(live, server);
  expect(live.frames.at(-1)?.transport).toBe('socketio');
  expect([...statuses]).toEqual(['live']);
}, 12_000);

test('C21: a forced Socket.IO stays with Socket.IO, and says that it is reconnecting', async () => {
  const server = await startServer();
  server.addHosts(10);
  const cable = await startCable(server);
  cable.upgrades = 'HTTP/1.1 403 Forbidden';
  const live = open(cable.origin, 'socketio');
  await until(live, 'three attempts', () => cable.taken === 3);
  const { link } = await until(live, 'the end of the last one', (state) => state.link.retryAtMs !== null);
  expect(live.frames).toEqual([]);
  expect(link).toMatchObject({ transport: 'socketio', status: 'reconnecting', fallback: null });
  // It may have asked whether somebody is signed in; it watches by no other way.
  expect(server.viewers.size).toBe(0);
  cable.upgrades = 'pass';
  live.pause();
  live.resume();
  await expectSameView(live, server);
});

test.each(TRANSPORTS)('C18, L33: over %s a 503 is left alone for as long as it says', async (mode) => {
  const server = await startServer({ maxViewers: 1 });
  server.addHosts(10);
  const place = server.viewers.take('127.0.0.1')!;
  let nowMs = 1_000_000;
  const live = open(server.origin, mode, { now: () => nowMs });
  const { link } = await until(live, 'the refusal', (state) => state.link.retryAtMs !== null);
  expect(link.retryAtMs).toBe(nowMs + 5_000);
  expect(link.problem).toBe('refused');
  expect(link.problemDetail).toMatch(/viewers/);
  expect(link.status).toBe('reconnecting');
  place.release();
  nowMs += 5_000;
  live.pause();
  live.resume();
  await expectSameView(live, server);
});

test('C34, L16: alerts that a frame had no room for are read from the API, opened and closed alike', async () => {
  const whole = await startTestServer('--min-timeout-ms', '200');
  stops.push(() => whole.stop());
  const hosts = Array.from({ length: 600 }, (_, i) => `web-${i}`);
  const beatAll = async (interval: string): Promise<void> => {
    for (const host of hosts) await whole.beat(`${host} interval=${interval}`);
  };
  const live = open(`http://127.0.0.1:${whole.port}`, 'socketio');
  const away = async (interval: string, done: (hosts: { up: number; down: number }) => boolean) => {
    live.pause();
    await beatAll(interval);
    await whole.until('/api/health', ({ hosts }) => done(hosts));
    live.frames.length = 0;
    live.resume();
  };
  await beatAll('600s');
  await until(live, '600 hosts', ({ counts }) => counts?.up === 600);
  await away('20ms', ({ down }) => down === 600);
  const opened = await until(
    live,
    'the newest alerts',
    ({ alerts, alertsTruncated }) => alertsTruncated && alerts.size === 500,
  );
  expect(live.frames.find(({ t }) => t === 'A')?.frame).toMatchObject({ more: true });
  expect(opened.counts?.down).toBe(600);
  const page = await live.api.alerts({ status: 'open', limit: 500 });
  await until(live, 'those of the API', ({ alerts }) => page.alerts.every(({ id }) => alerts.has(id)));
  await away('600s', ({ up }) => up === 600);
  const { alertsTruncated, counts } = await until(live, 'no alert', ({ alerts }) => alerts.size === 0);
  await until(live, 'all of them', (state) => !state.alertsTruncated);
  expect([alertsTruncated, counts?.up]).toEqual([false, 600]);
});

type Step =
  | { readonly type: 'change'; readonly slots: readonly number[]; readonly state: number }
  | { readonly type: 'alert'; readonly number: number; readonly closed: boolean }
  | { readonly type: 'grow'; readonly hosts: number }
  | { readonly type: 'mode'; readonly mode: Mode }
  | { readonly type: 'cut' | 'pause' | 'resume' | 'turn' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant('change' as const),
        slots: fc.array(fc.nat(199), { maxLength: 20 }),
        state: fc.constantFrom(UP, DOWN, 3, 5, DOWN | 16, 0),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('alert' as const), number: fc.nat(5), closed: fc.boolean() }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('grow' as const), hosts: fc.integer({ min: 1, max: 9 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('mode' as const),
        mode: fc.constantFrom(...MODES),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constantFrom('cut' as const, 'pause' as const, 'resume' as const) }),
    },
    { weight: 6, arbitrary: fc.record({ type: fc.constant('turn' as const) }) },
  ),
  { minLength: 5, maxLength: 30 },
);

test('C30: whatever changes, cuts and switches there were, a quiet view is the server’s (seed 20261120)', async () => {
  const server = await startServer();
  server.addHosts(200);
  const cable = await startCable(server);
  const alerts = new Map<string, Alert>();
  await fc.assert(
    fc.asyncProperty(steps, async (run) => {
      const live = open(cable.origin, 'auto', { pollMs: 2 });
      for (const step of run) {
        switch (step.type) {
          case 'change':
            server.set(...step.slots.map((slot): [number, number] => [slot, step.state]));
            break;
          case 'alert': {
            const alert = alertOf(step.number, { closedAt: step.closed ? server.log.seq : null });
            alerts.set(alert.id, alert);
            server.log.stageAlert(alert);
            server.publish();
            break;
          }
          case 'grow':
            server.addHosts(step.hosts);
            break;
          case 'mode':
            live.setMode(step.mode);
            break;
          case 'cut':
            cable.cut();
            break;
          case 'turn':
            await new Promise((resolve) => setTimeout(resolve, 2));
            break;
          default:
            live[step.type]();
        }
      }
      // Whatever it waits for, it need not.
      live.pause();
      live.resume();
      await expectSameView(live, server);
      const opened = [...alerts.values()].filter(({ closedAt }) => closedAt === null);
      expect(new Map(live.store.getState().alerts)).toEqual(
        new Map(opened.map((alert) => [alert.id, alert])),
      );
      live.stop();
    }),
    { seed: 20261120, numRuns: 60, endOnFailure: true },
  );
}, 30_000);

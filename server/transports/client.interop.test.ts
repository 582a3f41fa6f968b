/** The browser's half of the live protocol on the server's half, over real sockets. */
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { Alert } from '#lib/protocol/alert.ts';
import { digestOf } from '#lib/protocol/digest.ts';
import type { Mode } from '../../lib/client/ladder.ts';
import { createLive, type Live, type LiveParts } from '../../lib/client/live.ts';
import type { OpenSource } from '../../lib/client/source.ts';
import { openPoll } from '../../lib/client/sources/poll.ts';
import { openSocketIo } from '../../lib/client/sources/socketio.ts';
import type { LiveState } from '../../lib/client/view-store.ts';
import { startTestServer } from '../testing/running-server.ts';
import { ContractCable } from './contract-cable.ts';
import { ContractServer, type ContractServerOptions } from './contract-server.ts';

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
  readonly transport: 'socketio' | 'polling';
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
  const noted =
    (transport: Seen['transport'], openSource: OpenSource): OpenSource =>
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
      });
  const live = createLive(
    { origin, mode, storage: null },
    {
      // The least waits, so that tests are short.
      random: () => 0,
      sources: {
        socketio: noted('socketio', openSocketIo),
        polling: noted('polling', (options) => openPoll(options, pollMs)),
      },
      ...parts,
    },
  );
  stops.push(() => live.stop());
  live.start();
  return { ...live, frames, kinds: () => frames.map(({ t }) => t).join('') };
}

function until(live: Live, what: string, condition: (state: LiveState) => boolean): Promise<LiveState> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const state = live.store.getState();
      if (!condition(state)) return;
      done();
      resolve(state);
    };
    const late = setTimeout(() => {
      done();
      const { link, seq } = live.store.getState();
      reject(new Error(`waited in vain for ${what}: seq ${seq}, link ${JSON.stringify(link)}`));
    }, 9_000);
    const unsubscribe = live.store.subscribe(look);
    const done = (): void => {
      clearTimeout(late);
      unsubscribe();
    };
    look();
  });
}

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

function alertOf(number: number, changes: Partial<Alert> = {}): Alert {
  const hostId = number.toString(16).padStart(16, '0');
  return {
    id: `${hostId}-1`,
    hostId,
    host: `web-${number}`,
    episode: 1,
    openedAt: 1_000 + number,
    closedAt: null,
    reason: 'no heartbeat for 5.0 s',
    evidence: null,
    incidentId: null,
    ack: null,
    ...changes,
  };
}

const MODES = ['socketio', 'polling'] as const;

test.each(MODES)(
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

test.each(MODES)(
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

test('C22, C30: switching between the transports under 100 ticks a second loses nothing', async () => {
  const server = await startServer();
  server.addHosts(2_000);
  const live = open(server.origin, 'socketio');
  await caughtUp(live, server);
  const known = new Map([[server.log.digest(), server.log.seq]]);
  let newest = 0;
  const unknown: string[] = [];
  live.subscribeChanges((_slots, states) => {
    const seq = known.get(digestOf(states));
    if (seq === undefined || seq < newest) unknown.push(`${seq} after ${newest}`);
    else newest = seq;
  });
  let turn = 0;
  await new Promise<void>((resolve) => {
    const ticking = setInterval(() => {
      turn++;
      const nowMs = server.viewers.clock();
      for (let i = 0; i < 20; i++)
        server.log.stageState((turn * 37 + i * 101) % 2_000, (turn + i) % 3 ? UP : DOWN, nowMs);
      const forget = server.log.subscribe(() => known.set(server.log.digest(), server.log.seq));
      server.publish();
      forget();
      if (turn % 12 === 0) live.setMode(MODES[(turn / 12) % 2]!);
      if (turn === 150) {
        clearInterval(ticking);
        resolve();
      }
    }, 10);
  });
  await expectSameView(live, server);
  expect(unknown).toEqual([]);
  expect(live.kinds().match(/S/g)).toHaveLength(1);
  expect(live.kinds()).not.toContain('R');
  expect(live.store.getState().link.resyncs).toBe(0);
});

test.each(MODES)(
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

test.each(MODES)(
  'L12, C1: over %s another run of the server gives R and S, and the view is never empty',
  async (mode) => {
    const first = await startServer();
    first.addHosts(30);
    first.log.stageAlert(alertOf(1));
    first.set([1, DOWN]);
    const cable = await startCable(first);
    const live = open(cable.origin, mode);
    await expectSameView(live, first);
    const second = await startServer();
    second.addHosts(20);
    const sizes = new Set<number>();
    live.store.subscribe(({ slotCount }) => sizes.add(slotCount));
    live.frames.length = 0;
    cable.targetPort = second.port;
    cable.cut();
    await until(live, 'the new epoch', ({ epoch }) => epoch === second.log.epoch);
    await expectSameView(live, second);
    expect(live.kinds().replaceAll('B', '')).toBe('RS');
    expect(live.frames[0]?.frame).toMatchObject({ t: 'R', why: 'epoch' });
    expect(sizes).not.toContain(0);
    expect(live.store.getState().alerts.size).toBe(0);
  },
);

test.each(MODES)('L12, C15: over %s a position ahead of the server gives R and S', async (mode) => {
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
  expect(live.frames[0]?.frame).toMatchObject({ t: 'R', why: 'gap' });
});

test.each(MODES)('C24: over %s pause freezes the view, resume gives one diff', async (mode) => {
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
    const live = open(server.origin, 'auto', { sources: { socketio: openSocketIo, polling } });
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

test('C19, C37: where a proxy refuses upgrades or swallows them, auto polls after 3 s and says why', async () => {
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
      expect(link).toMatchObject({ transport: 'polling', mode: 'auto', fallback: { from: 'socketio' } });
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
  await until(live, 'polling', ({ link }) => link.fallback !== null && link.status === 'live');
  const statuses = new Set<string>();
  live.store.subscribe(({ link }) => statuses.add(link.status));
  // A first climb that fails is not seen but by the proxy.
  const taken = cable.taken;
  aheadMs += 60_000;
  await until(live, 'a climb in vain', () => cable.taken > taken);
  expect(live.store.getState().link.transport).toBe('polling');
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
  expect(server.sockets.size).toBe(0);
  cable.upgrades = 'pass';
  live.pause();
  live.resume();
  await expectSameView(live, server);
});

test.each(MODES)('C18, L33: over %s a 503 is left alone for as long as it says', async (mode) => {
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
        mode: fc.constantFrom<Mode>('auto', ...MODES),
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

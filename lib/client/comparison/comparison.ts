/**
 * Up to four transports side by side on the same changes: lanes with connections of their own, measured alike.
 * Puts the parts together and keeps them as the settings want them; knows no React. Nothing runs before `start`.
 */
import { createStore } from 'zustand/vanilla';
import type { Transport } from '../ladder.ts';
import type { OpenSources } from '../source.ts';
import { liveSources } from '../sources/live-sources.ts';
import { openPoll } from '../sources/poll.ts';
import { steadyNowMs } from '../steady-clock.ts';
import { INITIAL_LINK, type Link } from '../view-store.ts';
import { createComparisonApi } from './comparison-api.ts';
import { comparisonCsv, comparisonJson } from './comparison-export.ts';
import { DEFAULT_SETTINGS, withinLimits } from './comparison-settings.ts';
import type { ClockReading, Comparison, ComparisonOptions, ComparisonState } from './comparison-state.ts';
import { LaneConnection } from './lane-connection.ts';
import { LaneListeners } from './lane-listeners.ts';
import { LaneRecord } from './lane-record.ts';
import { MeasuringRound, type RunningLane } from './measuring-round.ts';
import { PageAttention } from './page-attention.ts';
import { createPaintWatch } from './paint-watch.ts';
import { RateLimit } from './rate-limit.ts';
import { createScratchHosts } from './scratch-hosts.ts';
import { SimulatedTrouble } from './simulated-trouble.ts';

/** What a test may put in the place of the real ones. */
export type ComparisonParts = {
  /** For one lane. `pollMs`: what its polling has to wait between two requests now. */
  readonly sources?: (pollMs: () => number) => OpenSources;
  /** ms, monotonic. */
  readonly now?: () => number;
  readonly wall?: () => number;
  readonly random?: () => number;
  /** How often the server is asked what happened, ms. */
  readonly roundEveryMs?: number;
};

const PUBLISH_EVERY_MS = 250;
const ROUND_EVERY_MS = 1_000;
/** The lanes are connected to nothing. */
const NO_FEED = Symbol('no feed');

type LaneOfComparison = { readonly record: LaneRecord; connection: LaneConnection | null; link: Link };

function pageSources(pollMs: () => number): OpenSources {
  return { ...liveSources(), polling: (options) => openPoll(options, pollMs()) };
}

/** Disposed of by whoever made it. */
export function createComparison(options: ComparisonOptions = {}, parts: ComparisonParts = {}): Comparison {
  const origin = options.origin ?? '';
  const now = parts.now ?? steadyNowMs;
  const wall = parts.wall ?? Date.now;
  const random = parts.random ?? Math.random;
  const api = createComparisonApi(origin);
  const scratch = createScratchHosts(api, () => arrange());
  const trouble = new SimulatedTrouble(random);
  const paint = createPaintWatch(now);
  const attention = new PageAttention({
    origin,
    now,
    wall,
    onWake: () => eachConnection((connection) => connection.wake()),
    onBarred: () => {
      paint.forget();
      eachConnection((connection) => connection.forget());
    },
  });
  const round = new MeasuringRound(api, attention);
  const limit = new RateLimit(publish, PUBLISH_EVERY_MS);
  const lanes = new Map<Transport, LaneOfComparison>();
  const listeners = new LaneListeners();

  let settings = withinLimits(DEFAULT_SETTINGS, options.settings ?? {});
  let life: 'idle' | 'running' | 'stopped' | 'disposed' = 'idle';
  /** What the lanes are connected to; null = the fleet. */
  let feed: string | null | typeof NO_FEED = NO_FEED;
  let rounds = new AbortController();
  let asking = false;
  let timers: ReturnType<typeof setInterval>[] = [];
  let elapsedBeforeMs = 0;
  let runningSinceMs: number | null = null;
  /** Goes with the figures when the comparison has stopped. */
  let lastClock: ClockReading | null = null;

  const store = createStore<ComparisonState>(() => stateNow());

  function eachConnection(tell: (connection: LaneConnection) => void): void {
    for (const { connection } of lanes.values()) if (connection !== null) tell(connection);
  }

  function connect(lane: LaneOfComparison, to: string | null): void {
    const { transport } = lane.record;
    lane.record.newConnection();
    const connection = new LaneConnection({
      origin,
      transport,
      feed: to,
      sources: (parts.sources ?? pageSources)(() => settings.pollMs),
      trouble,
      paint,
      now,
      wall,
      random,
      counts: () => attention.look() && attention.bar() === null,
      onChange: (slots, states) => listeners.tell(transport, slots, states),
      onNews: () => follow(lane),
    });
    lane.connection = connection;
    connection.start();
  }

  /** Its figures stay. */
  function disconnect(lane: LaneOfComparison): void {
    if (lane.connection === null) return;
    lane.connection.stop();
    follow(lane);
    lane.connection = null;
  }

  /** After each frame, so that the age of the view is taken when it is at its highest. */
  function follow(lane: LaneOfComparison): void {
    const { connection, record } = lane;
    if (connection === null) return;
    const link = connection.link();
    if ((Object.keys(link) as (keyof Link)[]).some((key) => link[key] !== lane.link[key])) lane.link = link;
    record.count(link, connection.gaps);
    record.freshness(connection.view.newestTs, now(), attention.reading(), attention.countFromMs);
  }

  function nextFeed(): typeof feed {
    if (life !== 'running') return NO_FEED;
    if (settings.changesPerSecond === 0) return null;
    // The fleet goes on being watched until the scratch hosts are there; lost ones are not waited for.
    return scratch.feed ?? (feed === null ? null : NO_FEED);
  }

  /** Makes what there is what is wanted. May be called at any time, as often as one likes. */
  function arrange(): void {
    const next = nextFeed();
    if (next !== feed) {
      for (const lane of lanes.values()) disconnect(lane);
      round.forget();
      rounds.abort();
      rounds = new AbortController();
      feed = next;
    }
    for (const transport of lanes.keys()) {
      if (settings.transports.includes(transport)) continue;
      disconnect(lanes.get(transport)!);
      lanes.delete(transport);
    }
    for (const transport of settings.transports) {
      const lane = lanes.get(transport) ?? newLane(transport);
      if (lane.connection === null && feed !== NO_FEED) connect(lane, feed);
    }
    measureTime();
    limit.request();
  }

  function newLane(transport: Transport): LaneOfComparison {
    const lane = { record: new LaneRecord(transport), connection: null, link: INITIAL_LINK };
    lanes.set(transport, lane);
    return lane;
  }

  function measureTime(): void {
    if (feed === NO_FEED) {
      elapsedBeforeMs = elapsedMs();
      runningSinceMs = null;
    } else runningSinceMs ??= now();
  }

  function elapsedMs(): number {
    return elapsedBeforeMs + (runningSinceMs === null ? 0 : now() - runningSinceMs);
  }

  async function ask(): Promise<void> {
    const asked = feed;
    if (asking || asked === NO_FEED || !attention.visible) return;
    asking = true;
    const running = [...lanes.values()].flatMap(({ record, connection }): RunningLane[] =>
      connection === null ? [] : [{ record, connection }],
    );
    const found = await round.run(running, asked, rounds.signal);
    asking = false;
    if (found === 'gone' && asked !== null && asked === feed) scratch.lost(asked);
    limit.request();
  }

  function stateNow(): ComparisonState {
    const phase = life === 'disposed' ? 'stopped' : life;
    const running = life === 'running';
    const clock = running ? attention.reading() : lastClock;
    if (clock !== null) lastClock = clock;
    return {
      phase: running && feed === NO_FEED ? 'starting' : phase,
      problem: scratch.problem,
      elapsedMs: elapsedMs(),
      settings,
      clock,
      lanes: settings.transports.flatMap((transport) => {
        const lane = lanes.get(transport);
        if (lane === undefined) return [];
        return [lane.record.lane(lane.link, running ? attention.bar() : null)];
      }),
    };
  }

  function publish(): void {
    for (const lane of lanes.values()) follow(lane);
    store.setState(stateNow());
  }

  function halt(next: 'stopped' | 'disposed'): void {
    life = next;
    for (const timer of timers.splice(0)) clearInterval(timer);
    scratch.want(0);
    arrange();
    attention.stop();
    paint.forget();
  }

  for (const transport of settings.transports) newLane(transport);
  store.setState(stateNow(), true);

  return {
    store,
    configure(wanted) {
      if (life === 'disposed') return;
      const before = settings;
      settings = withinLimits(before, wanted);
      trouble.set(settings.delayMs, settings.cutEveryS);
      if (life === 'running' && settings.changesPerSecond !== before.changesPerSecond) {
        scratch.want(settings.changesPerSecond);
      }
      if (settings.pollMs !== before.pollMs) {
        eachConnection((connection) => {
          if (connection.link().transport === 'polling') connection.reconnect();
        });
      }
      arrange();
    },
    start() {
      if (life === 'running' || life === 'disposed') return;
      life = 'running';
      timers = [
        setInterval(() => limit.request(), PUBLISH_EVERY_MS),
        setInterval(() => void ask(), parts.roundEveryMs ?? ROUND_EVERY_MS),
      ];
      trouble.set(settings.delayMs, settings.cutEveryS);
      attention.start();
      scratch.want(settings.changesPerSecond);
      arrange();
    },
    stop() {
      if (life === 'running') halt('stopped');
    },
    reset() {
      for (const { record } of lanes.values()) record.reset();
      attention.countFromNow();
      elapsedBeforeMs = 0;
      if (runningSinceMs !== null) runningSinceMs = now();
      limit.request();
    },
    subscribeLane: (transport, listener) => listeners.add(transport, listener),
    exportCsv: () => comparisonCsv(stateNow()),
    exportJson() {
      const state = stateNow();
      return comparisonJson(
        state,
        state.lanes.map(({ transport }) => lanes.get(transport)!.record.samples.kept()),
      );
    },
    dispose() {
      if (life === 'disposed') return;
      halt('disposed');
      limit.cancel();
      paint.dispose();
      listeners.clear();
    },
  };
}

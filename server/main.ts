/**
 * The composition root: config → engine, store, what the last run left, pipeline, live log, sign-in, HTTP, pages;
 * stopped in reverse. What this is as a program is program.ts.
 */
import { randomBytes } from 'node:crypto';
import { getRequestListener } from '@hono/node-server';
import manifest from '../package.json' with { type: 'json' };
import { AlertBook } from './alerts/alert-book.ts';
import { Accounts } from './auth/accounts.ts';
import { EVERYONE, notedIdentity } from './auth/identity.ts';
import { clockFrom, clockOrigin } from './clock.ts';
import { type Config, ConfigError, checkMachine, explainSystemError } from './config.ts';
import { type Engine, policyOf, type ShardBatch, startEngine } from './engine/index.ts';
import { keepHeapsSmall } from './heap-sizes.ts';
import { createApi } from './http/api.ts';
import type { ApiContext } from './http/api-context.ts';
import { proxyList } from './http/client-address.ts';
import { FleetSampler, SAMPLE_EVERY_MS } from './http/fleet-samples.ts';
import { guardRules } from './http/guard.ts';
import { startHttpServer } from './http/http-server.ts';
import { DigestCheck } from './live/digest-check.ts';
import { newEpoch } from './live/epoch.ts';
import { HostDirectory } from './live/host-directory.ts';
import { LiveLog } from './live/live-log.ts';
import { Publisher } from './live/publisher.ts';
import { ScratchFeeds } from './live/scratch-feeds.ts';
import { ViewerPlaces } from './live/viewer-places.ts';
import { Viewers } from './live/viewers.ts';
import type { Pages } from './next-app.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import { Register } from './pipeline/register.ts';
import { RegisterSweep } from './pipeline/register-sweep.ts';
import { Removals } from './pipeline/removals.ts';
import { ReplayWindows, readReplayWindows } from './pipeline/replay-windows.ts';
import { readRegister, restoreFleet } from './pipeline/restore.ts';
import { reachableAddresses } from './reachable-addresses.ts';
import { databaseIn } from './store/sqlite/database-file.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import { type Store, StoreFileError } from './store/store.ts';
import { createLiveRoutes } from './transports/live-routes.ts';
import type { LiveSources } from './transports/live-sources.ts';
import { Meters } from './transports/meters.ts';
import { createSocketIoTransport } from './transports/socketio.ts';

/** Deadlines of acknowledgements and removals are this exact. */
const PIPELINE_TICK_MS = 500;
/** A timeline is unknown for at most so long after a crash. */
const ALIVE_EVERY_MS = 10_000;
const STORE_LOOK_MS = 1_000;
const TRIM_EVERY_MS = 3_600_000;
const DAY_MS = 24 * 3_600_000;

export type RunningServer = {
  readonly epoch: string;
  readonly url: string;
  readonly port: number;
  readonly heartbeatHost: string;
  readonly heartbeatPort: number;
  /** Idempotent; within about a second, viewers or not. */
  stop(): Promise<void>;
};

export type ServerParts = {
  /** null: an API without pages. */
  readonly startPages: ((options: { dev: boolean; hostname: string; port: number }) => Promise<Pages>) | null;
  /** AUTH=password and no user yet: with this the first one is made. For the operator's eyes alone. */
  readonly onSetupToken: (token: string) => void;
  /** Something of ours failed for good: the process should end. */
  readonly onFatal: (error: Error) => void;
  /** What an operator should read in the log, once. */
  readonly onNotice: (text: string) => void;
  /** Worth a line in the log; watching goes on. */
  readonly onFault: (error: Error) => void;
};

/** What has been started, stopped in reverse. */
class Stops {
  readonly #stops: (() => unknown)[] = [];
  #stopping: Promise<void> | null = null;

  add(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  run(): Promise<void> {
    this.#stopping ??= (async () => {
      for (const stop of this.#stops.reverse()) await stop();
    })();
    return this.#stopping;
  }
}

/** Rejects with a ConfigError for an operator's mistake; nothing is left running then. */
export async function startServer(config: Config, parts: ServerParts): Promise<RunningServer> {
  const stops = new Stops();
  try {
    return await compose(config, parts, stops);
  } catch (error) {
    await stops.run();
    throw error;
  }
}

async function compose(config: Config, parts: ServerParts, stops: Stops): Promise<RunningServer> {
  keepHeapsSmall();
  const { addresses, heartbeatAddresses } = await checkMachine(config);
  const origin = clockOrigin();
  const clock = clockFrom(origin);
  const startedAtMs = clock();
  // It hears from now on, and judges nobody before it is told who is known.
  const engine = await startHeartbeats(config, heartbeatAddresses, {
    clockOrigin: origin,
    onBatch: (batch) => pipeline.take(batch),
    onNotice: parts.onNotice,
    onFault: parts.onFatal,
  });
  stops.add(() => engine.stop());
  const store = await openStore(config);
  stops.add(() => store.close());
  const stored = await store.load(Math.round(startedAtMs));
  const directory = new HostDirectory();
  const known = await readRegister(store, directory);

  const alerts = new AlertBook();
  const register = new Register({ engine, directory });
  const removals = new Removals();
  const { maxHosts } = config;
  const room = Math.max(maxHosts, known.length);
  const live = new LiveLog({
    epoch: newEpoch(),
    // Room for the slots that rest after their hosts were removed, as the engine keeps for its rows.
    capacity: room + Math.ceil(room / 4) + 64,
    rates: () => {
      const { heartbeatsPerSecond, degraded } = engine.ingest();
      return { heartbeatsPerSecond, blind: degraded };
    },
  });
  const { onFault } = parts;
  const pipeline = new Pipeline({
    ...{ engine, directory, alerts, store, live, register, removals, clock, maxHosts, onFault },
  });
  const nowMs = Math.round(clock());
  const saved = config.tags === null ? null : await readReplayWindows(store);
  restoreFleet(stored, known, {
    ...{ engine, directory, alerts, live, removals, store, nowMs, onFault },
    policyOf: (labels) => policyOf(config.policies, labels),
    ...(saved === null ? {} : { runOf: saved.of }),
  });
  const replayWindows =
    saved === null
      ? null
      : new ReplayWindows({
          ...{ runs: engine.taggedRuns, isRestored: engine.isRestored, store, epoch: live.epoch, clock },
        });
  const sweep = new RegisterSweep({ directory, register, write: (slots) => pipeline.writeRows(slots) });
  // What the shards still have to say comes with their end, and is stored before the store is closed.
  stops.add(async () => {
    await engine.stop();
    await pipeline.finish();
    await sweep.finish();
    await replayWindows?.finish();
    store.alive(Math.round(clock()));
  });
  pipeline.begin();
  every(PIPELINE_TICK_MS, () => pipeline.tick(), stops);
  startUpkeep(store, config, clock, parts, stops);

  const publisher = new Publisher({ log: live, clock, tickMs: config.tickMs });
  stops.add(() => publisher.stop());
  const onMismatch = (count: number) =>
    parts.onFault(
      new Error(`the digest disagreed with the states (${count} times since the start); it was mended`),
    );
  const check = new DigestCheck({ log: live, onMismatch });
  stops.add(() => check.stop());
  const samples = startSampling(engine, live, clock, stops);

  const places = new ViewerPlaces({ maxViewers: config.maxViewers });
  const viewers = new Viewers({ log: live, clock, places });
  stops.add(() => viewers.stop());
  const scratch = new ScratchFeeds({ clock, places, tickMs: config.tickMs });
  stops.add(() => scratch.stop());
  const sources: LiveSources = { viewers, scratch, meters: new Meters(clock) };
  const socketIo = createSocketIoTransport({ ...sources, isAllowed: () => true });
  stops.add(() => socketIo.close());

  const accounts =
    config.auth === 'none'
      ? null
      : new Accounts({ store, stored: stored.accounts, clock, onSetupToken: parts.onSetupToken, onFault });
  stops.add(() => accounts?.stop());
  let { settings } = stored;

  const heartbeatPort = engine.addresses[0]!.port;
  const context: ApiContext = {
    live,
    directory,
    store,
    samples,
    readHost: engine.read,
    openAlertId: (id) => alerts.openOf(id)?.id ?? null,
    ingest: () => {
      const { read: _, ...ingest } = engine.ingest();
      return { receiver: engine.receiver, shards: engine.shards, ...ingest };
    },
    about: () => ({
      version: manifest.version,
      heartbeat: {
        host: config.heartbeatHost,
        port: heartbeatPort,
        addresses: reachableAddresses(heartbeatAddresses),
        keys: config.tags !== null,
      },
      demo: config.demo,
      store: store.kind,
      startedAt: Math.round(startedAtMs),
      auth: config.auth,
      settings,
    }),
    uptimeMs: () => clock() - startedAtMs,
    nowMs: () => Math.round(clock()),
    // Whoever asks without a request of HTTP has come through no door: nobody.
    identify: (request) => (request === undefined ? null : notedIdentity(request)),
    accounts,
    settings: () => settings,
    changeSettings: async (wanted, by) => {
      const detail = `commentRequired=${wanted.commentRequired}`;
      const at = Math.round(clock());
      await store.changeSettings(wanted, { at, actor: by, action: 'change-settings', target: null, detail });
      settings = wanted;
    },
    expectHost: (host, by) => pipeline.expectHost(host, by),
    removeHosts: (ids, by) => pipeline.removeHosts(ids, by),
    newBatchId: () => randomBytes(8).toString('hex'),
    acknowledge: (targets, command) => pipeline.acknowledge(targets, command),
    unacknowledge: (target, by) => pipeline.unacknowledge(target, by),
    scratch: {
      create: (hosts, changesPerSecond) => scratch.create(hosts, changesPerSecond)?.info ?? null,
      setRate: (feed, changesPerSecond) => scratch.get(feed)?.setRate(changesPerSecond) ?? null,
      remove: (feed) => scratch.remove(feed),
    },
    onError: parts.onFault,
  };

  // Pages need the port, and a port in use should be known before they are loaded: what asks early waits.
  const pages = Promise.withResolvers<Pages>();
  pages.promise.catch(() => {});
  const { dev } = config;
  const listener = getRequestListener(createApi(context).fetch, { overrideGlobalObjects: false });
  const http = await startHttpServer(
    addresses,
    config.port,
    (port) => guardRules(config.host, port, config.allowedHosts, config.allowedOrigins),
    {
      authenticate: accounts?.authenticate ?? (() => EVERYONE),
      live: createLiveRoutes(sources),
      api: (request, response) => void listener(request, response),
      pages:
        parts.startPages === null
          ? null
          : (request, response) => {
              pages.promise
                .then((it) => it.handle(request, response))
                .catch((error: Error) => {
                  parts.onFault(error);
                  response.destroy();
                });
            },
      socketIo: socketIo.handleUpgrade,
      otherUpgrade: dev
        ? (request, socket, head) => void pages.promise.then((it) => it.upgrade?.(request, socket, head))
        : null,
      trustedProxies: proxyList(config.trustedProxies),
      onError: parts.onFault,
    },
  ).catch((error: unknown) => {
    throw explainSystemError({ port: 'PORT', host: 'HOST' }, config.host, config.port, error) ?? error;
  });
  stops.add(() => http.close());
  // Before the connections go, so that what is held or streamed ends with an answer.
  stops.add(() => viewers.stop());
  stops.add(() => scratch.stop());

  if (parts.startPages !== null) {
    const started = await parts.startPages({ dev, hostname: config.host, port: http.port });
    stops.add(() => started.close());
    pages.resolve(started);
  }
  return {
    epoch: live.epoch,
    url: `http://${inUrl(config.host)}:${http.port}`,
    port: http.port,
    heartbeatHost: config.heartbeatHost,
    heartbeatPort,
    stop: () => stops.run(),
  };
}

async function openStore({ dataDir }: Config): Promise<Store> {
  try {
    return await openSqliteStore({ path: databaseIn(dataDir) });
  } catch (error) {
    if (error instanceof StoreFileError) throw new ConfigError(error.message);
    throw error;
  }
}

/** That this run is alive, and the end of what is older than RETENTION_DAYS. */
function startUpkeep(
  store: Store,
  { retentionDays }: Config,
  clock: () => number,
  { onFault, onNotice }: Pick<ServerParts, 'onFault' | 'onNotice'>,
  stops: Stops,
): void {
  every(ALIVE_EVERY_MS, () => store.alive(Math.round(clock())), stops);
  let wasWritable = true;
  const lookAtStore = (): void => {
    const { writable, detail } = store.health();
    if (writable === wasWritable) return;
    wasWritable = writable;
    onNotice(
      writable
        ? 'history and acknowledgements are stored again'
        : `nothing can be stored: ${detail}; watching goes on, acknowledging is refused`,
    );
  };
  every(STORE_LOOK_MS, lookAtStore, stops);
  const trim = (): void => {
    store.trim(Math.round(clock()) - retentionDays * DAY_MS).catch(onFault);
  };
  trim();
  every(TRIM_EVERY_MS, trim, stops);
}

async function startHeartbeats(
  config: Config,
  hosts: readonly string[],
  wiring: {
    clockOrigin: ReturnType<typeof clockOrigin>;
    onBatch(batch: ShardBatch): Promise<void>;
    onNotice(text: string): void;
    onFault(error: Error): void;
  },
): Promise<Engine> {
  const { heartbeatPort, heartbeatHost, shards, maxHosts, misses, minTimeoutMs, maxTimeoutMs } = config;
  const { receiver, policies, tags } = config;
  const addresses = hosts.map((host) => ({ host, port: heartbeatPort }));
  try {
    return await startEngine({
      hold: true,
      addresses,
      shards,
      maxHosts,
      misses,
      minTimeoutMs,
      maxTimeoutMs,
      receiver,
      policies,
      tags,
      tcp: true,
      ...wiring,
    });
  } catch (error) {
    const variables = { port: 'HEARTBEAT_PORT', host: 'HEARTBEAT_HOST' } as const;
    throw explainSystemError(variables, heartbeatHost, heartbeatPort, error) ?? error;
  }
}

function startSampling(engine: Engine, live: LiveLog, clock: () => number, stops: Stops): FleetSampler {
  const samples = new FleetSampler();
  const sample = (): void => {
    const { up, late, down, left } = live.transitions();
    const changes = up + late + down + left;
    samples.sample(clock(), live.counts(), { heartbeats: engine.ingest().accepted, changes });
  };
  sample();
  every(SAMPLE_EVERY_MS, sample, stops);
  return samples;
}

function every(ms: number, work: () => void, stops: Stops): void {
  const timer = setInterval(work, ms);
  stops.add(() => clearInterval(timer));
}

export function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

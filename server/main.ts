/**
 * The composition root: config → engine, pipeline, live log, HTTP, pages; stopped in reverse. As a program it
 * prints one line when it is ready, and one line and exit code 2 for a mistake of the operator.
 */
import { randomBytes } from 'node:crypto';
import { getRequestListener } from '@hono/node-server';
import manifest from '../package.json' with { type: 'json' };
import { AlertBook } from './alerts/alert-book.ts';
import { clockFrom, clockOrigin } from './clock.ts';
import {
  type Config,
  ConfigError,
  checkMachine,
  explainSystemError,
  readConfig,
  settingsHelp,
} from './config.ts';
import { type Engine, type ShardBatch, startEngine } from './engine/index.ts';
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
import { Pipeline } from './pipeline.ts';
import { reachableAddresses } from './reachable-addresses.ts';
import { MemoryStore } from './store/memory/memory-store.ts';
import { createLiveRoutes } from './transports/live-routes.ts';
import type { LiveSources } from './transports/live-sources.ts';
import { Meters } from './transports/meters.ts';
import { createSocketIoTransport } from './transports/socketio.ts';

/** Deadlines of acknowledgements and removals are this exact. */
const PIPELINE_TICK_MS = 500;

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
  /** Something of ours failed for good: the process should end. */
  readonly onFatal: (error: Error) => void;
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
  const { addresses, heartbeatAddresses } = await checkMachine(config);
  const origin = clockOrigin();
  const clock = clockFrom(origin);
  const startedAtMs = clock();
  const directory = new HostDirectory();
  const alerts = new AlertBook();
  const store = new MemoryStore();
  stops.add(() => store.close());

  // Heartbeats may come before there is anyone to take them.
  const early: ShardBatch[] = [];
  let take = (batch: ShardBatch): void => void early.push(batch);
  const engine = await startHeartbeats(config, heartbeatAddresses, {
    clockOrigin: origin,
    onBatch: (batch) => take(batch),
    onFault: parts.onFatal,
  });
  stops.add(() => engine.stop());

  const live = new LiveLog({
    epoch: newEpoch(),
    // Room for the slots that rest after their hosts were removed, as the engine keeps for its rows.
    capacity: config.maxHosts + Math.ceil(config.maxHosts / 4) + 64,
    rates: () => {
      const { heartbeatsPerSecond, blind } = engine.ingest();
      return { heartbeatsPerSecond, blind };
    },
  });
  const pipeline = new Pipeline({ engine, directory, alerts, store, live, clock, onFault: parts.onFault });
  stops.add(() => pipeline.stop());
  for (const batch of early) pipeline.take(batch);
  take = (batch) => pipeline.take(batch);
  every(PIPELINE_TICK_MS, () => pipeline.tick(), stops);

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
      },
      demo: config.demo,
      store: store.kind,
      startedAt: Math.round(startedAtMs),
    }),
    uptimeMs: () => clock() - startedAtMs,
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

async function startHeartbeats(
  config: Config,
  hosts: readonly string[],
  wiring: {
    clockOrigin: ReturnType<typeof clockOrigin>;
    onBatch(batch: ShardBatch): void;
    onFault(error: Error): void;
  },
): Promise<Engine> {
  const { heartbeatPort, heartbeatHost, shards, maxHosts, misses, minTimeoutMs, maxTimeoutMs, receiver } =
    config;
  const addresses = hosts.map((host) => ({ host, port: heartbeatPort }));
  try {
    return await startEngine({
      addresses,
      shards,
      maxHosts,
      misses,
      minTimeoutMs,
      maxTimeoutMs,
      receiver,
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

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** A clean stop takes well under this; longer means something hangs. */
const STOP_LIMIT_MS = 1_800;
/** The same fault again within this time is not logged again. */
const FAULT_QUIET_MS = 60_000;
const MAX_FAULTS_REMEMBERED = 200;
/** Ctrl-C arrives from the terminal and from npm: one wish, not two. */
const SAME_WISH_MS = 500;

export function exitOnConfigError(error: unknown): never {
  if (error instanceof ConfigError) {
    process.stderr.write(`pulsewatch: ${error.message}\n`);
    process.exit(2);
  }
  throw error;
}

/** The settings; or one line and exit code 2; or, asked for `--help`, what there is to set. */
export function configOrExit(args: readonly string[]): Config {
  if (args.includes('--help')) {
    process.stdout.write(settingsHelp());
    process.exit(0);
  }
  try {
    return readConfig(args);
  } catch (error) {
    return exitOnConfigError(error);
  }
}

/** The server as a program: resolves when it is ready, ends the process on SIGTERM, SIGINT or a fault of its own. */
export async function runServer(
  config: Config,
  loadPages: () => Promise<ServerParts['startPages']> = async () =>
    (await import('./next-app.ts')).startPages,
): Promise<RunningServer> {
  let ending = false;
  const onFatal = (error: unknown): void => {
    if (ending) return;
    ending = true;
    console.error('pulsewatch: it ends because of a fault of its own:', error);
    process.exit(1);
  };
  process.on('uncaughtException', onFatal);
  const quietUntilMs = new Map<string, number>();
  const onFault = (error: Error): void => {
    const nowMs = performance.now();
    if (nowMs < (quietUntilMs.get(error.message) ?? 0)) return;
    if (quietUntilMs.size >= MAX_FAULTS_REMEMBERED) quietUntilMs.clear();
    quietUntilMs.set(error.message, nowMs + FAULT_QUIET_MS);
    console.error('pulsewatch:', error);
  };

  let server: RunningServer | null = null;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  const end = (): void => {
    const nowMs = performance.now();
    if (ending && nowMs - askedAtMs > SAME_WISH_MS) process.exit(1);
    if (ending) return;
    ending = true;
    askedAtMs = nowMs;
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    (server?.stop() ?? Promise.resolve()).then(() => process.exit(0), onFatal);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);

  const startPages = await loadPages();
  server = await startServer(config, { startPages, onFatal, onFault }).catch(exitOnConfigError);
  const { url, heartbeatHost, heartbeatPort } = server;
  console.log(`Pulsewatch is ready: ${url} (heartbeats: UDP ${inUrl(heartbeatHost)}:${heartbeatPort})`);
  return server;
}

if (import.meta.main) await runServer(configOrExit(process.argv.slice(2)));

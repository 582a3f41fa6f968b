/** The server of the live benchmarks: the real viewers, transports and HTTP server, put together as main does. */
import { EVERYONE } from '../auth/identity.ts';
import type { Clock } from '../clock.ts';
import { proxyList } from '../http/client-address.ts';
import { guardRules } from '../http/guard.ts';
import { startHttpServer } from '../http/http-server.ts';
import { DigestCheck } from '../live/digest-check.ts';
import type { LiveLog } from '../live/live-log.ts';
import { ScratchFeeds } from '../live/scratch-feeds.ts';
import { ViewerPlaces } from '../live/viewer-places.ts';
import { Viewers } from '../live/viewers.ts';
import { createLiveRoutes } from '../transports/live-routes.ts';
import type { LiveSources } from '../transports/live-sources.ts';
import { Meters } from '../transports/meters.ts';
import { createSocketIoTransport } from '../transports/socketio.ts';

/** The default of TICK_MS. */
export const TICK_MS = 100;

export type LiveServer = {
  readonly port: number;
  /** Now served. */
  readonly viewers: number;
};

const fail = (error: Error): never => {
  throw error;
};

export async function startOurs(log: LiveLog, clock: Clock): Promise<LiveServer> {
  new DigestCheck({ log, onMismatch: (count) => fail(new Error(`the digest disagreed ${count} times`)) });
  const places = new ViewerPlaces();
  const viewers = new Viewers({ log, clock, places });
  const scratch = new ScratchFeeds({ clock, places, tickMs: TICK_MS });
  const sources: LiveSources = { viewers, scratch, meters: new Meters(clock) };
  const socketIo = createSocketIoTransport({ ...sources, isAllowed: () => true });
  const { port } = await startHttpServer(
    ['127.0.0.1'],
    0,
    (bound) => guardRules('127.0.0.1', bound, null, null),
    {
      authenticate: () => EVERYONE,
      live: createLiveRoutes(sources),
      api: (_request, response) => response.writeHead(404).end(),
      pages: null,
      socketIo: socketIo.handleUpgrade,
      otherUpgrade: null,
      trustedProxies: proxyList([]),
      onError: fail,
    },
  );
  return {
    port,
    get viewers() {
      return viewers.size;
    },
  };
}

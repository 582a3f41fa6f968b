/**
 * A real HTTP server with the live transports on it, and nothing else, for the transports' tests. The live log
 * is published by hand; the clock is real and can be set forward.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { SessionInfo } from '#lib/protocol/account.ts';
import { type Authenticate, EVERYONE, noteIdentity } from '../auth/identity.ts';
import { clockFrom, clockOrigin } from '../clock.ts';
import { guardRules, refusalOf } from '../http/guard.ts';
import { newEpoch } from '../live/epoch.ts';
import { LiveLog } from '../live/live-log.ts';
import { ScratchFeeds } from '../live/scratch-feeds.ts';
import { ViewerPlaces, type ViewerPlacesOptions } from '../live/viewer-places.ts';
import { Viewers } from '../live/viewers.ts';
import { createLiveRoutes } from './live-routes.ts';
import type { LiveSources } from './live-sources.ts';
import { Meters } from './meters.ts';
import { createSocketIoTransport, SOCKET_IO_PATH, type SocketIoTransport } from './socketio.ts';

export type ContractServerOptions = ViewerPlacesOptions & {
  /** Everyone when absent. */
  readonly authenticate?: Authenticate;
  readonly epoch?: string;
  readonly capacity?: number;
};

/** What `auto` asks before it blames a transport. */
const NOBODY = JSON.stringify({ auth: 'none', setupNeeded: false, user: null } satisfies SessionInfo);

export class ContractServer {
  readonly log: LiveLog;
  readonly viewers: Viewers;
  readonly scratch: ScratchFeeds;
  readonly socketIo: SocketIoTransport;
  readonly http: Server;
  readonly sockets = new Set<Socket>();
  /** Added to the clock, ms. */
  aheadMs = 0;

  constructor(options: ContractServerOptions = {}) {
    const clock = clockFrom(clockOrigin());
    const now = (): number => clock() + this.aheadMs;
    this.log = new LiveLog({
      epoch: options.epoch ?? newEpoch(),
      capacity: options.capacity ?? 100_000,
      rates: () => ({ heartbeatsPerSecond: 100, blind: false }),
    });
    const places = new ViewerPlaces(options);
    this.viewers = new Viewers({ log: this.log, clock: now, places });
    this.scratch = new ScratchFeeds({ clock: now, places, tickMs: 100 });
    // Host at any port: a test may stand a proxy in between.
    const isAllowed = (request: IncomingMessage): boolean =>
      refusalOf(request, guardRules('127.0.0.1', this.port, null, null)) === null;
    const { viewers, scratch } = this;
    const sources: LiveSources = { viewers, scratch, meters: new Meters(now) };
    this.socketIo = createSocketIoTransport({ ...sources, isAllowed });
    const routes = createLiveRoutes(sources);
    const authenticate = options.authenticate ?? (() => EVERYONE);
    const note = (request: IncomingMessage): void => {
      const identity = authenticate(request.headers);
      if (identity !== null) noteIdentity(request, identity);
    };
    this.http = createServer((request, response) => {
      note(request);
      if (!isAllowed(request)) response.writeHead(403).end();
      else if (request.url === '/api/session') response.end(NOBODY);
      else routes(request, response, new URL(request.url!, this.origin));
    });
    this.http.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    this.http.on('upgrade', (request, socket, head) => {
      note(request);
      if (request.url === '/other-upgrade') socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      else this.socketIo.handleUpgrade(request, socket, head);
    });
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get socketIoUrl(): string {
    return `ws://127.0.0.1:${this.port}${SOCKET_IO_PATH}?EIO=4&transport=websocket`;
  }

  /** Bytes handed to sockets that the kernel has not taken. */
  get bufferedBytes(): number {
    let bytes = 0;
    for (const socket of this.sockets) bytes += socket.writableLength;
    return bytes;
  }

  listen(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.http.once('error', reject);
      this.http.listen(0, '127.0.0.1', () => resolve(this));
    });
  }

  /** Publishes a fleet of `count` hosts that are up, in slots 0 to count − 1. */
  addHosts(count: number): void {
    for (let i = 0; i < count; i++) this.log.stageState(this.log.allotSlot(this.viewers.clock())!, 2);
    this.publish();
  }

  /** Publishes these states in one tick. */
  set(...changes: readonly [slot: number, stateByte: number][]): void {
    const nowMs = this.viewers.clock();
    for (const [slot, stateByte] of changes) this.log.stageState(slot, stateByte, nowMs);
    this.publish();
  }

  publish(): void {
    this.log.publish(this.viewers.clock());
  }

  async close(): Promise<void> {
    this.scratch.stop();
    this.viewers.stop();
    await this.socketIo.close();
    this.http.closeAllConnections();
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.http.close(resolve));
  }
}

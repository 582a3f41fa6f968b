/**
 * The API without the rest of the server: hosts are put where the test wants them, commands are noted instead of
 * done, who asks is chosen for each request. For tests of what the API itself decides.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Role, ServerSettings } from '#lib/protocol/account.ts';
import { HostState, type HostStateCode, type Labels } from '#lib/protocol/host.ts';
import { EVERYONE, type Identity } from '../auth/identity.ts';
import { hostIdHex } from '../host-id.ts';
import { createApi } from '../http/api.ts';
import type { ApiContext } from '../http/api-context.ts';
import { FleetSampler } from '../http/fleet-samples.ts';
import type { HostFacts } from '../http/host-view.ts';
import { HostDirectory } from '../live/host-directory.ts';
import { LiveLog } from '../live/live-log.ts';
import { MemoryStore } from '../store/memory/memory-store.ts';

export const EPOCH = '0123456789abcdef';

const FACTS: HostFacts = {
  heard: true,
  lastSeenAtMs: 5,
  intervalMs: 1_000,
  timeoutMs: 5_000,
  incarnation: null,
  seen64: 0xf0n,
  lostBeats: 1,
  expectedBeats: 4,
  sourceIndex: null,
};

export function signedIn(role: Role, name: string = role): Identity {
  return { user: { name, role }, role, sessionId: 's', onEnd: () => () => {}, ended: false };
}

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it expects to be there
  readonly body: any;
};

/** `over`: parts of the context that the test brings itself. */
export function apiAlone(over: Partial<ApiContext> = {}) {
  const live = new LiveLog({
    epoch: EPOCH,
    capacity: 100,
    rates: () => ({ heartbeatsPerSecond: 0, blind: false }),
  });
  const directory = new HostDirectory();
  const store = new MemoryStore();
  const errors: Error[] = [];
  /** Every command that came through, with its arguments. */
  const acts: (readonly unknown[])[] = [];
  const facts = new Map<number, Partial<HostFacts>>();
  let settings: ServerSettings = { commentRequired: false };
  let identity: Identity | null = EVERYONE;
  const context: ApiContext = {
    live,
    directory,
    store,
    identify: () => identity,
    accounts: null,
    settings: () => settings,
    changeSettings: async (changed, by) => {
      acts.push(['changeSettings', changed, by]);
      settings = changed;
    },
    expectHost: async (host, by) => {
      acts.push(['expectHost', host, by]);
      return 'expected';
    },
    removeHosts: async (ids, by) => {
      acts.push(['removeHosts', ids, by]);
      return { removed: ids.length };
    },
    samples: new FleetSampler(),
    readHost: (_, row) => ({ ...FACTS, ...facts.get(row) }),
    openAlertId: () => null,
    ingest: () => ({
      receiver: 'dgram',
      shards: 1,
      heartbeatsPerSecond: 0,
      accepted: 0,
      rejected: {} as ReturnType<ApiContext['ingest']>['rejected'],
      kernelDrops: 0,
      blind: false,
      blindMs: 0,
      blindLastMinuteMs: 0,
      degraded: false,
      dropShare: 0,
      misses: 5,
      missesSet: 5,
      shardRestarts: 0,
      newsWaiting: 0,
      newsMerged: 0,
      receiveBufferBytes: 0,
      tcp: { connections: 0, refused: 0, oversized: 0, slow: 0, idle: 0 },
    }),
    about: () => ({
      version: '0.0.0',
      heartbeat: { host: '127.0.0.1', port: 1, addresses: [] },
      demo: false,
      store: 'memory',
      startedAt: 0,
      auth: 'none',
      settings,
    }),
    uptimeMs: () => 1,
    nowMs: () => Date.now(),
    newBatchId: () => 'batch',
    acknowledge: async (targets, command) => {
      acts.push(['acknowledge', targets, command]);
      return { acked: 0, alreadyAcked: 0, skipped: 0, batchId: command.batchId };
    },
    unacknowledge: async (target, by) => {
      acts.push(['unacknowledge', target, by]);
      return { unacked: 0, skipped: 0 };
    },
    scratch: {
      create: () => null,
      setRate: () => null,
      remove: () => false,
    },
    onError: (error) => void errors.push(error),
    ...over,
  };
  const api = createApi(context);

  const ask = async (path: string, method = 'GET', body?: unknown): Promise<Answer> => {
    const request = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await api.request(path, request);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : null,
    };
  };

  return {
    context,
    store,
    errors,
    acts,
    ask,
    /** Whose the requests are from now on; null: nobody's. EVERYONE at first. */
    as(next: Identity | null): void {
      identity = next;
    },
    add(
      name: string,
      state: HostStateCode = HostState.up,
      labels: Labels = {},
      known: Partial<HostFacts> = {},
    ): void {
      const slot = live.allotSlot(0)!;
      directory.register(slot, { shard: 0, row: slot }, { id: hostIdHex(name), name, labels }, 0);
      facts.set(slot, known);
      live.stageState(slot, state);
      live.publish(0);
    },
    remove(name: string): void {
      const slot = directory.find(name)!;
      directory.remove(slot);
      live.freeSlot(slot, 0);
      live.publish(0);
    },
    /** The same API on a real socket. */
    async listen(): Promise<{ readonly port: number; close(): Promise<void> }> {
      const listener = getRequestListener(api.fetch, { overrideGlobalObjects: false });
      const server = createServer((request: IncomingMessage, response) => void listener(request, response));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return {
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      };
    },
  };
}

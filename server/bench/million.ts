/**
 * What people ask of a server with a million hosts while 200,000 heartbeats a second come in: searches and pages of
 * the list; then a restart, pages and all, in the middle of those heartbeats; then the snapshot with 3 % down in random
 * places. Beside it the same search over plain strings, and the same states through gzip as it comes. About four
 * minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { About, HostPage } from '#lib/protocol/api.ts';
import { HostState } from '#lib/protocol/host.ts';
import type { Stall } from './alerts-messages.ts';
import { BenchServer } from './bench-server.ts';
import { type Machine, machine, percentile } from './statistics.ts';
import { BenchFleet, WholeServer } from './whole-server.ts';

export const HOSTS = 1_000_000;
export const INTERVAL_S = 5;
export const DOWN_SHARE = 0.03;
const SEARCHES = 200;
const LISTS = 20;
/** After the last host has come back: whoever is called down by mistake is so within its timeout. */
const JUDGED_WITHIN_MS = 15_000;
/** The fleet's hosts die when all searches are over. */
const DOWN_WITHIN_MS = 120_000;
const LISTED = ['name', '-name', 'state', '-changedAt', 'lastSeenAt'] as const;

export type Times = { readonly p50Ms: number; readonly p99Ms: number; readonly longestMs: number };

export type MillionResult = {
  readonly machine: Machine;
  readonly hosts: number;
  readonly heartbeatsPerSecond: number;
  readonly search: Times;
  /** One pass over an array of as many names. */
  readonly plainSearchMs: number;
  readonly lists: readonly { readonly sort: string; readonly times: Times }[];
  readonly stall: Stall;
  readonly restart: {
    /** From the start of the process to its first answer. */
    readonly firstAnswerMs: number;
    /** From there until every host is up again. */
    readonly allUpMs: number;
    /** Verdicts until then, all of them about live hosts. */
    readonly falseDowns: number;
  };
  readonly snapshot: {
    readonly down: number;
    /** Of the frame in the answer to a first poll, which carries it as base64; alerts come in a frame of their own. */
    readonly frameBytes: number;
    /** The states alone, by gzip as it comes at its fastest. */
    readonly plainGzipBytes: number;
  };
};

function timesOf(tookMs: readonly number[]): Times {
  const ascending = Float64Array.from(tookMs).sort();
  return {
    p50Ms: percentile(ascending, 0.5),
    p99Ms: percentile(ascending, 0.99),
    longestMs: ascending.at(-1) ?? Number.NaN,
  };
}

/** Texts that few, some and many names have in them. */
function textOf(i: number): string {
  return [`${(i * 7_919) % 1_000_000}`, `${(i * 31) % 1_000}`, 'web', 'r1', `none-${i}`][i % 5]!;
}

function plainSearch(hosts: number): number {
  const names = Array.from({ length: hosts }, (_, i) => `Host-${String(i).padStart(7, '0')}`);
  const beganMs = performance.now();
  let found = 0;
  for (const name of names) if (name.toLowerCase().includes('12345')) found++;
  if (found === 0 && hosts > 100_000) throw new Error('nothing was found');
  return performance.now() - beganMs;
}

async function measureSearches(server: BenchServer): Promise<Times> {
  const took: number[] = [];
  for (let i = 0; i < SEARCHES; i++) {
    took.push((await server.ask<HostPage>(`/api/hosts?q=${textOf(i)}&limit=100`)).tookMs);
  }
  return timesOf(took);
}

async function measureLists(server: BenchServer): Promise<MillionResult['lists']> {
  const lists: { sort: string; times: Times }[] = [];
  for (const sort of LISTED) {
    const took: number[] = [];
    let cursor = '';
    for (let i = 0; i < LISTS; i++) {
      const { answer, tookMs } = await server.ask<HostPage>(`/api/hosts?sort=${sort}&limit=100${cursor}`);
      took.push(tookMs);
      cursor = answer.nextCursor === null ? '' : `&cursor=${encodeURIComponent(answer.nextCursor)}`;
    }
    lists.push({ sort, times: timesOf(took) });
  }
  return lists;
}

/** The same register, its hosts beating all the while to the same port. */
async function measureRestart(server: WholeServer, hosts: number): Promise<MillionResult['restart']> {
  const beganMs = performance.now();
  for (let up = 0; up < hosts; up = (await server.health()).hosts.up) {
    if (performance.now() - beganMs > DOWN_WITHIN_MS) throw new Error(`${up} of ${hosts} hosts came back`);
    await pause(20);
  }
  const allUpMs = performance.now() - beganMs;
  await pause(JUDGED_WITHIN_MS);
  const { down } = (await server.health()).transitions;
  return { firstAnswerMs: server.firstAnswerMs, allUpMs, falseDowns: down };
}

async function measureSnapshot(server: WholeServer, hosts: number): Promise<MillionResult['snapshot']> {
  const wanted = Math.round(hosts * DOWN_SHARE);
  const deadlineMs = performance.now() + DOWN_WITHIN_MS;
  let down = 0;
  for (; down < wanted; down = (await server.health()).hosts.down) {
    if (performance.now() > deadlineMs) throw new Error(`${down} of ${wanted} hosts are down`);
    await pause(200);
  }
  const { frames } = await server.ask<{ readonly frames: readonly { readonly t: string }[] }>('/rt/poll');
  const frameBytes = JSON.stringify(frames.find(({ t }) => t === 'S')).length;
  const states = Uint8Array.from({ length: hosts }, (_, i) =>
    Math.imul(i ^ 0x9e3779b9, 0x85ebca6b) >>> 0 < DOWN_SHARE * 2 ** 32 ? HostState.down : HostState.up,
  );
  return { down, frameBytes, plainGzipBytes: gzipSync(states, { level: 1 }).length };
}

/** Runs it all; `say` takes lines of progress. Rejects when something is not as it must be. */
export async function benchMillion(
  say: (line: string) => void,
  { hosts = HOSTS, killAtS = 150 }: { hosts?: number; killAtS?: number } = {},
): Promise<MillionResult> {
  // The first start may build the pages, which is none of what is measured.
  await inNewFolder(async (dataDir) => (await WholeServer.start(dataDir)).end());
  return inNewFolder(async (dataDir) => {
    let server: BenchServer | WholeServer = await BenchServer.start(dataDir);
    let fleet: BenchFleet | null = null;
    try {
      const asked = await measureAsked(server, hosts, (port) => {
        const kill = `${Math.round(hosts * DOWN_SHARE)}@${killAtS}s`;
        fleet = new BenchFleet(port, hosts, INTERVAL_S, '--kill', kill);
        return fleet;
      });
      say('searches and lists are measured');
      await server.end();
      server = await WholeServer.start(dataDir, '--heartbeat-port', String(asked.heartbeatPort));
      const restart = await measureRestart(server, hosts);
      say('the restart is measured');
      const snapshot = await measureSnapshot(server, hosts);
      const plainSearchMs = plainSearch(hosts);
      return { machine: machine(), hosts, ...asked.result, restart, snapshot, plainSearchMs };
    } finally {
      await (fleet as BenchFleet | null)?.end();
      await server.end();
    }
  });
}

async function measureAsked(
  server: BenchServer,
  hosts: number,
  begin: (heartbeatPort: number) => BenchFleet,
): Promise<{
  readonly heartbeatPort: number;
  readonly result: Pick<MillionResult, 'heartbeatsPerSecond' | 'search' | 'lists' | 'stall'>;
}> {
  const { port: heartbeatPort } = (await server.ask<About>('/api/about')).answer.heartbeat;
  await begin(heartbeatPort).settled(() => server.health(), hosts);
  await server.stall();
  const search = await measureSearches(server);
  const lists = await measureLists(server);
  const stall = await server.stall();
  const { heartbeatsPerSecond } = (await server.health()).ingest;
  return { heartbeatPort, result: { heartbeatsPerSecond, search, lists, stall } };
}

async function inNewFolder<T>(run: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'pulsewatch-bench-million-'));
  try {
    return await run(dataDir);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

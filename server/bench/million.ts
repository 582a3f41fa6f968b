/**
 * What people ask of a server with a million hosts while 200,000 heartbeats a second come in: searches and pages of
 * the list, and the snapshot with 3 % down in random places. Beside it the same search over plain strings, and the same
 * states through gzip as it comes. About four minutes.
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
import { BenchFleet } from './whole-server.ts';

export const HOSTS = 1_000_000;
export const INTERVAL_S = 5;
export const DOWN_SHARE = 0.03;
const SEARCHES = 200;
const LISTS = 20;
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

async function measureSnapshot(server: BenchServer, hosts: number): Promise<MillionResult['snapshot']> {
  const wanted = Math.round(hosts * DOWN_SHARE);
  const deadlineMs = performance.now() + DOWN_WITHIN_MS;
  let down = 0;
  for (; down < wanted; down = (await server.health()).hosts.down) {
    if (performance.now() > deadlineMs) throw new Error(`${down} of ${wanted} hosts are down`);
    await pause(200);
  }
  const { frames } = (await server.ask<{ readonly frames: readonly { readonly t: string }[] }>('/rt/poll'))
    .answer;
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
  const dataDir = mkdtempSync(path.join(tmpdir(), 'pulsewatch-bench-million-'));
  const server = await BenchServer.start(dataDir);
  let fleet: BenchFleet | null = null;
  try {
    const { heartbeat } = (await server.ask<About>('/api/about')).answer;
    const kill = `${Math.round(hosts * DOWN_SHARE)}@${killAtS}s`;
    fleet = new BenchFleet(heartbeat.port, hosts, INTERVAL_S, '--kill', kill);
    await fleet.settled(() => server.health(), hosts);
    say(`${hosts} hosts are up and stored`);
    await server.stall();
    const search = await measureSearches(server);
    const lists = await measureLists(server);
    const stall = await server.stall();
    const { heartbeatsPerSecond } = (await server.health()).ingest;
    say('searches and lists are measured');
    const snapshot = await measureSnapshot(server, hosts);
    return {
      ...{ machine: machine(), hosts, heartbeatsPerSecond, search, lists, stall, snapshot },
      plainSearchMs: plainSearch(hosts),
    };
  } finally {
    await fleet?.end();
    await server.end();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/**
 * What a browser has to do for a million hosts: until the map is on the screen on every transport, and while 10,000
 * of them change a second. The real server with a seeded register, pages and heartbeats over loopback; headless
 * Chromium with a software screen, on the same machine. About four minutes; Linux.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, chromium } from 'playwright';
import type { Health } from '#lib/protocol/api.ts';
import { chromiumExecutable } from '../../e2e/support/browser.ts';
import { MILLION, STORM_MISSES, Storm, seedMillion, stormRate } from './million-fleet.ts';
import { LONG_TASK_MS, MillionPage, type PageMemory, type Stay } from './million-page.ts';
import { startOptions } from './start-options.ts';
import { type Machine, machine, median } from './statistics.ts';

const MODES = ['auto', 'socketio', 'sse', 'long-polling', 'polling'] as const;
export type Mode = (typeof MODES)[number];
const ROUTES = ['/', '/hosts', '/alerts', '/transports'] as const;

const ROUNDS = 5;
const STAY_SECONDS = 20;
const OTHER_STAY_SECONDS = 10;
const MAP_WITHIN_MS = 30_000;
/** A first start builds the pages. */
const READY_WITHIN_MS = 180_000;
/** All hosts of the storm have had their turn. */
const STORM_WARM_MS = 12_000;

/** Targets. */
export const MAP_TARGET_MS = 1_500;
export const FRAMES_TARGET = 58;
export const RATE_TARGET = 10_000;

export type Arrival = {
  readonly mode: Mode;
  readonly mapMs: readonly number[];
  readonly longestTaskMs: number;
};
export type RouteStay = Stay & { readonly route: string; readonly mode: Mode; readonly memory: PageMemory };

export type BrowserMillionResult = {
  readonly machine: Machine;
  readonly chromium: string;
  readonly hosts: number;
  /** Of the fleet as the server counted them, meanwhile. */
  readonly changesPerSecond: number;
  readonly quiet: readonly Arrival[];
  readonly busy: readonly Arrival[];
  readonly stays: readonly RouteStay[];
};

type Server = { readonly url: string; readonly heartbeatPort: number; readonly child: ChildProcess };

function startServer(dataDir: string): Promise<Server> {
  const child = spawn(
    process.execPath,
    [
      ...startOptions(),
      path.join(import.meta.dirname, '..', 'start.ts'),
      ...['--port', '0', '--heartbeat-port', '0', '--data-dir', dataDir, '--misses', String(STORM_MISSES)],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the server was not ready in time')), READY_WITHIN_MS);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
      const ready = /ready: (http:\/\/\S+) .*?:(\d+)\)/.exec(said);
      if (ready === null) return;
      clearTimeout(timer);
      resolve({ url: ready[1]!, heartbeatPort: Number(ready[2]), child });
    });
  });
}

async function endServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await ended;
  clearTimeout(insist);
}

const healthOf = async (url: string): Promise<Health> =>
  (await (await fetch(`${url}/api/health`)).json()) as Health;

/** Changes a second the server counted over so long. */
async function changesPerSecond(url: string, forMs: number): Promise<number> {
  const sum = ({ transitions: { up, late, down, left } }: Health): number => up + late + down + left;
  const before = await healthOf(url);
  await pause(forMs);
  const after = await healthOf(url);
  return ((sum(after) - sum(before)) * 1_000) / (after.uptimeMs - before.uptimeMs);
}

async function arrivals(browser: Browser, url: string, rounds: number): Promise<Arrival[]> {
  const taken = MODES.map((mode) => ({ mode, mapMs: [] as number[], longestTaskMs: 0 }));
  for (let round = 0; round < rounds; round++) {
    for (const arrival of taken) {
      const page = await MillionPage.open(browser);
      const { mapAtMs, longestTaskMs } = await page.showMap(
        `${url}/?transport=${arrival.mode}`,
        MAP_WITHIN_MS,
      );
      arrival.mapMs.push(mapAtMs);
      arrival.longestTaskMs = Math.max(arrival.longestTaskMs, longestTaskMs);
      await page.close();
    }
  }
  return taken;
}

async function stay(
  browser: Browser,
  url: string,
  route: string,
  mode: Mode,
  seconds: number,
): Promise<RouteStay> {
  const page = await MillionPage.open(browser);
  await page.page.goto(`${url}${route}?transport=${mode}`);
  // What is loaded behind the page is there by then.
  await page.page.waitForTimeout(4_000);
  const stayed = await page.stay(seconds);
  const memory = await page.memory();
  await page.close();
  return { route, mode, ...stayed, memory };
}

export async function benchBrowserMillion(
  say: (line: string) => void,
  { hosts = MILLION, rounds = ROUNDS }: { hosts?: number; rounds?: number } = {},
): Promise<BrowserMillionResult> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'pulsewatch-bench-browser-'));
  let server: Server | null = null;
  let browser: Browser | null = null;
  let storm: Storm | null = null;
  try {
    say(`browser: a register of ${hosts} hosts`);
    await seedMillion(dataDir, hosts, Date.now());
    server = await startServer(dataDir);
    const { url } = server;
    browser = await chromium.launch({ executablePath: chromiumExecutable(), args: ['--disable-gpu'] });
    // The server's pages are compiled at the first request for them.
    await arrivals(browser, url, 1);
    say('browser: arriving while all is quiet');
    const quiet = await arrivals(browser, url, rounds);
    storm = new Storm(hosts, server.heartbeatPort);
    await pause(STORM_WARM_MS);
    const rate = await changesPerSecond(url, 5_000);
    say(`browser: arriving at ${Math.round(rate)} changes/s (${stormRate(hosts)} wanted)`);
    const busy = await arrivals(browser, url, rounds);
    const stays: RouteStay[] = [];
    for (const mode of MODES) {
      say(`browser: staying on / by ${mode}`);
      stays.push(await stay(browser, url, '/', mode, STAY_SECONDS));
    }
    for (const route of ROUTES.slice(1)) {
      say(`browser: staying on ${route}`);
      stays.push(await stay(browser, url, route, 'auto', OTHER_STAY_SECONDS));
    }
    return {
      machine: machine(),
      chromium: browser.version(),
      hosts,
      changesPerSecond: rate,
      quiet,
      busy,
      stays,
    };
  } finally {
    storm?.stop();
    await browser?.close();
    if (server !== null) await endServer(server.child);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** What was not met, in words. */
export function missedBrowserTargets(result: BrowserMillionResult): string[] {
  const missed: string[] = [];
  if (result.changesPerSecond < 0.95 * RATE_TARGET) {
    missed.push(`${Math.round(result.changesPerSecond)} changes/s were made, ${RATE_TARGET} are wanted`);
  }
  for (const [when, arrived] of [
    ['quiet', result.quiet],
    ['busy', result.busy],
  ] as const) {
    for (const { mode, mapMs } of arrived) {
      if (median(mapMs) > MAP_TARGET_MS)
        missed.push(`map by ${mode}, ${when}: ${Math.round(median(mapMs))} ms`);
    }
  }
  for (const { route, mode, longestTaskMs, framesPerSecond } of result.stays) {
    if (longestTaskMs > LONG_TASK_MS)
      missed.push(`a task of ${Math.round(longestTaskMs)} ms on ${route} by ${mode}`);
    if (framesPerSecond < FRAMES_TARGET) {
      missed.push(`${framesPerSecond.toFixed(0)} frames/s on ${route} by ${mode}`);
    }
  }
  return missed;
}

/**
 * `npm run soak [-- --seconds N --hosts N --interval S --kills N --register N --runs N --browser 0]`: the real server,
 * an open view and 10,000 simulated hosts at 1 s for five minutes. Fails when any live host was late or down or a
 * datagram was dropped; then one host in twenty stops, and must be down within its timeout + 0.5 s. Linux (/proc). Then 100 kills under a storm of acknowledgements, restarts with 100,000 hosts in the register,
 * 5,000 runs of the convergence test, and the browser's journeys with their real timings. 0 leaves a part out.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Health } from '../../lib/protocol/api.ts';
import { FleetViewer } from './fleet-viewer.ts';
import { soakBrowser, soakConvergence, soakKills, soakRestart } from './soak-tests.ts';
import { startOptions } from './start-options.ts';

const DEFAULT_HOSTS = 10_000;
const DEFAULT_INTERVAL_S = 1;
const KILLED_SHARE = 1 / 20;
const MISSES = 5;
const GRACE_MS = 500;
const DEFAULT_SECONDS = 300;
const DEFAULT_RUNS = 5_000;
const DEFAULT_KILLS = 100;
const DEFAULT_REGISTER = 100_000;
/** A first start builds the pages. */
const READY_WITHIN_MS = 180_000;
/** Hellos cost more than beats, so a large fleet takes a few rounds until it is at its pace. */
const ALL_UP_INTERVALS = 12;
/** The kill must not fall between the last look and the event. */
const LAST_LOOK_BEFORE_KILL_MS = 300;
const READY = /^Pulsewatch is ready: (http:\S+) \(heartbeats: UDP (\S+)\)/;
const FLEET_BEGAN = /^pulsewatch simulate: .* hosts/;
const FLEET_SUMMARY = /heartbeats due = /;
const CLOCK_TICKS_PER_SECOND = 100;

type LineWatch = {
  readonly child: ChildProcess;
  /** Everything it has said so far. */
  readonly said: readonly string[];
  readonly line: (pattern: RegExp, withinMs: number) => Promise<string>;
};

function start(script: string, args: readonly string[], nodeOptions: readonly string[] = []): LineWatch {
  const file = path.join(import.meta.dirname, '..', script);
  const child = spawn(process.execPath, [...nodeOptions, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  const watchers = new Set<() => void>();
  createInterface({ input: child.stdout! }).on('line', (line) => {
    said.push(line);
    for (const watcher of watchers) watcher();
  });
  const line = (pattern: RegExp, withinMs: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        watchers.delete(check);
        child.off('exit', onExit);
      };
      const fail = (why: string): void => {
        settle();
        reject(new Error(`${script}: ${why} without the line ${pattern}`));
      };
      const onExit = (code: number | null): void => fail(`ended with code ${code}`);
      const timer = setTimeout(() => fail(`${withinMs} ms passed`), withinMs);
      const check = (): void => {
        const match = said.find((each) => pattern.test(each));
        if (match === undefined) return;
        settle();
        resolve(match);
      };
      watchers.add(check);
      child.on('exit', onExit);
      check();
    });
  return { child, said, line };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(insist);
}

/** Resident memory now and at most, MiB, and CPU time so far, s. */
function usageOf(pid: number): { rssMiB: number; peakMiB: number; cpuSeconds: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command in brackets may hold spaces; fields are counted after it: utime is the 12th, stime the 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    rssMiB: mib('VmRSS'),
    peakMiB: mib('VmHWM'),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND,
  };
}

async function healthOf(url: string): Promise<Health> {
  const response = await fetch(new URL('/api/health', url), { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`/api/health answered ${response.status}`);
  return (await response.json()) as Health;
}

const say = (line: string): void => console.log(`soak: ${line}`);
const inWords = ({ hosts, transitions, ingest }: Health): string =>
  `${hosts.up} up, ${hosts.late} late, ${hosts.down} down; ${transitions.late} late and ${transitions.down} down since the start; ` +
  `${Math.round(ingest.heartbeatsPerSecond)} heartbeats/s, blind for ${Math.round(ingest.blindMs)} ms`;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function soak(seconds: number, hosts: number, intervalS: number): Promise<void> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'pulsewatch-soak-'));
  const settings = ['--port', '0', '--heartbeat-port', '0', '--data-dir', dataDir];
  const killed = Math.round(hosts * KILLED_SHARE);
  const timeoutMs = MISSES * intervalS * 1_000;
  const warmUpMs = ALL_UP_INTERVALS * intervalS * 1_000;
  const server = start('start.ts', settings, startOptions());
  let fleet: LineWatch | null = null;
  let viewer: FleetViewer | null = null;
  try {
    const [, url, heartbeats] = READY.exec(await server.line(READY, READY_WITHIN_MS))!;
    const pid = server.child.pid!;
    viewer = new FleetViewer(url!);
    const killAtS = Math.ceil(warmUpMs / 1_000) + seconds;
    fleet = start('agent/pulsewatch.js', [
      'simulate',
      ...['--server', heartbeats!, '--hosts', String(hosts), '--interval', `${intervalS}s`],
      ...['--kill', `${killed}@${killAtS}s`, '--duration', `${killAtS + timeoutMs / 1_000 + 5}s`],
    ]);
    await fleet.line(FLEET_BEGAN, 60_000);
    const beganMs = performance.now();
    const killMs = beganMs + killAtS * 1_000;
    await viewer.until(({ up }) => up === hosts, warmUpMs);
    await pause(Math.max(0, beganMs + warmUpMs - performance.now()));
    const first = await healthOf(url!);
    const cpuBegan = usageOf(pid).cpuSeconds;
    const steadyMs = performance.now();
    const rss: number[] = [];
    say(`${hosts} hosts beat at ${url} for ${seconds} s`);

    let health = first;
    for (let reportMs = steadyMs; performance.now() < killMs - LAST_LOOK_BEFORE_KILL_MS; ) {
      await pause(Math.max(0, Math.min(1_000, killMs - LAST_LOOK_BEFORE_KILL_MS - performance.now())));
      health = await healthOf(url!);
      rss.push(usageOf(pid).rssMiB);
      const { transitions, ingest } = health;
      if (transitions.late > first.transitions.late || transitions.down > first.transitions.down) {
        throw new Error(`a live host was called late or down: ${inWords(health)}`);
      }
      if (ingest.kernelDrops > first.ingest.kernelDrops) {
        throw new Error(
          `${ingest.kernelDrops - first.ingest.kernelDrops} datagrams were dropped: ${inWords(health)}`,
        );
      }
      if (health.hosts.up !== hosts) throw new Error(`not all hosts are up: ${inWords(health)}`);
      if (performance.now() - reportMs >= 30_000) {
        reportMs = performance.now();
        say(
          `${Math.round((reportMs - steadyMs) / 1_000)} s: ${inWords(health)}; ${rss.at(-1)!.toFixed(0)} MiB`,
        );
      }
    }
    const usage = usageOf(pid);
    const span = (performance.now() - steadyMs) / 1_000;
    say(`no false alarm in ${span.toFixed(0)} s: ${inWords(health)}`);
    say(
      `the server used ${((100 * (usage.cpuSeconds - cpuBegan)) / span).toFixed(1)} % of a core and ${median(rss).toFixed(0)} MiB ` +
        `(${Math.min(...rss).toFixed(0)} to ${Math.max(...rss).toFixed(0)}; ${usage.peakMiB.toFixed(0)} at most since its start)`,
    );

    const deadlineMs = killMs + timeoutMs + intervalS * 1_000 + GRACE_MS;
    const before = health.hosts.down;
    await viewer.until(({ down }) => down >= before + killed, Math.max(1, deadlineMs - performance.now()));
    const tookMs = performance.now() - killMs;
    say(
      `${killed} stopped hosts were all down in the view ${(tookMs / 1_000).toFixed(2)} s after they stopped`,
    );
    say(`the fleet: ${await fleet.line(FLEET_SUMMARY, 60_000)}`);
    health = await healthOf(url!);
    if (health.hosts.down !== killed) throw new Error(`others went down as well: ${inWords(health)}`);
  } catch (error) {
    // A machine too busy for the fleet itself shows here: late heartbeats are then no false alarm of the server's.
    if (fleet !== null) await end(fleet.child);
    for (const line of fleet?.said ?? []) say(`the fleet: ${line}`);
    throw error;
  } finally {
    viewer?.end();
    if (fleet !== null) await end(fleet.child);
    await end(server.child);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Each part's size; 0 leaves it out. */
const PARTS = {
  seconds: { fallback: DEFAULT_SECONDS, min: 10, max: 86_400 },
  hosts: { fallback: DEFAULT_HOSTS, min: 1_000, max: 1_000_000 },
  interval: { fallback: DEFAULT_INTERVAL_S, min: 1, max: 60 },
  kills: { fallback: DEFAULT_KILLS, min: 1, max: 10_000 },
  register: { fallback: DEFAULT_REGISTER, min: 1_000, max: 1_000_000 },
  runs: { fallback: DEFAULT_RUNS, min: 1, max: 1_000_000 },
  browser: { fallback: 1, min: 1, max: 1 },
} as const;
type Part = keyof typeof PARTS;
const PART_NAMES = Object.keys(PARTS) as readonly Part[];

function sizeOf(part: Part, text: string | undefined): number | null {
  const { fallback, min, max } = PARTS[part];
  const value = Number(text ?? fallback);
  return value === 0 || (Number.isInteger(value) && value >= min && value <= max) ? value : null;
}

/** null: not what soak takes. */
function sizesOfArguments(): Readonly<Record<Part, number>> | null {
  try {
    const options = Object.fromEntries(PART_NAMES.map((part) => [part, { type: 'string' }] as const));
    const { values } = parseArgs({ options, strict: true });
    const sizes = PART_NAMES.map((part) => [part, sizeOf(part, values[part] as string | undefined)] as const);
    return sizes.some(([, size]) => size === null)
      ? null
      : (Object.fromEntries(sizes) as Readonly<Record<Part, number>>);
  } catch {
    return null;
  }
}

const sizes = sizesOfArguments();
if (sizes === null) {
  const got = JSON.stringify(process.argv.slice(2).join(' '));
  const takes = PART_NAMES.map((part) => {
    const { fallback, min, max } = PARTS[part];
    return `--${part} ${min === max ? min : `${min} to ${max}`} (${fallback})`;
  });
  console.error(`soak got ${got}; it takes ${takes.join(', ')}; 0 leaves that part out`);
  process.exitCode = 2;
} else {
  try {
    if (sizes.seconds > 0 && sizes.hosts > 0)
      await soak(sizes.seconds, sizes.hosts, Math.max(1, sizes.interval));
    if (sizes.kills > 0) await soakKills(sizes.kills);
    if (sizes.register > 0) await soakRestart(sizes.register);
    if (sizes.runs > 0) await soakConvergence(sizes.runs);
    if (sizes.browser > 0) await soakBrowser();
  } catch (error) {
    console.error(`soak: FAILED: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}

/**
 * Real processes for the browser tests: the server, agents, simulated fleets, the README's bash loop. Each on
 * ports of its own; everything a test started is ended with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect, type Page } from 'playwright/test';
import type { Health, HostPage } from '../../lib/protocol/api.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const READY = /ready: http:\/\/127\.0\.0\.1:(\d+) \(heartbeats: UDP 127\.0\.0\.1:(\d+)\)/;
const READY_WITHIN_MS = 30_000;

/** Resolves with the first line of a process's output that matches; rejects when it ends or is silent before. */
function lineOf(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => reject(new Error(`no ${pattern} in:\n${output}`)), READY_WITHIN_MS);
    const read = (chunk: Buffer): void => {
      output += chunk;
      const match = pattern.exec(output);
      if (match === null) return;
      clearTimeout(timer);
      resolve(match);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const remedy = error.code === 'ENOENT' ? ` (\`apt-get install ${child.spawnfile}\`)` : '';
      reject(new Error(`${child.spawnfile} cannot be started${remedy}: ${error.message}`));
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`ended with ${code} before ${pattern}:\n${output}`));
    });
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
}

export type Server = {
  readonly url: string;
  readonly port: number;
  readonly heartbeatPort: number;
  readonly child: ChildProcess;
  readonly dataDir: string;
  /** All it has written so far, of this run and those before. */
  readonly output: string;
  health(): Promise<Health>;
  hosts(query?: string): Promise<HostPage>;
  /** Ends this run and starts another one on the same ports and data. */
  restart(signal?: NodeJS.Signals): Promise<void>;
};

/** Starts things and ends them; one for each test. */
export class Stage {
  readonly #children = new Set<ChildProcess>();
  readonly #folders: string[] = [];

  #spawn(command: string, args: readonly string[], stderr: 'inherit' | 'pipe' = 'pipe'): ChildProcess {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', stderr] });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** On free ports, unless told otherwise. `clockAhead`, such as `1h`: its time of day, by Debian's faketime. */
  async server({
    flags = [],
    heartbeatPort: wantedPort = 0,
    clockAhead = null,
  }: {
    flags?: readonly string[];
    heartbeatPort?: number;
    clockAhead?: string | null;
  } = {}): Promise<Server> {
    const command =
      clockAhead === null
        ? [process.execPath]
        : ['faketime', '--exclude-monotonic', '-f', `+${clockAhead}`, process.execPath];
    const dataDir = mkdtempSync(join(tmpdir(), 'pulsewatch-e2e-'));
    this.#folders.push(dataDir);
    let output = '';
    const launch = async (port: number, heartbeatPort: number) => {
      const child = this.#spawn(command[0]!, [
        ...command.slice(1),
        join(ROOT, 'server/program.ts'),
        ...['--port', String(port), '--heartbeat-port', String(heartbeatPort), '--data-dir', dataDir],
        ...flags,
      ]);
      child.stdout?.on('data', (chunk: Buffer) => {
        output += chunk;
      });
      const ready = await lineOf(child, READY);
      child.stderr?.pipe(process.stderr);
      return { child, port: Number(ready[1]), heartbeatPort: Number(ready[2]) };
    };
    let run = await launch(0, wantedPort);
    const url = `http://127.0.0.1:${run.port}`;
    const json = async <T>(path: string): Promise<T> => (await fetch(url + path)).json() as Promise<T>;
    return {
      url,
      port: run.port,
      heartbeatPort: run.heartbeatPort,
      get child() {
        return run.child;
      },
      dataDir,
      get output() {
        return output;
      },
      health: () => json<Health>('/api/health'),
      hosts: (query = '') => json<HostPage>(`/api/hosts${query}`),
      restart: async (signal) => {
        await end(run.child, signal);
        run = await launch(run.port, run.heartbeatPort);
      },
    };
  }

  /** `pulsewatch …` as a user would run it, resolved when a line of its output matches. */
  async pulsewatch(args: readonly string[], until: RegExp): Promise<ChildProcess> {
    const child = this.#spawn(process.execPath, [join(ROOT, 'server/agent/pulsewatch.js'), ...args]);
    await lineOf(child, until);
    child.stdout?.resume();
    child.stderr?.resume();
    return child;
  }

  /** A line of shell run by bash as it stands, in a process group of its own. */
  bash(script: string): ChildProcess {
    return this.#spawn('bash', ['-c', script]);
  }

  async end(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
    await end(child, signal);
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.#children].map((child) => end(child, 'SIGKILL')));
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}

/** What a page complained of; a test that opens a page expects it to stay empty. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

export const test = base.extend<{ stage: Stage }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's dependencies from the pattern.
  stage: async ({}, use) => {
    const stage = new Stage();
    await use(stage);
    await stage.endAll();
  },
});

export { expect };

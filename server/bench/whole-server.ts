/** The whole server as an operator starts it, pages and all, in a process of its own; and a fleet that talks to it. Linux. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Health } from '#lib/protocol/api.ts';
import { startOptions } from './start-options.ts';

const START = path.join(import.meta.dirname, '..', 'start.ts');
const CLI = path.join(import.meta.dirname, '..', 'agent', 'pulsewatch.js');
/** A first start builds the pages. */
const READY_WITHIN_MS = 180_000;
const LOOK_EVERY_MS = 20;
const END_WITHIN_MS = 20_000;
/** A fleet that starts: names hashed, hellos sent, all stored. */
const FLEET_WITHIN_MS = 180_000;

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const insist = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
  await ended;
  clearTimeout(insist);
}

/** Of a process, MiB: now, and the most it ever was. */
export type Resident = { readonly nowMiB: number; readonly mostMiB: number };

export function residentOf(pid: number): Resident {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024;
  return { nowMiB: mib('VmRSS'), mostMiB: mib('VmHWM') };
}

export class WholeServer {
  readonly #child: ChildProcess;
  readonly url: string;
  readonly heartbeatPort: number;
  /** From the start of its process to its first answer. */
  readonly firstAnswerMs: number;

  private constructor(child: ChildProcess, url: string, heartbeatPort: number, firstAnswerMs: number) {
    this.#child = child;
    this.url = url;
    this.heartbeatPort = heartbeatPort;
    this.firstAnswerMs = firstAnswerMs;
  }

  static async start(dataDir: string, ...settings: readonly string[]): Promise<WholeServer> {
    const beganMs = performance.now();
    const child = spawn(
      process.execPath,
      [...startOptions(), START, '--port', '0', '--heartbeat-port', '0', '--data-dir', dataDir, ...settings],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const { promise, resolve, reject } = Promise.withResolvers<[string, number]>();
    const timer = setTimeout(() => reject(new Error('the server was not ready in time')), READY_WITHIN_MS);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
      const ready = /ready: (http:\/\/\S+) .*?:(\d+)\)/.exec(said);
      if (ready !== null) resolve([ready[1]!, Number(ready[2])]);
    });
    const [url, port] = await promise.finally(() => clearTimeout(timer));
    await (await fetch(`${url}/api/health`)).arrayBuffer();
    return new WholeServer(child, url, port, performance.now() - beganMs);
  }

  get resident(): Resident {
    return residentOf(this.#child.pid!);
  }

  /** Rejects for anything but 200. */
  async ask<T>(address: string): Promise<T> {
    const response = await fetch(this.url + address);
    if (response.status !== 200) throw new Error(`${address} answered ${response.status}`);
    return (await response.json()) as T;
  }

  health(): Promise<Health> {
    return this.ask('/api/health');
  }

  /** Loads the page, as a browser would begin to. */
  async visit(): Promise<void> {
    await (await fetch(this.url)).arrayBuffer();
  }

  /** A clean end: what waits is stored. */
  end(): Promise<void> {
    return endProcess(this.#child, 'SIGTERM');
  }
}

/** A simulated fleet over loopback; each host has a name and three labels. */
export class BenchFleet {
  readonly #child: ChildProcess;

  constructor(port: number, hosts: number, intervalS: number, ...more: readonly string[]) {
    const args = ['--hosts', String(hosts), '--interval', `${intervalS}s`, ...more];
    this.#child = spawn(process.execPath, [CLI, 'simulate', '--server', `127.0.0.1:${port}`, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  /** Resolves when so many hosts are up and all of the register is on disk. */
  async settled(read: () => Promise<Health>, up: number): Promise<void> {
    const deadlineMs = performance.now() + FLEET_WITHIN_MS;
    for (;;) {
      const { hosts, store } = await read();
      if (hosts.up >= up && store.waiting === 0) return;
      if (performance.now() > deadlineMs)
        throw new Error(`${hosts.up} of ${up} are up, ${store.waiting} rows wait`);
      await pause(LOOK_EVERY_MS);
    }
  }

  end(): Promise<void> {
    return endProcess(this.#child, 'SIGTERM');
  }
}

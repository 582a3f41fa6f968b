/** `pulsewatch simulate` over loopback in a process of its own, and what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const CLI = path.join(import.meta.dirname, '..', 'agent', 'pulsewatch.js');

export class SimulatedFleet {
  readonly #child: ChildProcess;
  readonly #said: string[] = [];

  /** `more`: further options of the command. */
  constructor(port: number, hosts: number, intervalS: number, ...more: readonly string[]) {
    const args = ['simulate', '--server', `127.0.0.1:${port}`, '--hosts', String(hosts)];
    this.#child = spawn(process.execPath, [CLI, ...args, '--interval', `${intervalS}s`, ...more], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const hear = (chunk: Buffer): void => void this.#said.push(...chunk.toString().trim().split('\n'));
    this.#child.stdout!.on('data', hear);
    this.#child.stderr!.on('data', hear);
  }

  /** Lines so far; its last ones, after the end, sum up what it sent and how late. */
  get said(): readonly string[] {
    return this.#said;
  }

  /** Resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}

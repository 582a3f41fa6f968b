/** A child process whose output a test can wait for, line by line, and whose end it can await. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type SpawnedProcessOptions = {
  readonly cwd?: string;
  /** On top of this process's own. */
  readonly env?: Readonly<Record<string, string>>;
};

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

const DEFAULT_WAIT_MS = 15_000;

export class SpawnedProcess {
  /** All lines so far, in the order of each stream. */
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  /** When it has ended and its output has been read to the end. */
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();

  /** `command` is this Node when it is not given: `start(['server/main.ts', …])`. */
  constructor(args: readonly string[], options: SpawnedProcessOptions = {}, command = process.execPath) {
    this.#child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const name of ['stdout', 'stderr'] as const) {
      createInterface({ input: this.#child[name]! }).on('line', (line) => {
        this[name].push(line);
        this.#notify();
      });
    }
    this.exit = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        resolve({ code, signal });
        this.#notify();
      });
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the process did not start');
    return this.#child.pid;
  }

  /** The first line of either stream that matches; rejects when the process ends or `withinMs` pass without one. */
  line(pattern: RegExp, withinMs = DEFAULT_WAIT_MS): Promise<RegExpExecArray> {
    return this.#until(
      () => {
        for (const line of [...this.stdout, ...this.stderr]) {
          const match = pattern.exec(line);
          if (match !== null) return match;
        }
        return null;
      },
      `a line like ${pattern}`,
      withinMs,
    );
  }

  /** The first `count` lines of one stream, when there are so many; rejects as `line` does. */
  lines(stream: 'stdout' | 'stderr', count: number, withinMs = DEFAULT_WAIT_MS): Promise<readonly string[]> {
    return this.#until(
      () => (this[stream].length >= count ? this[stream].slice(0, count) : null),
      `${count} lines of ${stream}`,
      withinMs,
    );
  }

  #until<T>(found: () => T | null, what: string, withinMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
      };
      const fail = (why: string): void => {
        settle();
        reject(new Error(`${why} without ${what}; it said:\n${this.#said()}`));
      };
      const timer = setTimeout(() => fail(`${withinMs} ms passed`), withinMs);
      const check = (): void => {
        const result = found();
        if (result !== null) {
          settle();
          resolve(result);
        }
      };
      this.#watchers.add(check);
      check();
      void this.exit.then(() => {
        if (this.#watchers.has(check)) fail('the process ended');
      }, reject);
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it if it still runs (SIGKILL) and waits; for the end of a test. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.exit.catch(() => {});
  }

  #said(): string {
    return [...this.stdout, ...this.stderr].slice(-20).join('\n');
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

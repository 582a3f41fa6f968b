/** Watching processes and fleets as child processes, for tests that stop them: start, facts so far, the next fact. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { EngineMode } from './engine-modes.ts';
import type { WatchFact } from './watch-child.ts';

const children: ChildProcess[] = [];

/** Ends all that were started. */
export async function endChildren(): Promise<void> {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

export function startChild(script: string, ...argv: string[]): ChildProcess {
  return startIn({}, script, ...argv);
}

/** How a child is started: by a command that starts another, and with what more in its environment. */
export type Launch = { readonly by?: readonly string[]; readonly env?: Readonly<Record<string, string>> };

function startIn({ by = [], env = {} }: Launch, script: string, ...argv: string[]): ChildProcess {
  const file = new URL(`./${script}`, import.meta.url).pathname;
  const [command, ...rest] = [...by, process.execPath, file, ...argv];
  const child = spawn(command!, rest, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  children.push(child);
  return child;
}

/** Many hosts that beat to the ports, each in a datagram with others. */
export class Fleet {
  /** The longest it was kept from beating by the machine, ms: so long its hosts were silent indeed. */
  latestMs = 0;
  readonly #child: ChildProcess;
  readonly #lines: NodeJS.EventEmitter;

  constructor(hosts: number, intervalMs: number, beatsADatagram: number, ports: readonly string[]) {
    const argv = [hosts, intervalMs, beatsADatagram].map(String);
    this.#child = startChild('fleet-child.ts', ...argv, ...ports);
    this.#lines = createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      if (line.startsWith('late ')) this.latestMs = Math.max(this.latestMs, Number(line.slice(5)));
      else this.#lines.emit(line);
    });
  }

  async allHaveBeaten(): Promise<void> {
    await once(this.#lines, 'all have beaten');
  }

  /** One host is silent from the return on. */
  async silence(host: number): Promise<void> {
    const silenced = once(this.#lines, 'silenced');
    this.#child.stdin!.write(`kill ${host}\n`);
    await silenced;
  }
}

export type StartFleet = (...args: ConstructorParameters<typeof Fleet>) => Fleet;

const MOST_TRIES = 3;

/**
 * Plays a scene with a fleet, and again when the machine kept the fleet from beating for longer than `mostMs`: then
 * hosts were silent that should not have been, and the scene says nothing.
 */
export async function withFleetOnTime(
  mostMs: number,
  scene: (start: StartFleet) => Promise<void>,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    let fleet: Fleet | undefined;
    try {
      await scene((...args) => {
        fleet = new Fleet(...args);
        return fleet;
      });
      return;
    } catch (error) {
      const wasOnTime = fleet === undefined || fleet.latestMs <= mostMs;
      if (wasOnTime || tries === MOST_TRIES) throw error;
    } finally {
      await endChildren();
    }
  }
}

type Health = Extract<WatchFact, { fact: 'health' }>;

/** A watching process: its facts so far, and a wait for the next that fits. */
export class Watch {
  readonly child: ChildProcess;
  /** By id: when it was said, as performance.now() here. */
  readonly downAtMs = new Map<string, number>();
  up = 0;
  health: Health | undefined;
  readonly #waits = new Set<{ fits: (fact: WatchFact) => boolean; resolve: (fact: WatchFact) => void }>();

  private constructor(child: ChildProcess) {
    this.child = child;
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const fact = JSON.parse(line) as WatchFact;
      if (fact.fact === 'down') {
        for (const id of fact.ids) if (!this.downAtMs.has(id)) this.downAtMs.set(id, performance.now());
      }
      if (fact.fact === 'up') this.up += fact.hosts;
      if (fact.fact === 'health') this.health = fact;
      for (const wait of this.#waits) {
        if (!wait.fits(fact)) continue;
        this.#waits.delete(wait);
        wait.resolve(fact);
      }
    });
  }

  static naive(launch: Launch = {}): Watch {
    return new Watch(startIn(launch, 'watch-child.ts', 'naive'));
  }

  static engine({ receiver, shards }: EngineMode, launch: Launch = {}, hosts = 0): Watch {
    return new Watch(startIn(launch, 'watch-child.ts', 'engine', receiver, String(shards), String(hosts)));
  }

  static held({ receiver, shards }: EngineMode, hosts: number, port: string): Watch {
    return new Watch(startChild('watch-child.ts', 'held', receiver, String(shards), String(hosts), port));
  }

  get down(): string[] {
    return [...this.downAtMs.keys()];
  }

  next(fits: (fact: WatchFact) => boolean): Promise<WatchFact> {
    return new Promise((resolve) => this.#waits.add({ fits, resolve }));
  }

  /** Until so many hosts are known. */
  async knows(hosts: number): Promise<void> {
    await this.next((fact) => fact.fact === 'known' && fact.hosts === hosts);
  }

  async port(): Promise<string> {
    const fact = await this.next((each) => each.fact === 'listening');
    if (fact.fact !== 'listening') throw new Error(`expected a port, got ${fact.fact}`);
    return String(fact.port);
  }
}

/** Watching processes and fleets as child processes, for tests that stop them: start, facts so far, the next fact. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
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
  const file = new URL(`./${script}`, import.meta.url).pathname;
  const child = spawn(process.execPath, [file, ...argv], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

/** A watching process: its facts so far, and a wait for the next that fits. */
export class Watch {
  readonly child: ChildProcess;
  readonly down = new Set<string>();
  up = 0;
  blindMs = 0;
  readonly #waits = new Set<{ fits: (fact: WatchFact) => boolean; resolve: (fact: WatchFact) => void }>();

  constructor(
    ...argv: readonly ['engine'] | readonly ['naive'] | readonly ['held', hosts: string, port: string]
  ) {
    this.child = startChild('watch-child.ts', ...argv);
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const fact = JSON.parse(line) as WatchFact;
      if (fact.fact === 'down') for (const id of fact.ids) this.down.add(id);
      if (fact.fact === 'up') this.up += fact.hosts;
      if (fact.fact === 'blind') this.blindMs = fact.blindMs;
      for (const wait of this.#waits) {
        if (!wait.fits(fact)) continue;
        this.#waits.delete(wait);
        wait.resolve(fact);
      }
    });
  }

  next(fits: (fact: WatchFact) => boolean): Promise<WatchFact> {
    return new Promise((resolve) => this.#waits.add({ fits, resolve }));
  }
}

export function portOf(fact: WatchFact): string {
  if (fact.fact !== 'listening') throw new Error(`expected a port, got ${fact.fact}`);
  return String(fact.port);
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import type { WatchFact } from './testing/watch-child.ts';

const HOSTS = 5_000;
const STOP_MS = 4_000;
const VICTIM = 1_234;

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

function start(script: string, ...argv: string[]): ChildProcess {
  const file = new URL(`./testing/${script}`, import.meta.url).pathname;
  const child = spawn(process.execPath, [file, ...argv], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

/** A watching process: its facts so far, and a wait for the next that fits. */
class Watch {
  readonly child: ChildProcess;
  readonly down = new Set<string>();
  blindMs = 0;
  readonly #waits = new Set<{ fits: (fact: WatchFact) => boolean; resolve: (fact: WatchFact) => void }>();

  constructor(kind: 'engine' | 'naive') {
    this.child = start('watch-child.ts', kind);
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const fact = JSON.parse(line) as WatchFact;
      if (fact.fact === 'down') for (const id of fact.ids) this.down.add(id);
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

function portOf(fact: WatchFact): string {
  if (fact.fact !== 'listening') throw new Error(`expected a port, got ${fact.fact}`);
  return String(fact.port);
}

test('E42: a stop of 4 s makes no living host down, where a plain sweep buries them all; a dead one is found', {
  timeout: 60_000,
}, async () => {
  const naive = new Watch('naive');
  const engine = new Watch('engine');
  const watches = [naive, engine];
  const ports = await Promise.all(watches.map((watch) => watch.next(({ fact }) => fact === 'listening')));
  const allKnown = watches.map((watch) =>
    watch.next((fact) => fact.fact === 'known' && fact.hosts === HOSTS),
  );
  const fleet = start('fleet-child.ts', String(HOSTS), '1000', ...ports.map(portOf));
  await Promise.all(allKnown);

  const naiveDown = naive.next(({ fact }) => fact === 'down');
  const blind = engine.next((fact) => fact.fact === 'blind' && fact.blindMs >= STOP_MS - 500);
  for (const { child } of watches) child.kill('SIGSTOP');
  fleet.stdin!.write(`kill ${VICTIM}\n`);
  await new Promise((resolve) => setTimeout(resolve, STOP_MS));
  const victim = hostIdHex(`host-${VICTIM}`);
  const victimDown = engine.next((fact) => fact.fact === 'down' && fact.ids.includes(victim));
  for (const { child } of watches) child.kill('SIGCONT');

  await naiveDown;
  expect(naive.down.size).toBeGreaterThan(2_000);
  await blind;
  await victimDown;
  expect([...engine.down]).toEqual([victim]);
});

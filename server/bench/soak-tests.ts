/**
 * The long forms of tests that CI runs shortened: thousands of runs of the convergence test, a hundred kills of the
 * server, its restart with a large register, and the browser's journeys with their real timings. Knows nothing of
 * what is tested.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** Rejects when the tests fail; their own output goes to the terminal. */
async function run(
  what: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${what} (ended with ${code ?? signal})`);
}

function vitest(what: string, test: string, env: Readonly<Record<string, string>>): Promise<void> {
  return run(what, [path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', test], env);
}

/** On CI's seed, so that a run that fails can be played again by itself. */
export function soakConvergence(runs: number): Promise<void> {
  const test = 'server/transports/convergence.property.test.ts';
  return vitest('the views did not converge', test, { CONVERGENCE_RUNS: String(runs) });
}

/** kill -9 under a storm of acknowledgements and removals, and while the server starts; some 2 s each. */
export function soakKills(kills: number): Promise<void> {
  const test = 'server/testing/kill.process.test.ts';
  return vitest('something was lost over a kill -9', test, { KILLS: String(kills) });
}

/**
 * A stop and a kill -9 with so many hosts in the register; some two minutes with 100,000. Fails also when a start, or
 * what follows it, takes longer than is promised: nothing else should be busy.
 */
export function soakRestart(hosts: number): Promise<void> {
  const test = 'server/testing/restart.process.test.ts';
  return vitest('a restart was noticed', test, { RESTART_HOSTS: String(hosts), RESTART_REPORT: '1' });
}

/** The engine stopped (SIGSTOP) for STALL_SECONDS with STALL_HOSTS beating. */
export function soakStall(env: Readonly<Record<string, string>>): Promise<void> {
  return vitest('a stop of the engine was noticed', 'server/engine/stop.test.ts', env);
}

/** A collection every 10 ms under full load for STALL_SECONDS. */
export function soakCollections(env: Readonly<Record<string, string>>): Promise<void> {
  return vitest('columns differ from the model', 'server/engine/gc.test.ts', env);
}

/** Climbing back after a minute, six minutes hidden, a minute asleep: about twelve minutes. */
export function soakBrowser(): Promise<void> {
  const playwright = path.join(ROOT, 'node_modules', 'playwright', 'cli.js');
  const args = [playwright, 'test', 'e2e/fallback.spec.ts', 'e2e/time.spec.ts'];
  return run('a journey in the browser failed', args, { REAL_TIMINGS: '1' });
}

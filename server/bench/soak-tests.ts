/**
 * The long forms of tests that CI runs shortened: thousands of runs of the convergence test, and the browser's
 * journeys with their real timings. Knows nothing of what is tested.
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

/** On CI's seed, so that a run that fails can be played again by itself. */
export function soakConvergence(runs: number): Promise<void> {
  const vitest = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', 'server/transports/convergence.property.test.ts'];
  return run('the views did not converge', args, { CONVERGENCE_RUNS: String(runs) });
}

/** Climbing back after a minute, six minutes hidden, a minute asleep: about twelve minutes. */
export function soakBrowser(): Promise<void> {
  const playwright = path.join(ROOT, 'node_modules', 'playwright', 'cli.js');
  const args = [playwright, 'test', 'e2e/fallback.spec.ts', 'e2e/time.spec.ts'];
  return run('a journey in the browser failed', args, { REAL_TIMINGS: '1' });
}

/**
 * The long form of the convergence test: thousands of runs instead of CI's two hundred, on the same seed, so that
 * a run that fails can be played again by itself. Knows nothing of what is tested.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** Rejects when a run failed; the test's own output, with seed and path, goes to the terminal. */
export async function soakConvergence(runs: number): Promise<void> {
  const vitest = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', 'server/transports/convergence.property.test.ts'], {
    cwd: ROOT,
    env: { ...process.env, CONVERGENCE_RUNS: String(runs) },
    stdio: 'inherit',
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`the views did not converge (vitest ended with ${code ?? signal})`);
}

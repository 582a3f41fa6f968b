/**
 * `npm run dev`: the server, started again whenever its code changes, with pages that are replaced while they are
 * open, and a simulated fleet of 200 hosts. Its data is kept apart, in data/dev, unless DATA_DIR says otherwise.
 * Arguments are settings (config.ts).
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { checkMachine } from './config.ts';
import { endWithNpm } from './npm-parent.ts';
import { configOrExit, exitOnConfigError } from './program.ts';
import { startSimulatedFleet } from './simulated-fleet.ts';

const READY = /^Pulsewatch is ready: .* UDP (.+):([0-9]+)\)$/;
const FLEET = ['--hosts', '200', '--interval', '1s', '--loss', '1%', '--flap', '2', '--seed', '7'];

endWithNpm();
// Two hundred made-up hosts have no place in the register of the real ones.
process.env.DATA_DIR ||= join('data', 'dev');
const args = process.argv.slice(2);
// The watcher would wait for a change of the code after a mistake that is not in it.
await checkMachine(configOrExit(args)).catch(exitOnConfigError);
const watch = ['--watch-path=server', '--watch-path=lib', '--watch-preserve-output'];
const child: ChildProcessByStdio<null, Readable, null> = spawn(
  process.execPath,
  [...watch, join('server', 'program.ts'), '--dev', ...args],
  {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, NODE_ENV: 'development', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['inherit', 'pipe', 'inherit'],
  },
);

let fleetStarted = false;
createInterface({ input: child.stdout }).on('line', (line) => {
  console.log(line);
  const ready = READY.exec(line);
  if (ready === null || fleetStarted) return;
  fleetStarted = true;
  startSimulatedFleet(ready[1]!.replace(/[[\]]/g, ''), Number(ready[2]), FLEET);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
process.once('exit', () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(code ?? 0));

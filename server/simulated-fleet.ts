/** Runs `pulsewatch simulate` beside a server, for `dev` and `demo`. It ends with the process that started it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, 'agent', 'pulsewatch.js');

/** `options`: those of `pulsewatch simulate` but for the server. Its complaints go to stderr, its reports nowhere. */
export function startSimulatedFleet(host: string, port: number, options: readonly string[]): void {
  const server = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  // Nothing is sent over the channel: by its closing the fleet learns that this process is gone, however it went.
  const child = spawn(process.execPath, [PROGRAM, 'simulate', '--server', server, ...options], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let ending = false;
  const end = (): void => {
    ending = true;
    child.kill('SIGTERM');
  };
  // With the server, not after it: a fleet that talks to nobody would complain.
  for (const event of ['SIGTERM', 'SIGINT', 'exit'] as const) process.once(event, end);
  child.on('error', (error) =>
    console.error('pulsewatch: the simulated fleet did not start:', error.message),
  );
  child.on('exit', (code, signal) => {
    if (ending || signal !== null) return;
    console.error(`pulsewatch: the simulated fleet ended with code ${code}; the server goes on without it`);
  });
  child.unref();
  child.channel?.unref();
}

/**
 * Ends this program when the shell that npm started it from has gone. npm hands a SIGTERM to that shell alone, and
 * the shell ends without passing it on: the program would stay behind, on its ports, with nobody who knows of it.
 */
import { startedByNpm } from './config.ts';

const CHECK_EVERY_MS = 500;

/** Asks as SIGTERM does. Nothing to do for a program that npm did not start: it may outlive its parent. */
export function endWithNpm(): void {
  if (!startedByNpm()) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, CHECK_EVERY_MS);
  timer.unref();
}

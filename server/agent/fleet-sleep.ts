/** Sleeps to a fraction of a millisecond, for a sender that keeps an even pace. Effects only; not for a server. */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** A timer of the event loop is no more exact than 1 ms; shorter sleeps block this thread. */
const TIMER_FROM_MS = 2;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Not at all when `forMs` is not above 0; but signals and answers of the network get their turn each time. */
export async function sleep(forMs: number): Promise<void> {
  if (forMs >= TIMER_FROM_MS) {
    await pause(forMs);
    return;
  }
  if (forMs > 0) Atomics.wait(sleeper, 0, 0, forMs);
  await nextTurn();
}

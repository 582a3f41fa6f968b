/** The kernel's clocks and sleep, in pinned memory. Any thread; nothing allocates. */
import { libc, succeed } from './libc.ts';
import { PinnedMemory } from './pinned-memory.ts';

const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;

let timespec: PinnedMemory | undefined;

function memory(): PinnedMemory {
  timespec ??= new PinnedMemory(16);
  return timespec;
}

function readMs(clock: number): number {
  const { address, words } = memory();
  succeed(libc().clock_gettime(clock, address), 'clock_gettime');
  // Seconds since the boot fit 32 bits.
  return words[0]! * 1_000 + words[2]! / 1e6;
}

/** Readings are taken anew when this thread was interrupted between them, but not for ever. */
const TIGHT_MS = 0.05;
const TRIES = 8;

/**
 * How long the machine has been suspended since it booted, ms: CLOCK_BOOTTIME goes on then, CLOCK_MONOTONIC, which
 * all our deadlines run on, does not. About 1 µs; exact to some µs unless the thread was interrupted eight times.
 */
export function suspendedMs(): number {
  let tightestMs = Number.POSITIVE_INFINITY;
  let suspended = 0;
  for (let tries = 0; tries < TRIES && tightestMs > TIGHT_MS; tries++) {
    const beforeMs = readMs(CLOCK_MONOTONIC);
    const bootMs = readMs(CLOCK_BOOTTIME);
    const spanMs = readMs(CLOCK_MONOTONIC) - beforeMs;
    if (spanMs >= tightestMs) continue;
    tightestMs = spanMs;
    suspended = bootMs - (beforeMs + spanMs / 2);
  }
  return suspended;
}

/** Blocks the thread for so many µs, below a second; a signal ends it early. The kernel adds about 60 µs. */
export function sleepUs(us: number): void {
  const { address, words } = memory();
  words[0] = 0;
  words[1] = 0;
  words[2] = us * 1_000;
  words[3] = 0;
  libc().nanosleep(address, 0);
}

/**
 * One tick a second for everything on a page that shows an age. The timer runs only while somebody listens.
 */
import { steadyNowMs } from './steady-clock.ts';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;
let secondMs = 0;

function tick(): void {
  secondMs = steadyNowMs();
  for (const listener of listeners) listener();
}

/** The steady clock as of the last tick, ms; stands still between ticks so that all readers agree. */
export function clockSecondMs(): number {
  // Nobody listens yet: a reader that renders before its subscription must not see an old tick.
  if (timer === null && steadyNowMs() - secondMs >= 1_000) secondMs = steadyNowMs();
  return secondMs;
}

export function subscribeSeconds(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === null) {
    secondMs = steadyNowMs();
    timer = setInterval(tick, 1_000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  };
}

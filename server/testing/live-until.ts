/** Waiting for the browser's half of the live protocol. For tests. */
import type { Live } from '../../lib/client/live.ts';
import type { LiveState } from '../../lib/client/view-store.ts';

/** The state as soon as it is so. Rejects after `patienceMs`, and says what was there instead of `what`. */
export function liveUntil(
  live: Live,
  what: string,
  condition: (state: LiveState) => boolean,
  patienceMs: number,
): Promise<LiveState> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const state = live.store.getState();
      if (!condition(state)) return;
      done();
      resolve(state);
    };
    const late = setTimeout(() => {
      done();
      const { link, seq } = live.store.getState();
      reject(new Error(`waited in vain for ${what}: seq ${seq}, link ${JSON.stringify(link)}`));
    }, patienceMs);
    const unsubscribe = live.store.subscribe(look);
    const done = (): void => {
      clearTimeout(late);
      unsubscribe();
    };
    look();
  });
}

/**
 * Asks `/rt/poll` again and again, one request at a time, until stopped. One failed request ends it. Polling and
 * long polling are this loop with other waits and pauses.
 */
import type { Source, SourceOptions } from '../source.ts';
import { askForFrames, failure, requestsOf } from './live-request.ts';

export type Turns = {
  /** What the page calls the transport. */
  readonly name: string;
  /** How long the server may hold the request of this turn (0, 1, …), s. */
  waitS(turn: number): number;
  /** A request without an answer is given up after this, ms. */
  timeoutMs(waitS: number): number;
  /** Between an answer and the next request. May go on after `signal` aborts. */
  pause(frames: readonly unknown[], tookMs: number, signal: AbortSignal): Promise<void>;
};

export function openTurns(options: SourceOptions, turns: Turns): Source {
  const { sink } = options;
  const { signal, stop, close } = requestsOf(sink);

  async function run(): Promise<void> {
    for (let turn = 0; !signal.aborted; turn++) {
      const waitS = turns.waitS(turn);
      const askedAtMs = performance.now();
      const limit = AbortSignal.any([signal, AbortSignal.timeout(turns.timeoutMs(waitS))]);
      const answer = await askForFrames(turns.name, options, waitS, limit);
      if (signal.aborted) return;
      if ('kind' in answer) return close(answer);
      if (turn === 0) sink.opened();
      for (const frame of answer) if (!signal.aborted) sink.frame(frame);
      if (!signal.aborted) await turns.pause(answer, performance.now() - askedAtMs, signal);
    }
  }

  run().catch((error: unknown) => close(failure(turns.name, error)));
  return {
    // The next request's position is the acknowledgement.
    ack() {},
    stop,
  };
}

/** After so long, or as soon as the signal aborts. Leaves no timer behind. */
export function wait(forMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, forMs);
    signal.addEventListener('abort', end);
  });
}

/**
 * A bad network made on this viewer's side: each way of each message takes longer, and connections are cut at
 * random. Wraps any source; the server sees a viewer that is far away. Owns its timers.
 */
import type { CloseReason, OpenSource, Source, SourceOptions } from '../source.ts';

/** Messages come out in the order they went in, each after the delay that held when it went in. */
class DelayLine {
  readonly #delayMs: () => number;
  #waiting: { readonly dueAtMs: number; readonly deliver: () => void }[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(delayMs: () => number) {
    this.#delayMs = delayMs;
  }

  /** Without a delay it passes straight through, in the caller's turn. */
  push(deliver: () => void): void {
    const delayMs = this.#delayMs();
    if (delayMs === 0 && this.#waiting.length === 0) {
      deliver();
      return;
    }
    const nowMs = performance.now();
    const dueAtMs = Math.max(nowMs + delayMs, this.#waiting.at(-1)?.dueAtMs ?? 0);
    this.#waiting.push({ dueAtMs, deliver });
    this.#timer ??= setTimeout(() => this.#flush(), dueAtMs - nowMs);
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting = [];
  }

  #flush(): void {
    this.#timer = null;
    // A timer may fire a fraction of a millisecond early.
    while (this.#waiting.length > 0 && this.#waiting[0]!.dueAtMs <= performance.now() + 0.5) {
      this.#waiting.shift()!.deliver();
    }
    const next = this.#waiting[0];
    if (next !== undefined) {
      this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, next.dueAtMs - performance.now()));
    }
  }
}

function wait(delayMs: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/**
 * `stream`: one connection carries all; its opening, frames and acks are delayed. `requests`: each question and
 * each answer is.
 */
type Carriage = 'stream' | 'requests';

const CUT: CloseReason = { kind: 'lost', detail: 'cut on purpose: simulated trouble' };

/** Cuts come after this much of cutEveryS, and up to so much more, evenly spread. */
const CUT_LEAST = 0.5;

export class SimulatedTrouble {
  readonly #random: () => number;
  readonly #cutters = new Set<{ arm(): void }>();
  #delayMs = 0;
  #cutEveryS = 0;

  /** @param random 0 ≤ random() < 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Holds for what is sent from now on, also on connections that stand; 0 = none. */
  set(delayMs: number, cutEveryS: number): void {
    this.#delayMs = delayMs;
    if (cutEveryS === this.#cutEveryS) return;
    this.#cutEveryS = cutEveryS;
    for (const cutter of this.#cutters) cutter.arm();
  }

  /** The same source behind the simulated network. */
  wrap(open: OpenSource, carriage: Carriage): OpenSource {
    return (options) => this.#open(open, carriage, options);
  }

  #open(open: OpenSource, carriage: Carriage, options: SourceOptions): Source {
    const { sink } = options;
    const up = new DelayLine(() => this.#delayMs);
    const down = new DelayLine(() => this.#delayMs);
    let source: Source | null = null;
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const end = (): void => {
      ended = true;
      up.clear();
      down.clear();
      if (timer !== null) clearTimeout(timer);
      this.#cutters.delete(cutter);
    };
    const cutter = {
      arm: (): void => {
        if (timer !== null) clearTimeout(timer);
        timer = null;
        if (this.#cutEveryS === 0) return;
        timer = setTimeout(cut, this.#cutEveryS * 1_000 * (CUT_LEAST + this.#random()));
      },
    };
    const cut = (): void => {
      end();
      source?.stop();
      sink.closed(CUT);
    };
    const closed = (reason: CloseReason): void => {
      if (ended) return;
      end();
      sink.closed(reason);
    };
    this.#cutters.add(cutter);
    cutter.arm();
    if (carriage === 'stream') {
      up.push(() => {
        source = open({
          ...options,
          sink: {
            opened: () => down.push(() => sink.opened()),
            frame: (value) => down.push(() => sink.frame(value)),
            closed: (reason) => down.push(() => closed(reason)),
          },
        });
        if (ended) source.stop();
      });
    } else {
      source = open({ ...options, fetch: this.#fetch(options.fetch ?? fetch), sink: { ...sink, closed } });
    }
    return {
      ack: (s) => up.push(() => source?.ack(s)),
      stop: () => {
        if (ended) return;
        end();
        source?.stop();
      },
    };
  }

  #fetch(real: typeof fetch): typeof fetch {
    return async (input, init) => {
      if (this.#delayMs > 0) await wait(this.#delayMs, init?.signal);
      const response = await real(input, init);
      if (this.#delayMs > 0) await wait(this.#delayMs, init?.signal);
      return response;
    };
  }
}

/**
 * Loses, repeats and spoils frames between a source and the view, which TCP never does: a stand-in for whatever bug
 * or middlebox might. Chances are seeded. Knows no transport.
 */
import type { OpenSource } from '#lib/client/source.ts';
import { bytesFromBase64, bytesToBase64 } from '#lib/protocol/frames.ts';

/** A stream of numbers in [0, 1), the same for the same seed. Source: mulberry32 (T. Ettinger, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A diff with another state in its first slot, as its transport would have brought it; null when it has none. */
function spoilt(frame: { readonly states?: Uint8Array | string }): unknown {
  const { states } = frame;
  if (states === undefined || states.length === 0) return null;
  const bytes = typeof states === 'string' ? bytesFromBase64(states) : Uint8Array.from(states);
  bytes[0]! ^= 1;
  return { ...frame, states: typeof states === 'string' ? bytesToBase64(bytes) : bytes };
}

/** The server waits for acks of 8 frames: were all of them lost, it would close the connection, after 10 s. */
const MOST_IN_A_ROW = 5;

/** What every frame says. */
type Told = { readonly t: string; readonly e: string };

type TroubleOptions = {
  readonly random: () => number;
  readonly dropChance: number;
  readonly repeatChance: number;
  readonly spoilChance: number;
  /** false: no B ever arrives, also after the end. */
  readonly beats: boolean;
};

export class Trouble {
  readonly #options: TroubleOptions;
  #over = false;
  #losesAll = false;
  dropped = 0;
  repeated = 0;
  spoilt = 0;

  constructor(options: TroubleOptions) {
    this.#options = options;
  }

  /** From here on no frame arrives. */
  loseAll(): void {
    this.#losesAll = true;
  }

  /** From here on every frame arrives once. */
  end(): void {
    this.#over = true;
    this.#losesAll = false;
  }

  around(open: OpenSource): OpenSource {
    return (options) => {
      const { sink } = options;
      let stopped = false;
      let losesAnswer = false;
      let lostInARow = 0;
      let late: Told | null = null;
      const source = open({
        ...options,
        sink: {
          ...sink,
          frame: (value) => {
            const { t, e } = value as Told;
            if (t === 'B' && !this.#options.beats) return;
            const strikes = this.#losesAll || this.#strikes(this.#options.dropChance);
            const lost = losesAnswer || (strikes && lostInARow < MOST_IN_A_ROW);
            lostInARow = lost ? lostInARow + 1 : 0;
            // A goes directly before its D or S, and comes again only with them: they are lost together.
            losesAnswer = lost && t === 'A';
            if (lost) {
              this.dropped++;
              return;
            }
            const wrong =
              t === 'D' && this.#strikes(this.#options.spoilChance) ? spoilt(value as object) : null;
            if (wrong !== null) this.spoilt++;
            sink.frame(wrong ?? value);
            const again = this.#strikes(this.#options.repeatChance);
            // R and A belong to what follows them: nothing comes between.
            if (t === 'R' || t === 'A') {
              if (again) this.#repeat(value, stopped, sink.frame);
              return;
            }
            if (late?.e === e) this.#repeat(late, stopped, sink.frame);
            late = null;
            // At once, or behind the next one.
            if (again && this.#options.random() < 0.5) this.#repeat(value, stopped, sink.frame);
            else if (again) late = value as Told;
          },
        },
      });
      return {
        ack: (s) => source.ack(s),
        stop: () => {
          stopped = true;
          source.stop();
        },
      };
    };
  }

  #repeat(value: unknown, stopped: boolean, frame: (value: unknown) => void): void {
    if (stopped) return;
    this.repeated++;
    frame(structuredClone(value));
  }

  #strikes(chance: number): boolean {
    return !this.#over && this.#options.random() < chance;
  }
}

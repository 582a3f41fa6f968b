/**
 * Asks `/rt/clock` often enough to know the server's clock: eight probes in a row, then one every ten seconds.
 * Whoever owns it stops it while the page is hidden and starts it anew after a sleep; a probe under way is dropped
 * then. Owns one timer and one request.
 */
import { ClockEstimate, type ClockProbe } from './clock-estimate.ts';
import type { ClockReading } from './comparison/comparison-state.ts';

/** The first probe pays for the connection; of so many one is undisturbed. */
export const CLOCK_BURST = 8;
export const CLOCK_EVERY_MS = 10_000;
/** After a probe without an answer during the burst, ms. */
const AGAIN_AFTER_MS = 1_000;
/** A probe that takes longer tells too little, ms. */
const PROBE_TIMEOUT_MS = 5_000;

export type ClockSamplerOptions = {
  /** Origin with scheme; '' = the page's own. */
  readonly origin: string;
  /** The page's clock, ms, monotonic. */
  readonly now: () => number;
  /** Asked when an answer is there: false = the page slept since, forget it. */
  readonly awake: () => boolean;
};

function isAnswer(body: unknown): body is { s1: number; s2: number } {
  if (typeof body !== 'object' || body === null || !('s1' in body) || !('s2' in body)) return false;
  return typeof body.s1 === 'number' && typeof body.s2 === 'number';
}

export class ClockSampler {
  readonly #options: ClockSamplerOptions;
  readonly #estimate = new ClockEstimate();
  #probes = 0;
  #stopping: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: ClockSamplerOptions) {
    this.#options = options;
  }

  /** Null until a whole burst has been answered since the last start. */
  reading(): ClockReading | null {
    return this.#probes < CLOCK_BURST ? null : this.#estimate.reading(this.#options.now());
  }

  /** From nothing. */
  start(): void {
    this.stop();
    const stopping = new AbortController();
    this.#stopping = stopping;
    void this.#probe(stopping.signal);
  }

  /** Nothing is known from here on. */
  stop(): void {
    this.#stopping?.abort();
    this.#stopping = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#estimate.reset();
    this.#probes = 0;
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const probe = await this.#ask(signal).catch(() => null);
    if (signal.aborted) return;
    // A page that slept is told so by whoever is asked, and that one starts anew.
    if (!this.#options.awake() || signal.aborted) return;
    const taken = probe !== null && this.#estimate.add(probe);
    if (taken) this.#probes++;
    const burst = this.#probes < CLOCK_BURST;
    const pauseMs = !burst ? CLOCK_EVERY_MS : taken ? 0 : AGAIN_AFTER_MS;
    this.#timer = setTimeout(() => void this.#probe(signal), pauseMs);
  }

  async #ask(stopped: AbortSignal): Promise<ClockProbe | null> {
    const { origin, now } = this.#options;
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
    const c0 = now();
    const response = await fetch(`${origin}/rt/clock?c0=${c0.toFixed(3)}`, { cache: 'no-store', signal });
    // Its first bytes: reading the body is no part of the way.
    const c3 = now();
    if (!response.ok) return null;
    const body: unknown = await response.json();
    return isAnswer(body) ? { c0, s1: body.s1, s2: body.s2, c3 } : null;
  }
}

/**
 * What must hold between what is said of hosts and what is true of them, whatever the detector: a living one is down
 * only when enough of its beats in a row were lost, and a dead one is found within its bound. Knows no columns and
 * nothing of how silence is looked for.
 */
import { HostState } from '../../../lib/protocol/host.ts';
import type { Detector } from '../detector/policies.ts';
import type { SimulatedHost } from './simulated-host.ts';

/** Two digits are kept of a timeout, so it may be longer by a tenth. */
const ROUNDING = 1.1;
/** Share of an interval that a host may take longer. */
const SLOWEST = 1.06;
/** After a host changed its interval the server may not know of it. */
const UNCERTAIN_MS = 30_000;

/** The detector in force, the interval that is expected, the bar. */
export type Watching = { readonly detector: Detector; readonly intervalMs: number; readonly misses: number };

/** The shortest silence, in intervals, that is a death under this detector. */
function leastIntervals({ detector, misses }: Watching, missesSet: number): number {
  const own = detector.kind === 'fixed' ? detector.misses : detector.kind === 'adaptive' ? 2.5 : 1.5;
  return misses > missesSet ? Math.max(own, misses) : own;
}

/** The longest silence that is none, ms. */
function mostMs({ detector, misses, intervalMs }: Watching): number {
  const raisedMs = misses * intervalMs;
  // A FIFO waits as long as the longest interval in it asks for.
  if (detector.kind === 'fixed') return ROUNDING * Math.max(misses, detector.misses) * intervalMs;
  if (detector.kind === 'loss-window')
    return Math.max(raisedMs, (detector.of - detector.received + 1.5) * intervalMs);
  return Math.max(raisedMs, detector.capMs, 2.5 * intervalMs);
}

export class TruthCheck {
  downs = 0;
  /** Downs of hosts that lived. */
  mistaken = 0;
  deaths = 0;
  readonly #missesSet: number;
  /** From a beat's sending to its judgement at most, while nothing stalls. */
  readonly #delayMs: number;
  /** Before this nobody could be judged, or silence counted anew. */
  #sinceMs = 0;

  constructor(missesSet: number, delayMs: number) {
    this.#missesSet = missesSet;
    this.#delayMs = delayMs;
  }

  /** Silence counts from then on at the earliest: a server began, a shard took over, a stall ended. */
  countsFrom(atMs: number): void {
    this.#sinceMs = Math.max(this.#sinceMs, atMs);
  }

  died(host: SimulatedHost, nowMs: number): void {
    host.die(nowMs);
    this.deaths++;
  }

  /** A host was said to be down by silence as of the horizon. */
  down(host: SimulatedHost, watching: Watching, horizonMs: number, nowMs: number): void {
    this.downs++;
    if (!host.isAlive) return;
    this.mistaken++;
    if (nowMs - host.changedAtMs < UNCERTAIN_MS) return;
    const least = Math.floor(leastIntervals(watching, this.#missesSet) / SLOWEST);
    const lost = host.lostAsOf(horizonMs);
    if (lost < least) {
      const { detector, intervalMs, misses } = watching;
      const words = `${detector.kind}, ${intervalMs} ms, bar ${misses}`;
      throw new Error(`${host.name} lives and is down (${words}): ${lost} of ${least} beats were lost`);
    }
  }

  /** A dead host that is still waited for; only while no shard stalls. */
  stillWaitedFor(host: SimulatedHost, state: number, watching: Watching, nowMs: number): void {
    if (host.isAlive || (state !== HostState.pending && state !== HostState.up && state !== HostState.late))
      return;
    const fromMs = Math.max(host.diedAtMs + this.#delayMs, this.#sinceMs);
    const boundMs = mostMs(watching) + watching.intervalMs + this.#delayMs;
    if (nowMs - fromMs <= boundMs) return;
    const { detector, intervalMs } = watching;
    throw new Error(
      `${host.name} (${detector.kind}, ${intervalMs} ms) died ${nowMs - host.diedAtMs} ms ago and is not down; its bound is ${boundMs} ms`,
    );
  }
}

/**
 * Each policy's spans for a host: after which silence it is late or down now, as its columns stand, and the shortest
 * that could be after any beat. The one place where FIFO, wheel and main's view ask. Pure, any thread.
 * Cost: O(1); loss-window O(m).
 */
import { INTERVAL_UNIT_MS } from '../../../lib/protocol/heartbeat.ts';
import { POLICY_SHIFT, type ShardColumns } from '../layout.ts';
import { LATE_INTERVALS, lateSpanMs, type TimeoutPolicy, timeoutMsOf } from '../timeout-class.ts';
import { deviationMsOf, meanMsOf } from './adaptive.ts';
import { missesLeft } from './loss-window.ts';
import { type Detector, type DetectorPolicies, MAX_POLICIES } from './policies.ts';

/** Room for jitter beside whole missed intervals. */
const JITTER_INTERVALS = 0.5;

/** Late spans are kept for so many intervals: a fleet has few, and rounding costs more than a look-up. */
const KEPT_SPANS = 256;

export class Detectors {
  /** MISSES and the clamps as set for all. */
  readonly policy: TimeoutPolicy;
  readonly policies: DetectorPolicies;
  /** By policy number: 1 where the host stands in the wheel. */
  readonly inWheel = new Uint8Array(MAX_POLICIES + 1);
  readonly #detectors: readonly Detector[];
  readonly #fixed: readonly TimeoutPolicy[];
  readonly #keptIntervals = new Uint16Array(KEPT_SPANS);
  readonly #keptLateMs = new Float64Array(KEPT_SPANS);

  constructor(policy: TimeoutPolicy, policies: DetectorPolicies) {
    this.policy = policy;
    this.policies = policies;
    this.#detectors = [{ kind: 'fixed', misses: policy.misses }, ...policies.map(({ detector }) => detector)];
    this.#fixed = this.#detectors.map((one) =>
      one.kind === 'fixed' ? { ...policy, misses: one.misses } : policy,
    );
    this.#detectors.forEach(({ kind }, number) => {
      this.inWheel[number] = kind === 'fixed' ? 0 : 1;
    });
  }

  /** One more than the highest policy number. */
  get count(): number {
    return this.#detectors.length;
  }

  /** Of a policy number, which is one of ours. */
  detector(number: number): Detector {
    return this.#detectors[number]!;
  }

  /** What a `fixed` policy's timeouts are made of. */
  fixedPolicy(number: number): TimeoutPolicy {
    return this.#fixed[number]!;
  }

  /** Silence after which the host in a row is down, as it stands now; without a raised bar. */
  timeoutMs(columns: ShardColumns, row: number): number {
    const number = columns.state[row]! >>> POLICY_SHIFT;
    const intervalMs = columns.interval[row]! * INTERVAL_UNIT_MS;
    const detector = this.#detectors[number]!;
    if (detector.kind === 'fixed') return timeoutMsOf(intervalMs, this.#fixed[number]!);
    if (detector.kind === 'loss-window') {
      const misses = missesLeft(columns, row, detector.received, detector.of);
      return this.#clamped((misses + JITTER_INTERVALS) * intervalMs);
    }
    const learnt = columns.prev[row]!;
    const wanted = meanMsOf(learnt, intervalMs) + detector.z * deviationMsOf(learnt, intervalMs);
    return this.#adaptiveMs(detector, wanted, intervalMs);
  }

  /** Of a wheel's policy: silence after which a host is late whose timeout is `timeoutMs`; Infinity: it is down by then. */
  lateMs(interval: number, timeoutMs: number): number {
    const lateMs = this.#lateSpanMs(interval);
    return lateMs < timeoutMs ? lateMs : Number.POSITIVE_INFINITY;
  }

  /** Of a wheel's policy: no beat makes the host late or down in less than this. */
  shortestMs(number: number, interval: number): number {
    const intervalMs = interval * INTERVAL_UNIT_MS;
    const detector = this.#detectors[number]!;
    const timeoutMs =
      detector.kind === 'adaptive'
        ? this.#adaptiveMs(detector, 0, intervalMs)
        : this.#clamped((1 + JITTER_INTERVALS) * intervalMs);
    return Math.min(timeoutMs, this.#lateSpanMs(interval));
  }

  #lateSpanMs(interval: number): number {
    const place = interval % KEPT_SPANS;
    if (this.#keptIntervals[place] !== interval) {
      this.#keptIntervals[place] = interval;
      this.#keptLateMs[place] = lateSpanMs(interval * INTERVAL_UNIT_MS);
    }
    return this.#keptLateMs[place]!;
  }

  #clamped(spanMs: number): number {
    return Math.min(this.policy.maxTimeoutMs, Math.max(this.policy.minTimeoutMs, spanMs));
  }

  /** Never below what makes a host late: one lost beat is no death, however regular a host is. */
  #adaptiveMs(detector: Detector & { kind: 'adaptive' }, wantedMs: number, intervalMs: number): number {
    const own = Math.min(detector.capMs, Math.max(detector.floorMs, wantedMs));
    return this.#clamped(Math.max(own, LATE_INTERVALS * intervalMs));
  }
}

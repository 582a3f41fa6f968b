/**
 * What a full scan says, for every detector, written without lists, classes, heads, slots or bitmaps: each host by
 * itself, its arrivals as plain sets. The oracle of tests and of the simulation; knows none of the code it checks but
 * the rules on spans (timeout-class.ts) and how `adaptive` learns (adaptive.ts). Cost: O(hosts) a scan.
 */
import { deviationMsOf, learn, meanMsOf, UNLEARNT } from '../detector/adaptive.ts';
import type { Detector, DetectorPolicies } from '../detector/policies.ts';
import { lateMsOf, lateSpanMs, type TimeoutPolicy, timeoutClasses, timeoutMsOf } from '../timeout-class.ts';

const BLIND_GAP_MS = 250;
const WINDOW = 64;

export type OracleState = 'pending' | 'up' | 'late' | 'down' | 'left';

type OracleHost = {
  state: OracleState;
  /** Index in the policies + 1, 0 = default. */
  policy: number;
  seenAtMs: number;
  intervalMs: number;
  /** null: it counts none. */
  seqs: Set<number> | null;
  high: number;
  /** The seq, or the elapsed interval, from which on losses count for loss-window. */
  countsFrom: number;
  /** Of a host that counts no seq: its arrivals by elapsed intervals. */
  elapsed: Set<number>;
  newestElapsed: number;
  learnt: number;
  /** A description of it was accepted. */
  isNamed: boolean;
  /** From a description that refreshed nothing: acts at the next beat that does. */
  nextPolicy: number | null;
};

export class ScanOracle {
  readonly #policy: TimeoutPolicy;
  readonly #policies: DetectorPolicies;
  readonly #spans: [number, number][] = [];
  readonly #classGraceMs = new Map<string, number>();
  readonly hosts = new Map<string, OracleHost>();
  #turnAtMs = Number.NaN;

  constructor(policy: TimeoutPolicy, policies: DetectorPolicies) {
    this.#policy = policy;
    this.#policies = policies;
  }

  /** The loop came round. */
  turn(nowMs: number): void {
    if (nowMs - this.#turnAtMs > BLIND_GAP_MS) this.#spans.push([this.#turnAtMs, nowMs]);
    this.#turnAtMs = nowMs;
  }

  /** The shard was made anew: nothing before was anybody's silence, and what waited for a beat waits for a hello. */
  takeOver(nowMs: number): void {
    for (const host of this.hosts.values()) host.nextPolicy = null;
    this.#spans.splice(0, Number.POSITIVE_INFINITY, [Number.NEGATIVE_INFINITY, nowMs]);
    this.#turnAtMs = nowMs;
  }

  know(
    id: string,
    state: OracleState,
    policy: number,
    intervalMs: number,
    nowMs: number,
    isNamed = true,
  ): void {
    if (this.hosts.has(id)) return;
    this.hosts.set(id, {
      ...{ state, policy, seenAtMs: nowMs, intervalMs, seqs: null, high: 0, countsFrom: 0 },
      ...{ elapsed: new Set([0]), newestElapsed: 0, learnt: UNLEARNT },
      ...{ isNamed, nextPolicy: null },
    });
  }

  /**
   * A beat that was accepted: it refreshes when its seq is the highest, or when it has none. `policy`: as its labels
   * say, null when it has none. `anew`: of another run.
   */
  beat(
    id: string,
    seq: number | null,
    described: number | null,
    intervalMs: number,
    nowMs: number,
    anew = false,
  ): void {
    const isNew = !this.hosts.has(id);
    if (isNew) this.know(id, 'left', described ?? 0, intervalMs, nowMs);
    const host = this.hosts.get(id)!;
    if (isNew) host.isNamed = described !== null;
    if (seq !== null) {
      if (host.seqs === null || anew) {
        host.seqs = new Set();
        host.high = 0;
      }
      host.seqs.add(seq);
      if (seq < host.high) {
        if (described !== null && !host.isNamed)
          Object.assign(host, { isNamed: true, nextPolicy: described });
        return;
      }
      host.high = seq;
    }
    const policy = described ?? host.nextPolicy ?? host.policy;
    host.nextPolicy = null;
    host.isNamed ||= described !== null;
    const isOther = policy !== host.policy || isNew;
    const goesOn = !isOther && !anew && (host.state === 'up' || host.state === 'late');
    if (isOther || anew || intervalMs !== host.intervalMs) host.learnt = UNLEARNT;
    else if (goesOn && !this.#wasBlindAfter(host.seenAtMs)) {
      host.learnt = learn(host.learnt, nowMs - host.seenAtMs, intervalMs);
    }
    host.policy = policy;
    if (host.seqs === null) {
      const gapMs = this.#observed(nowMs) - this.#observed(host.seenAtMs);
      host.newestElapsed += goesOn ? Math.round(gapMs / intervalMs) : 1;
      host.elapsed.add(host.newestElapsed);
      if (!goesOn) host.countsFrom = host.newestElapsed;
    } else if (!goesOn) host.countsFrom = host.high;
    Object.assign(host, { state: 'up', seenAtMs: nowMs, intervalMs });
  }

  bye(id: string, seq: number | null, nowMs: number, anew = false): void {
    const host = this.hosts.get(id)!;
    if (seq !== null) {
      if (host.seqs === null || anew) {
        host.seqs = new Set();
        host.high = 0;
      }
      host.seqs.add(seq);
      if (seq < host.high) return;
      host.high = seq;
    }
    host.state = 'left';
    host.seenAtMs = nowMs;
  }

  /** Its connection ended. */
  ended(id: string): void {
    const host = this.hosts.get(id)!;
    if (host.state === 'up' || host.state === 'late') host.state = 'down';
  }

  /** Judges everybody as of the horizon; `misses`: the bar, 0 = not raised. */
  scan(horizonMs: number, misses = 0): void {
    for (const host of this.hosts.values()) {
      if (host.state === 'down' || host.state === 'left') continue;
      const ownMs = this.timeoutMs(host);
      const detector = this.#detector(host);
      // A FIFO is raised by the longest interval of its class, because all in it wait as long.
      const intervalMs = detector.kind === 'fixed' ? this.#longestMs(host) : host.intervalMs;
      const timeoutMs = Math.max(ownMs, Math.min(this.#policy.maxTimeoutMs, misses * intervalMs));
      const lateMs = this.#lateMs(host, ownMs) * (timeoutMs / ownMs);
      const silentMs = this.#observed(horizonMs) - this.#silenceStart(host, Math.min(intervalMs, ownMs));
      if (silentMs >= timeoutMs) host.state = 'down';
      else if (host.state === 'up' && silentMs >= lateMs) host.state = 'late';
    }
  }

  /** Silence that makes it down, without a raised bar. */
  timeoutMs(host: OracleHost): number {
    const detector = this.#detector(host);
    const { intervalMs } = host;
    const { minTimeoutMs, maxTimeoutMs } = this.#policy;
    if (detector.kind === 'fixed')
      return timeoutMsOf(intervalMs, { ...this.#policy, misses: detector.misses });
    let wantedMs: number;
    if (detector.kind === 'loss-window') {
      let missed = 1;
      while (this.#arrivedOf(host, detector.of, missed) >= detector.received) missed++;
      wantedMs = (missed + 0.5) * intervalMs;
    } else {
      const ownMs = meanMsOf(host.learnt, intervalMs) + detector.z * deviationMsOf(host.learnt, intervalMs);
      wantedMs = Math.max(2.5 * intervalMs, Math.min(detector.capMs, Math.max(detector.floorMs, ownMs)));
    }
    return Math.min(maxTimeoutMs, Math.max(minTimeoutMs, wantedMs));
  }

  /** Of the last `of` expected beats, once `missed` more have not come. */
  #arrivedOf(host: OracleHost, of: number, missed: number): number {
    const seqs = host.seqs ?? host.elapsed;
    const newest = host.seqs === null ? host.newestElapsed : host.high;
    // Losses count since it came up, and with seqs since the first that was heard of the run.
    const first = host.seqs === null ? host.countsFrom : Math.max(host.countsFrom, Math.min(...seqs));
    let arrived = 0;
    for (let back = 0; back < of - missed; back++) {
      const seq = newest - back;
      if (seqs.has(seq) || seq < first || back >= WINDOW) arrived++;
    }
    return arrived;
  }

  #detector(host: OracleHost): Detector {
    return this.#policies[host.policy - 1]?.detector ?? { kind: 'fixed', misses: this.#policy.misses };
  }

  #lateMs(host: OracleHost, ownMs: number): number {
    const detector = this.#detector(host);
    if (detector.kind === 'fixed') {
      return (
        lateMsOf(host.intervalMs, { ...this.#policy, misses: detector.misses }) ?? Number.POSITIVE_INFINITY
      );
    }
    const lateMs = lateSpanMs(host.intervalMs);
    return lateMs < ownMs ? lateMs : Number.POSITIVE_INFINITY;
  }

  #longestMs(host: OracleHost): number {
    const detector = this.#detector(host);
    const misses = detector.kind === 'fixed' ? detector.misses : this.#policy.misses;
    const key = `${misses} ${host.intervalMs}`;
    let longestMs = this.#classGraceMs.get(key);
    if (longestMs === undefined) {
      const classes = timeoutClasses({ ...this.#policy, misses });
      longestMs = classes.intervalMs[classes.ofInterval[host.intervalMs / 10]!]!;
      this.#classGraceMs.set(key, longestMs);
    }
    return longestMs;
  }

  #observed(atMs: number): number {
    let blindMs = 0;
    for (const [from, to] of this.#spans) {
      if (from === Number.NEGATIVE_INFINITY) blindMs += Math.min(0, atMs - to);
      else blindMs += Math.max(0, Math.min(to, atMs) - from);
    }
    return atMs - blindMs;
  }

  #wasBlindAfter(atMs: number): boolean {
    const resumedAtMs = this.#spans.at(-1)?.[1];
    return resumedAtMs !== undefined && atMs < resumedAtMs;
  }

  #silenceStart(host: OracleHost, graceMs: number): number {
    const start = this.#observed(host.seenAtMs);
    const resumedAtMs = this.#spans.at(-1)?.[1];
    if (resumedAtMs === undefined) return start;
    return Math.max(start, Math.min(start, this.#observed(resumedAtMs)) + graceMs);
  }
}

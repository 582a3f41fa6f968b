/** One host's shared columns as main reads them: live, without locks, values at most a beat apart. */
import { INTERVAL_UNIT_MS } from '../../lib/protocol/heartbeat.ts';
import { HostState, type HostStateCode } from '../../lib/protocol/host.ts';
import { Detectors } from './detector/detectors.ts';
import { type Detector, type DetectorPolicies, NO_POLICIES } from './detector/policies.ts';
import { HEARD_AGAIN, NONE, POLICY_SHIFT, ROW_STATE, type ShardColumns, UNKEPT } from './layout.ts';
import { expectedBeats, lostBeats } from './seq-window.ts';
import { TagMark } from './tags/tag-marks.ts';
import type { TimeoutPolicy } from './timeout-class.ts';

export type HostColumnsView = {
  /** The shard's own verdict; what is shown is what main published. */
  readonly state: HostStateCode;
  /** Heard since the engine started. */
  readonly heard: boolean;
  /** Heard more than once in its life, in this run or before; or named by an operator. */
  readonly heardAgain: boolean;
  /** 0 while not heard. */
  readonly lastSeenAtMs: number;
  readonly intervalMs: number;
  /** Silence that makes it down as its detector stands at this moment, ms; a raised bar left out. */
  readonly timeoutMs: number;
  /** The policy in force, 0 = the default, and its detector. */
  readonly policy: number;
  readonly detector: Detector;
  /** ms since the epoch at the agent's start; null for text heartbeats. */
  readonly incarnation: number | null;
  /** Highest seq heard, 0 when the sender counts none. */
  readonly highSeq: number;
  /** Arrivals of the last 64 seqs, newest in bit 0; null when the sender counts none. */
  readonly seen64: bigint | null;
  /** Of the last `expectedBeats` (0 to 64), so many did not arrive. */
  readonly lostBeats: number;
  readonly expectedBeats: number;
  /** Index among the addresses handed out in ShardBatch.sources; null when it is not kept. */
  readonly sourceIndex: number | null;
  /** How late the sender said it was with its last beat, ms. */
  readonly senderLateMs: number;
  /** Down, and whoever has its key beats from an older run: its clock was set back. */
  readonly olderIncarnationRefused: boolean;
};

/** One a pair of settings: a page of hosts asks for hundreds of views. */
const known = new WeakMap<TimeoutPolicy, Detectors>();

function detectorsOf(policy: TimeoutPolicy, policies: DetectorPolicies): Detectors {
  let detectors = known.get(policy);
  if (detectors === undefined || detectors.policies !== policies) {
    detectors = new Detectors(policy, policies);
    known.set(policy, detectors);
  }
  return detectors;
}

/** Throws RangeError for a row outside the shard. */
export function viewHostColumns(
  columns: ShardColumns,
  row: number,
  policy: TimeoutPolicy,
  policies: DetectorPolicies = NO_POLICIES,
  tagMark = 0,
): HostColumnsView {
  if (!(row >= 0 && row < columns.rows)) {
    throw new RangeError(`row ${row} is outside the shard, which has rows 0 to ${columns.rows - 1}`);
  }
  const intervalMs = columns.interval[row]! * INTERVAL_UNIT_MS;
  const incarnation = columns.incarnation[row]!;
  const packed = columns.state[row]!;
  const state = (packed & ROW_STATE) as HostStateCode;
  const detectors = detectorsOf(policy, policies);
  // A restored host that its shard has not placed yet: nothing is there.
  const source = state === HostState.empty ? NONE : columns.source[row]!;
  // A saved run says nothing of losses in this one.
  const expected = source === NONE ? 0 : expectedBeats(columns, row);
  return {
    state,
    heard: source !== NONE,
    heardAgain: (columns.history[row]! & HEARD_AGAIN) !== 0,
    lastSeenAtMs: source === NONE ? 0 : columns.lastSeenAtMs[row]!,
    intervalMs,
    timeoutMs: detectors.timeoutMs(columns, row),
    policy: packed >>> POLICY_SHIFT,
    detector: detectors.detector(packed >>> POLICY_SHIFT),
    incarnation: incarnation === 0 ? null : incarnation,
    highSeq: expected === 0 ? 0 : columns.highSeq[row]!,
    seen64: expected === 0 ? null : (BigInt(columns.seenHigh[row]!) << 32n) | BigInt(columns.seenLow[row]!),
    lostBeats: expected === 0 ? 0 : lostBeats(columns, row),
    expectedBeats: expected,
    sourceIndex: source === NONE || source === UNKEPT ? null : source,
    senderLateMs: columns.senderLate[row]!,
    olderIncarnationRefused: (tagMark & TagMark.olderRefused) !== 0,
  };
}

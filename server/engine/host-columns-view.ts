/** One host's shared columns as main reads them: live, without locks, values at most a beat apart. */
import { INTERVAL_UNIT_MS } from '../../lib/protocol/heartbeat.ts';
import { HostState, type HostStateCode } from '../../lib/protocol/host.ts';
import { HEARD_AGAIN, NONE, type ShardColumns, UNKEPT } from './layout.ts';
import { expectedBeats, lostBeats } from './seq-window.ts';
import { type TimeoutPolicy, timeoutMsOf } from './timeout-class.ts';

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
  readonly timeoutMs: number;
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
};

/** Throws RangeError for a row outside the shard. */
export function viewHostColumns(columns: ShardColumns, row: number, policy: TimeoutPolicy): HostColumnsView {
  if (!(row >= 0 && row < columns.rows)) {
    throw new RangeError(`row ${row} is outside the shard, which has rows 0 to ${columns.rows - 1}`);
  }
  const intervalMs = columns.interval[row]! * INTERVAL_UNIT_MS;
  const incarnation = columns.incarnation[row]!;
  const expected = expectedBeats(columns, row);
  const state = columns.state[row]! as HostStateCode;
  // A restored host that its shard has not placed yet: nothing is there.
  const source = state === HostState.empty ? NONE : columns.source[row]!;
  return {
    state,
    heard: source !== NONE,
    heardAgain: (columns.history[row]! & HEARD_AGAIN) !== 0,
    lastSeenAtMs: source === NONE ? 0 : columns.lastSeenAtMs[row]!,
    intervalMs,
    timeoutMs: timeoutMsOf(intervalMs, policy),
    incarnation: incarnation === 0 ? null : incarnation,
    highSeq: expected === 0 ? 0 : columns.highSeq[row]!,
    seen64: expected === 0 ? null : (BigInt(columns.seenHigh[row]!) << 32n) | BigInt(columns.seenLow[row]!),
    lostBeats: lostBeats(columns, row),
    expectedBeats: expected,
    sourceIndex: source === NONE || source === UNKEPT ? null : source,
    senderLateMs: columns.senderLate[row]!,
  };
}

/**
 * Owns every byte offset of the engine's shared memory: the columns of one shard's hosts, its hash table, its
 * counters. One writer (the shard's worker); main reads single values without locks. Knows no rules.
 * Cost: ROW_BYTES a row and TABLE_BYTES_PER_HOST a host; pages never touched take no memory.
 */
import { REJECT_REASONS } from '../../lib/protocol/heartbeat.ts';

type Shared = SharedArrayBuffer;

/** No row, no neighbour in a list; as source: not heard since the shard started. */
export const NONE = 0xffffffff;
/** As source: heard, from an address that is not kept. */
export const UNKEPT = 0xfffffffe;

/** The table keeps a row in 24 bits. */
export const MAX_ROWS = 2 ** 24 - 2;

/** `history` column: beats expected in the 64-wide window (0 = no window: the sender counts no seq). */
export const EXPECTED_MASK = 0x7f;
/** `history` column: more than one heartbeat of this host was ever accepted, or an operator named it. */
export const HEARD_AGAIN = 0x80;

/** `description` column: it has a name from before; what was said of it then is not known here. */
export const NAMED_BEFORE = 1;

/** `state` column: the HostState; the number of the host's detector policy stands above it (0 = the default). */
export const ROW_STATE = 0x0f;
export const POLICY_SHIFT = 4;

/** `journal`: hosts counted under the limit, how many rows are noted, then the rows, with what is noted in the bits above. */
export const JOURNAL = { counted: 0, noted: 1, firstRow: 2 } as const;
/** More than one batch can hold. */
export const JOURNAL_ROWS = 16_384;
export const JOURNAL_ROW = 0xffffff;
export const JOURNAL_REASON_SHIFT = 24;
export const JOURNAL_REASON = 0x0f;
/** Which of the two was noted; DESCRIBED alone: no transition. */
export const JOURNAL_DESCRIBED = 0x4000_0000;
/** The host was unknown before. */
export const JOURNAL_NEW = 0x2000_0000;

const JOURNAL_BYTES = 4 * (JOURNAL.firstRow + JOURNAL_ROWS);

const F64_COLUMNS = 2;
const U32_COLUMNS = 9;
const U16_COLUMNS = 2;
const U8_COLUMNS = 2;
export const ROW_BYTES = 8 * F64_COLUMNS + 4 * U32_COLUMNS + 2 * U16_COLUMNS + U8_COLUMNS;

/** Table entries for `maxHosts`: three quarters full at most, so that a probe stays short. */
function tableLength(maxHosts: number): number {
  return Math.ceil((maxHosts * 4) / 3) + 8;
}

/** Rows for `maxHosts`: a quarter more, because a removed host's row rests before it is used again. */
export function rowsFor(maxHosts: number): number {
  return Math.min(MAX_ROWS, maxHosts + Math.ceil(maxHosts / 4) + 64);
}

export type ShardColumns = {
  readonly rows: number;
  /** Instant of the last heartbeat that counted for liveness; unheard: its deadline counts from there; for a removed row: of its removal. */
  readonly lastSeenAtMs: Float64Array<Shared>;
  /** ms since the epoch at the agent's start; 0 = none (text). */
  readonly incarnation: Float64Array<Shared>;
  /** Host id: its first and its last 4 bytes, each big-endian. */
  readonly idHigh: Uint32Array<Shared>;
  readonly idLow: Uint32Array<Shared>;
  readonly highSeq: Uint32Array<Shared>;
  /** Arrivals of the 64 seqs up to highSeq; highSeq is bit 0 of seenLow. */
  readonly seenHigh: Uint32Array<Shared>;
  readonly seenLow: Uint32Array<Shared>;
  /** Neighbour in a list. A host in the wheel has none: there its detector keeps what it knows of it. */
  readonly prev: Uint32Array<Shared>;
  /** Neighbour in a list; in the wheel: when its slot fires. */
  readonly next: Uint32Array<Shared>;
  /** Number of the address last heard from, or NONE or UNKEPT. */
  readonly source: Uint32Array<Shared>;
  /** Hash of the last description handed out; 0 = not named yet. */
  readonly description: Uint32Array<Shared>;
  /** In units of 10 ms. The timeout class is a function of it, hence no column. */
  readonly interval: Uint16Array<Shared>;
  /** How late the sender was with its last beat, ms. */
  readonly senderLate: Uint16Array<Shared>;
  /** Read through ROW_STATE: a policy's number stands above it. */
  readonly state: Uint8Array<Shared>;
  readonly history: Uint8Array<Shared>;
  /** Hash table: 0 = free, else 8 bits of the id and row + 1 in the low 24. */
  readonly table: Uint32Array<Shared>;
  /** News that a successor may have to tell again; of one size whatever the fleet's. See JOURNAL. */
  readonly journal: Uint32Array<Shared>;
};

/** Zeroed memory for one shard of a fleet of `maxHosts`. */
export function allocateShardMemory(maxHosts: number): SharedArrayBuffer {
  const rows = rowsFor(maxHosts);
  return new SharedArrayBuffer(rows * ROW_BYTES + tableLength(maxHosts) * 4 + 8 + JOURNAL_BYTES + rows);
}

/**
 * One byte a row, behind the columns: what is to be known of hosts that speak with a tag, see tags/tag-marks.ts. Not
 * touched, and hence no memory, while no keys are set.
 */
export function openTagMarks(memory: SharedArrayBuffer, maxHosts: number): Uint8Array<Shared> {
  const rows = rowsFor(maxHosts);
  return new Uint8Array(memory, memory.byteLength - rows, rows);
}

/** Views over memory from allocateShardMemory, in any thread. */
export function openShardColumns(memory: SharedArrayBuffer, maxHosts: number): ShardColumns {
  const rows = rowsFor(maxHosts);
  let at = 0;
  // Widest first, so that every column is aligned whatever the number of rows.
  const f64 = (): Float64Array<Shared> => {
    at += 8 * rows;
    return new Float64Array(memory, at - 8 * rows, rows);
  };
  const u32 = (): Uint32Array<Shared> => {
    at += 4 * rows;
    return new Uint32Array(memory, at - 4 * rows, rows);
  };
  const u16 = (): Uint16Array<Shared> => {
    at += 2 * rows;
    return new Uint16Array(memory, at - 2 * rows, rows);
  };
  const u8 = (): Uint8Array<Shared> => {
    at += rows;
    return new Uint8Array(memory, at - rows, rows);
  };
  return {
    rows,
    lastSeenAtMs: f64(),
    incarnation: f64(),
    idHigh: u32(),
    idLow: u32(),
    highSeq: u32(),
    seenHigh: u32(),
    seenLow: u32(),
    prev: u32(),
    next: u32(),
    source: u32(),
    description: u32(),
    interval: u16(),
    senderLate: u16(),
    state: u8(),
    history: u8(),
    table: new Uint32Array(memory, Math.ceil(at / 4) * 4, tableLength(maxHosts)),
    journal: new Uint32Array(memory, Math.ceil(at / 4) * 4 + 4 * tableLength(maxHosts), JOURNAL_BYTES / 4),
  };
}

/** What one shard has counted, as published each tick. Spans in ms, counts since the start. */
export const STAT = {
  read: 0,
  accepted: 1,
  heartbeatsPerSecond: 2,
  kernelDrops: 3,
  blindMs: 4,
  blindLastMinuteMs: 5,
  /** Instant up to which silence has been judged. */
  horizonAtMs: 6,
  /** Of the datagrams that came to this shard, 0 to 1. */
  dropShare: 7,
  /** The bar in force: missed intervals that make a host down. */
  misses: 8,
  firstRejected: 9,
} as const;
export const STAT_COUNT = STAT.firstRejected + REJECT_REASONS.length;

export type ShardStats = {
  /** Number of the newest publication; it stands at this number modulo 2. */
  readonly version: Int32Array<Shared>;
  readonly values: readonly [Float64Array<Shared>, Float64Array<Shared>];
};

export function allocateStats(): SharedArrayBuffer {
  return new SharedArrayBuffer(8 + 2 * 8 * STAT_COUNT);
}

export function openStats(memory: SharedArrayBuffer): ShardStats {
  return {
    version: new Int32Array(memory, 0, 1),
    values: [
      new Float64Array(memory, 8, STAT_COUNT),
      new Float64Array(memory, 8 + 8 * STAT_COUNT, STAT_COUNT),
    ],
  };
}

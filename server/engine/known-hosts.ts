/**
 * Hosts known before they are heard: those the store remembers, and those an operator names. Packs the former into
 * columns that travel to a shard without a copy, and checks both. Knows no state machine. Main thread packs, the
 * shard's worker reads. Cost: about 11 bytes a host on the way, none afterwards.
 */
import { INTERVAL_UNIT_MS, MAX_INTERVAL_MS, MIN_INTERVAL_MS } from '../../lib/protocol/heartbeat.ts';
import { type HostId, HostState, isHostName, type Labels } from '../../lib/protocol/host.ts';

export type RestoredHost = {
  readonly id: HostId;
  /** As last announced; its timeout is made of it by the present policy. */
  readonly intervalMs: number;
  readonly state: 'pending' | 'down' | 'left';
  /** Heard more than once in its life, or named by an operator: its down alerts. */
  readonly confirmed: boolean;
  /** Has it a name yet? One without is named by the next hello or text heartbeat, whatever its labels. */
  readonly named: boolean;
};

/** Where a host stands in the engine. */
export type HostPlace = { readonly shard: number; readonly row: number };

/** A host an operator names before it is heard. */
export type ExpectedHost = {
  readonly id: HostId;
  readonly name: string;
  readonly labels: Labels;
  /** 10 ms to 655 s: how long to wait is made of it as of an announced one. */
  readonly intervalMs: number;
};

/** Restored hosts as columns, in the order of their rows. */
export type RestoredColumns = {
  readonly length: number;
  readonly idHigh: Uint32Array<ArrayBuffer>;
  readonly idLow: Uint32Array<ArrayBuffer>;
  /** In units of 10 ms. */
  readonly interval: Uint16Array<ArrayBuffer>;
  /** A HostState, and the bits below. */
  readonly flags: Uint8Array<ArrayBuffer>;
};

export const RESTORED_STATE = 0x0f;
export const RESTORED_CONFIRMED = 0x10;
export const RESTORED_NAMED = 0x20;

const ID_DIGITS = 16;

/** Eight lower-case hex digits from `at` on as a number; NaN when they are none. */
function hexWord(id: string, at: number): number {
  let word = 0;
  for (let i = at; i < at + 8; i++) {
    const code = id.charCodeAt(i);
    const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : Number.NaN;
    word = word * 16 + digit;
  }
  return word;
}

/** The two halves of an id as the columns keep them. Throws RangeError for anything but 16 lower-case hex digits. */
export function idWords(id: HostId): readonly [high: number, low: number] {
  const high = hexWord(id, 0);
  const low = hexWord(id, 8);
  if (id.length !== ID_DIGITS || Number.isNaN(high + low)) {
    throw new RangeError(`${JSON.stringify(id)} is no host id: it has 16 lower-case hex digits`);
  }
  return [high, low];
}

/** An interval in units of 10 ms. Throws RangeError outside what a heartbeat may announce. */
export function intervalUnits(intervalMs: number, id: HostId): number {
  if (!(intervalMs >= MIN_INTERVAL_MS && intervalMs <= MAX_UNITS * INTERVAL_UNIT_MS)) {
    throw new RangeError(
      `host ${id}: intervalMs is ${intervalMs}, allowed are ${MIN_INTERVAL_MS} to ${MAX_INTERVAL_MS}`,
    );
  }
  return Math.ceil(intervalMs / INTERVAL_UNIT_MS);
}

/** A binary heartbeat can announce a little more than a text one. */
const MAX_UNITS = 0xffff;

/** Throws RangeError for an id or an interval that cannot be. */
export function packRestored(hosts: readonly RestoredHost[]): RestoredColumns {
  const length = hosts.length;
  const columns: RestoredColumns = {
    length,
    idHigh: new Uint32Array(length),
    idLow: new Uint32Array(length),
    interval: new Uint16Array(length),
    flags: new Uint8Array(length),
  };
  for (let i = 0; i < length; i++) {
    const { id, intervalMs, state, confirmed, named } = hosts[i]!;
    const [high, low] = idWords(id);
    columns.idHigh[i] = high;
    columns.idLow[i] = low;
    columns.interval[i] = intervalUnits(intervalMs, id);
    columns.flags[i] = HostState[state] | (confirmed ? RESTORED_CONFIRMED : 0) | (named ? RESTORED_NAMED : 0);
  }
  return columns;
}

/** Throws RangeError naming what cannot be. */
export function checkExpected(host: ExpectedHost): void {
  idWords(host.id);
  intervalUnits(host.intervalMs, host.id);
  if (!isHostName(host.name)) throw new RangeError(`${JSON.stringify(host.name)} is no host name`);
}

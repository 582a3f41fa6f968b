/**
 * Hosts known before they are heard: those the store remembers, and those an operator names. Packs the former into
 * columns that travel to a shard without a copy, and checks both. Knows no state machine. Main thread packs, the
 * shard's worker reads. Cost: about 24 bytes a host on the way, none afterwards.
 */
import { INTERVAL_UNIT_MS, MAX_INTERVAL_MS, MIN_INTERVAL_MS } from '../../lib/protocol/heartbeat.ts';
import { type HostId, HostState, isHostName, type Labels } from '../../lib/protocol/host.ts';
import { hexWord } from '../host-id.ts';
import { MAX_POLICIES } from './detector/policies.ts';

export type RestoredHost = {
  readonly id: HostId;
  /** As last announced; its timeout is made of it by the present policy. */
  readonly intervalMs: number;
  readonly state: 'pending' | 'down' | 'left';
  /** Heard more than once in its life, or named by an operator: its down alerts. */
  readonly confirmed: boolean;
  /** Has it a name yet? One without is named by the next hello or text heartbeat, whatever its labels. */
  readonly named: boolean;
  /** Number of its detector's policy, from `policyOf` with its labels; absent: the default. */
  readonly policy?: number;
  /** Newest run and seq that were accepted of it with a tag; absent: none is known. */
  readonly incarnation?: number;
  readonly seq?: number;
};

/** An id as its first and its last four bytes, big-endian. */
export type IdWords = { readonly high: number; readonly low: number };

/** The same of whoever has very many: no string is made of an id. */
export type RestoredByWords = Omit<RestoredHost, 'id'> & { readonly id: IdWords };

/** An array, or whatever shows them one by one: each is looked at until the next is asked for. */
export type RestoredHosts = Iterable<RestoredHost | RestoredByWords> & { readonly length: number };

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
  readonly policy: Uint8Array<ArrayBuffer>;
  /** 0 = none known. */
  readonly incarnation: Float64Array<ArrayBuffer>;
  readonly seq: Uint32Array<ArrayBuffer>;
};

export const RESTORED_STATE = 0x0f;
export const RESTORED_CONFIRMED = 0x10;
export const RESTORED_NAMED = 0x20;

const ID_DIGITS = 16;

/** The two halves of an id as the columns keep them. Throws RangeError for anything but 16 lower-case hex digits. */
export function idWords(id: HostId): readonly [high: number, low: number] {
  const high = hexWord(id, 0);
  const low = hexWord(id, 8);
  if (id.length !== ID_DIGITS || Number.isNaN(high + low)) {
    throw new RangeError(`${JSON.stringify(id)} is no host id: it has 16 lower-case hex digits`);
  }
  return [high, low];
}

/** The half of an id by which its shard is found. Throws RangeError for a text that is no id. */
export function highWord(id: HostId | IdWords): number {
  return typeof id === 'string' ? idWords(id)[0] : id.high;
}

/** For people. */
function textOf(id: HostId | IdWords): HostId {
  if (typeof id === 'string') return id;
  return [id.high, id.low].map((word) => word.toString(16).padStart(ID_DIGITS / 2, '0')).join('');
}

/** An interval in units of 10 ms. Throws RangeError outside what a heartbeat may announce. */
export function intervalUnits(intervalMs: number, id: HostId | IdWords): number {
  if (!(intervalMs >= MIN_INTERVAL_MS && intervalMs <= MAX_UNITS * INTERVAL_UNIT_MS)) {
    throw new RangeError(
      `host ${textOf(id)}: intervalMs is ${intervalMs}, allowed are ${MIN_INTERVAL_MS} to ${MAX_INTERVAL_MS}`,
    );
  }
  return Math.ceil(intervalMs / INTERVAL_UNIT_MS);
}

function policyNumber(policy: number, id: HostId | IdWords): number {
  if (!(Number.isInteger(policy) && policy >= 0 && policy <= MAX_POLICIES)) {
    throw new RangeError(`host ${textOf(id)}: policy is ${policy}, allowed are 0 to ${MAX_POLICIES}`);
  }
  return policy;
}

/** A binary heartbeat can announce a little more than a text one. */
const MAX_UNITS = 0xffff;

/** Columns of one shard's restored hosts, filled one by one: a million of them are never objects at once. */
export class RestoredPacker {
  readonly #columns: RestoredColumns;
  #length = 0;

  /** `capacity`: hosts there may be. */
  constructor(capacity: number) {
    this.#columns = {
      length: capacity,
      idHigh: new Uint32Array(capacity),
      idLow: new Uint32Array(capacity),
      interval: new Uint16Array(capacity),
      flags: new Uint8Array(capacity),
      policy: new Uint8Array(capacity),
      incarnation: new Float64Array(capacity),
      seq: new Uint32Array(capacity),
    };
  }

  get length(): number {
    return this.#length;
  }

  /** Gives its row. Throws RangeError for an id, an interval or a policy that cannot be. */
  add(host: RestoredHost | RestoredByWords): number {
    const { id, intervalMs, state, confirmed, named, policy = 0, incarnation = 0, seq = 0 } = host;
    const columns = this.#columns;
    const i = this.#length;
    if (typeof id === 'string') [columns.idHigh[i], columns.idLow[i]] = idWords(id);
    else {
      columns.idHigh[i] = id.high;
      columns.idLow[i] = id.low;
    }
    columns.interval[i] = intervalUnits(intervalMs, id);
    columns.policy[i] = policyNumber(policy, id);
    columns.incarnation[i] = incarnation;
    columns.seq[i] = seq;
    columns.flags[i] = HostState[state] | (confirmed ? RESTORED_CONFIRMED : 0) | (named ? RESTORED_NAMED : 0);
    this.#length++;
    return i;
  }

  /** Exactly those that were added. */
  finish(): RestoredColumns {
    const length = this.#length;
    const { idHigh, idLow, interval, flags, policy, incarnation, seq } = this.#columns;
    if (length === idHigh.length) return this.#columns;
    return {
      length,
      idHigh: idHigh.slice(0, length),
      idLow: idLow.slice(0, length),
      interval: interval.slice(0, length),
      flags: flags.slice(0, length),
      policy: policy.slice(0, length),
      incarnation: incarnation.slice(0, length),
      seq: seq.slice(0, length),
    };
  }
}

/** Throws RangeError for an id, an interval or a policy that cannot be. */
export function packRestored(hosts: RestoredHosts): RestoredColumns {
  const packer = new RestoredPacker(hosts.length);
  for (const host of hosts) packer.add(host);
  return packer.finish();
}

/** Throws RangeError naming what cannot be. */
export function checkExpected(host: ExpectedHost): void {
  idWords(host.id);
  intervalUnits(host.intervalMs, host.id);
  if (!isHostName(host.name)) throw new RangeError(`${JSON.stringify(host.name)} is no host name`);
}

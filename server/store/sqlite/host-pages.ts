/**
 * Rows of the register on their way from the reader's thread to main, as the columns main reads: SQLite itself joins
 * what a page has of each column, so that no row is a JavaScript value. The buffers travel without a copy. About
 * 0.8 µs a host on the reader's side, 50 bytes a host until the page is let go.
 */
import type { Labels } from '#lib/protocol/host.ts';
import { lineEnds } from '../host-page.ts';
import type { HostPage } from '../store.ts';
import { type Column, evidenceOf } from './rows.ts';
import type { SentLabels } from './sent-labels.ts';

/**
 * One row for a page of hosts; its columns are made in one pass, so they agree in their order. An id has 16 digits,
 * and neither a name nor JSON has a line break. What else is to be known of a host is one digit.
 */
export const HOSTS_PAGE = `SELECT count(*), max(no),
    CAST(group_concat(id, '') AS BLOB),
    CAST(group_concat(ifnull(name, ''), char(10)) AS BLOB),
    CAST(group_concat(labels, char(10)) AS BLOB),
    json_group_array(interval_ms),
    json_group_array(registered_at),
    CAST(group_concat(confirmed + 2 * unheard + 4 * (left_at IS NOT NULL), '') AS BLOB),
    json_group_array(json_array(left_at, left_evidence)) FILTER (WHERE left_at IS NOT NULL)
  FROM (SELECT * FROM hosts WHERE no > ? ORDER BY no LIMIT ?)`;

/** Bits of that digit, and of its code. */
const CONFIRMED = 1;
const UNHEARD = 2;
const LEFT = 4;

/** As HOSTS_PAGE gives it, of one host at least. */
export type HostsRow = readonly [
  length: number,
  lastNo: number,
  ids: Uint8Array,
  names: Uint8Array<ArrayBuffer>,
  labels: Uint8Array,
  intervals: string,
  registrations: string,
  digits: Uint8Array,
  left: string,
];

const ID_DIGITS = 16;
const WORD_DIGITS = 8;
/** Of a text that cannot be read. */
const SHOWN_LENGTH = 60;
const ID_FORM = '16 lower-case hex digits';

/** A page but what main makes objects of. */
export type PackedHosts = Omit<HostPage, 'newSets' | 'left'> & {
  /** JSON texts of the label sets from `firstSet` on. */
  readonly newSets: readonly string[];
  /** [index, instant, evidence as its JSON text] of those that left. */
  readonly left: readonly (readonly [number, number, Column])[];
};

/** Reader's side. Throws RangeError for an id that is none, and where a text has a line break. */
export function packHosts(row: HostsRow, sent: SentLabels): PackedHosts {
  const [length, , ids, names, labels, intervals, registrations, digits, left] = row;
  if (ids.length !== ID_DIGITS * length)
    throw new RangeError(`the register has an id that is not ${ID_FORM}`);
  const firstSet = sent.size;
  const idHigh = new Uint32Array(length);
  const idLow = new Uint32Array(length);
  const labelSet = new Uint32Array(length);
  const labelEnds = lineEnds(labels, length);
  for (let i = 0; i < length; i++) {
    idHigh[i] = wordAt(ids, ID_DIGITS * i);
    idLow[i] = wordAt(ids, ID_DIGITS * i + WORD_DIGITS);
    labelSet[i] = sent.numberOf(labels, i === 0 ? 0 : labelEnds[i - 1]! + 1, labelEnds[i]!);
  }
  const lefts = JSON.parse(left) as [number, Column][];
  return {
    ...{ length, idHigh, idLow, names, labelSet, firstSet },
    nameEnds: lineEnds(names, length),
    intervalMs: new Float64Array(JSON.parse(intervals) as number[]),
    registeredAt: new Float64Array(JSON.parse(registrations) as number[]),
    confirmed: digits.map((digit) => (digit & CONFIRMED) / CONFIRMED),
    unheard: digits.map((digit) => (digit & UNHEARD) / UNHEARD),
    newSets: sent.textsFrom(firstSet),
    left: lefts.length === 0 ? [] : indicesOf(digits).map((index, i) => [index, ...lefts[i]!]),
  };
}

/** Where those stand that left. */
function indicesOf(digits: Uint8Array): number[] {
  const indices: number[] = [];
  for (const [i, digit] of digits.entries()) if ((digit & LEFT) !== 0) indices.push(i);
  return indices;
}

/** Eight lower-case hex digits as a number. */
function wordAt(ids: Uint8Array, from: number): number {
  let word = 0;
  for (let at = from; at < from + WORD_DIGITS; at++) {
    const code = ids[at]!;
    const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1;
    if (digit < 0)
      throw new RangeError(`the register has a host "${textAt(ids, from)}"; an id is ${ID_FORM}`);
    word = (word << 4) | digit;
  }
  return word;
}

/** The id that has a digit at `at`. */
function textAt(ids: Uint8Array, at: number): string {
  const from = at - (at % ID_DIGITS);
  return Buffer.from(ids.subarray(from, from + ID_DIGITS)).toString('latin1');
}

/** What travels without a copy. */
export function buffersOf(packed: PackedHosts): ArrayBuffer[] {
  return Object.values(packed).flatMap((part) =>
    ArrayBuffer.isView(part) ? [part.buffer as ArrayBuffer] : [],
  );
}

/** Main's side. Labels have no prototype, as canonicalLabels makes them. */
export function pageFrom(packed: PackedHosts): HostPage {
  return {
    ...packed,
    newSets: packed.newSets.map(labelsOf),
    left: packed.left.map(([index, at, evidence]) => ({ index, at, evidence: evidenceOf(evidence) })),
  };
}

function labelsOf(text: string): Labels {
  try {
    return Object.assign(Object.create(null), JSON.parse(text)) as Labels;
  } catch {
    throw new RangeError(`the register has labels that are no JSON: ${text.slice(0, SHOWN_LENGTH)}`);
  }
}

/** Which slot a host is in, by its id or by where the engine keeps it. Pure; O(1) a call. Rows are dense, ids are not. */
import { randomInt } from 'node:crypto';
import { type HostPages, indexOf } from './host-columns.ts';
import { mixWords, NO_NUMBER, NumberTable } from './number-table.ts';

/** Where the engine keeps a host. */
export type HostPlace = { readonly shard: number; readonly row: number };

/** As shard: the engine has not said yet where it keeps the host. */
export const NOWHERE = 0xffff;

const FIRST_ROWS = 1_024;

export class HostSlots {
  readonly #pages: HostPages;
  /** Ids can be chosen by whoever sends heartbeats. */
  readonly #seed = randomInt(2 ** 32);
  readonly #table: NumberTable;
  /** By shard, then row: slot + 1; 0 where nothing is. */
  readonly #ofRow: Uint32Array[] = [];

  constructor(pages: HostPages) {
    this.#pages = pages;
    this.#table = new NumberTable((slot) => this.#hashOf(slot));
  }

  get size(): number {
    return this.#table.size;
  }

  /** The slot's columns have its id. */
  add(slot: number): void {
    this.#table.add(this.#hashOf(slot), slot);
  }

  /** Slots 0 to `count` − 1, of which none was added: about 0.1 µs each, for the table never grows. */
  addFirst(count: number): void {
    this.#table.reserve(count);
    for (let slot = 0; slot < count; slot++) this.add(slot);
  }

  place(slot: number, shard: number, row: number): void {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    columns.shard[i] = shard;
    columns.row[i] = row;
    this.#rowsOf(shard, row)[row] = slot + 1;
  }

  remove(slot: number): void {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    this.#table.remove(this.#hashOf(slot), slot);
    const rows = this.#ofRow[columns.shard[i]!];
    // The row may be another host's by now.
    if (rows?.[columns.row[i]!] === slot + 1) rows[columns.row[i]!] = 0;
  }

  get bytes(): number {
    return this.#ofRow.reduce((sum, rows) => sum + rows.byteLength, this.#table.bytes);
  }

  /** null as well for words that are not numbers. */
  ofId(high: number, low: number): number | null {
    let slot = this.#table.first(mixWords(high, low, this.#seed));
    for (; slot !== NO_NUMBER; slot = this.#table.next()) {
      const columns = this.#pages.of(slot);
      const i = indexOf(slot);
      if (columns.idHigh[i] === high && columns.idLow[i] === low) return slot;
    }
    return null;
  }

  at(shard: number, row: number): number | null {
    const slot = this.#ofRow[shard]?.[row] ?? 0;
    return slot === 0 ? null : slot - 1;
  }

  #hashOf(slot: number): number {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    return mixWords(columns.idHigh[i]!, columns.idLow[i]!, this.#seed);
  }

  #rowsOf(shard: number, row: number): Uint32Array {
    while (this.#ofRow.length <= shard) this.#ofRow.push(new Uint32Array(FIRST_ROWS));
    const rows = this.#ofRow[shard]!;
    if (row < rows.length) return rows;
    const grown = new Uint32Array(2 ** Math.ceil(Math.log2(row + 1)));
    grown.set(rows);
    this.#ofRow[shard] = grown;
    return grown;
  }
}

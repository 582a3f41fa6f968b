/**
 * Host id → row: open addressing with linear probing over a shard's `table` column, deletion by shifting back
 * (no tombstones). Keyed by a secret seed, because binary ids are whatever a sender writes.
 * Owned by the shard's worker. Cost: O(1) expected; 8 bits of the id in the entry spare most row reads.
 */
import { NONE, type ShardColumns } from './layout.ts';

export class HostTable {
  readonly #table: Uint32Array;
  readonly #idHigh: Uint32Array;
  readonly #idLow: Uint32Array;
  readonly #seed: number;

  constructor(columns: ShardColumns, seed: number) {
    this.#table = columns.table;
    this.#idHigh = columns.idHigh;
    this.#idLow = columns.idLow;
    this.#seed = seed | 0;
  }

  /** The entry an id would have if no other were there. */
  #home(idHigh: number, idLow: number): number {
    let h = Math.imul(idHigh ^ this.#seed, 0xcc9e2d51);
    h = (h << 15) | (h >>> 17);
    h = Math.imul(h, 0x1b873593) ^ idLow ^ this.#seed;
    h ^= h >>> 16;
    h = Math.imul(h, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
    return Math.floor(((h >>> 0) * this.#table.length) / 0x100000000);
  }

  /** The row of a host, or NONE. The halves of its id may be given with a sign, as a word that is never boxed. */
  find(idHigh: number, idLow: number): number {
    const table = this.#table;
    const high = idHigh >>> 0;
    const low = idLow >>> 0;
    const tag = idLow >>> 24;
    let at = this.#home(idHigh, idLow);
    for (;;) {
      const entry = table[at]!;
      if (entry === 0) return NONE;
      if (entry >>> 24 === tag) {
        const row = (entry & 0xffffff) - 1;
        if (this.#idLow[row] === low && this.#idHigh[row] === high) return row;
      }
      if (++at === table.length) at = 0;
    }
  }

  /** Adds a row whose id columns are set and whose id is not in the table. There must be a free entry. */
  insert(row: number): void {
    const table = this.#table;
    const idLow = this.#idLow[row]!;
    let at = this.#home(this.#idHigh[row]!, idLow);
    while (table[at] !== 0) if (++at === table.length) at = 0;
    table[at] = ((idLow & 0xff000000) | (row + 1)) >>> 0;
  }

  /** Takes a row out; false when it is not in the table. */
  remove(row: number): boolean {
    const table = this.#table;
    const size = table.length;
    let hole = this.#home(this.#idHigh[row]!, this.#idLow[row]!);
    while ((table[hole]! & 0xffffff) !== row + 1) {
      if (table[hole] === 0) return false;
      if (++hole === size) hole = 0;
    }
    let at = hole;
    for (;;) {
      if (++at === size) at = 0;
      const entry = table[at]!;
      if (entry === 0) break;
      const other = (entry & 0xffffff) - 1;
      const home = this.#home(this.#idHigh[other]!, this.#idLow[other]!);
      // It may move into the hole unless its home lies cyclically in (hole, at].
      const distanceFromHome = at >= home ? at - home : at - home + size;
      const distanceFromHole = at >= hole ? at - hole : at - hole + size;
      if (distanceFromHome >= distanceFromHole) {
        table[hole] = entry;
        hole = at;
      }
    }
    table[hole] = 0;
    return true;
  }
}

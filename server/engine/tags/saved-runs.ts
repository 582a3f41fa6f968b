/**
 * Runs that were saved before a stop, by host id, for the hosts that are restored after it. Of several for one host
 * the newest counts. Main thread, at the start only. Cost: 40 bytes a host while it is kept, no object a host.
 */
import type { HostId } from '../../../lib/protocol/host.ts';
import { idWords } from '../known-hosts.ts';
import { eachRun, runsIn } from './run-records.ts';

const FIRST_ROOM = 1_024;

export class SavedRuns {
  #idHigh = new Uint32Array(FIRST_ROOM);
  #idLow = new Uint32Array(FIRST_ROOM);
  #incarnation = new Float64Array(FIRST_ROOM);
  /** 0 = the place is free. Half of them are at least. */
  #seq = new Uint32Array(FIRST_ROOM);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** As run-records.ts packs them. */
  add(packed: Uint8Array): void {
    this.#makeRoom(this.#length + runsIn(packed));
    eachRun(packed, this.#put);
  }

  // Bound, because it is handed on by name.
  /** As a restored host carries it; null for one that never spoke with a tag. */
  readonly of = (id: HostId): { readonly incarnation: number; readonly seq: number } | null => {
    const [high, low] = idWords(id);
    const at = this.#place(high, low);
    return this.#seq[at] === 0 ? null : { incarnation: this.#incarnation[at]!, seq: this.#seq[at]! };
  };

  /** Mixed, because an id is a hash only as far as its sender made it one. */
  #place(idHigh: number, idLow: number): number {
    const mask = this.#seq.length - 1;
    const mixed = Math.imul(idHigh ^ Math.imul(idLow, 0x9e3779b1), 0x85ebca6b);
    let at = (mixed ^ (mixed >>> 15)) & mask;
    while (this.#seq[at] !== 0 && (this.#idHigh[at] !== idHigh || this.#idLow[at] !== idLow))
      at = (at + 1) & mask;
    return at;
  }

  readonly #put = (idHigh: number, idLow: number, incarnation: number, seq: number): void => {
    const at = this.#place(idHigh, idLow);
    if (this.#seq[at] === 0) this.#length++;
    else if (incarnation < this.#incarnation[at]!) return;
    else if (incarnation === this.#incarnation[at] && seq < this.#seq[at]!) return;
    this.#idHigh[at] = idHigh;
    this.#idLow[at] = idLow;
    this.#incarnation[at] = incarnation;
    this.#seq[at] = seq;
  };

  #makeRoom(length: number): void {
    let room = this.#seq.length;
    while (room < 2 * length) room *= 2;
    if (room === this.#seq.length) return;
    const before = [this.#idHigh, this.#idLow, this.#incarnation, this.#seq] as const;
    this.#idHigh = new Uint32Array(room);
    this.#idLow = new Uint32Array(room);
    this.#incarnation = new Float64Array(room);
    this.#seq = new Uint32Array(room);
    this.#length = 0;
    const [idHigh, idLow, incarnation, seq] = before;
    for (let at = 0; at < seq.length; at++) {
      if (seq[at] !== 0) this.#put(idHigh[at]!, idLow[at]!, incarnation[at]!, seq[at]!);
    }
  }
}

/**
 * Transitions that main has not been told yet, in the order they happened, a few a host at most: a ring of columns
 * that grows with what waits and is small again when nothing does. Shard thread. Cost: O(1) a transition and nothing
 * allocated while it does not grow; 29 bytes each, and 4 bytes a row once anything was told of it.
 */
import type { TransitionColumns } from './events.ts';
import { droppedIndex, EVENTS_A_HOST } from './news-merge.ts';

const LEAST_LENGTH = 8_192;
/** As kind: its host was removed before it was told. */
const VOID = 0;

/** `back`: how far before it the transition before of the same host stands; 0 = none. */
type Ring = TransitionColumns & { readonly back: Uint32Array };

const newRing = (length: number): Ring => ({ ...emptyColumns(length), back: new Uint32Array(length) });

/** All of a transition but its host and its place. */
function copy(from: TransitionColumns, source: number, to: TransitionColumns, target: number): void {
  to.kinds[target] = from.kinds[source]!;
  to.reasons[target] = from.reasons[source]!;
  to.notes[target] = from.notes[source]!;
  to.atMs[target] = from.atMs[source]!;
  to.lastSeenAtMs[target] = from.lastSeenAtMs[source]!;
  to.lostBeats[target] = from.lostBeats[source]!;
  to.expectedBeats[target] = from.expectedBeats[source]!;
}

export class PendingTransitions {
  /** Transitions given up for a newer one of the same host, ever. */
  merged = 0;
  #ring = newRing(LEAST_LENGTH);
  /** Numbers of the oldest and of the next one, counted on; the low bits are its place. */
  #from = 0;
  #to = 0;
  #size = 0;
  /** By row: the low 32 bits of the number of its newest transition, which may have been taken. */
  readonly #newest: Uint32Array;
  /** Places of one host's transitions that wait, newest first. */
  readonly #places = new Uint32Array(EVENTS_A_HOST);
  readonly #kinds = new Uint8Array(EVENTS_A_HOST + 1);
  readonly #notes = new Uint8Array(EVENTS_A_HOST + 1);

  /** `rows`: of the shard. */
  constructor(rows: number) {
    this.#newest = new Uint32Array(rows);
  }

  get size(): number {
    return this.#size;
  }

  /** Instants and beats as in TransitionColumns. Of a host that has EVENTS_A_HOST waiting one is given up. */
  add(
    row: number,
    kind: number,
    reason: number,
    note: number,
    atMs: number,
    lastSeenAtMs: number,
    lostBeats: number,
    expectedBeats: number,
  ): void {
    const before = this.#newestOf(row);
    const place = this.#waiting(before) < EVENTS_A_HOST ? this.#append(row, before) : this.#merge(kind, note);
    const ring = this.#ring;
    ring.kinds[place] = kind;
    ring.reasons[place] = reason;
    ring.notes[place] = note;
    ring.atMs[place] = atMs;
    ring.lastSeenAtMs[place] = lastSeenAtMs;
    ring.lostBeats[place] = lostBeats;
    ring.expectedBeats[place] = expectedBeats;
  }

  /** Nothing of this host is told any longer. */
  forget(row: number): void {
    const count = this.#waiting(this.#newestOf(row));
    for (let i = 0; i < count; i++) this.#ring.kinds[this.#places[i]!] = VOID;
    this.#size -= count;
  }

  /** The oldest, at most `limit`, up to the first of a host that `mustWait`; as columns of their own. */
  take(limit: number, mustWait: ((row: number) => boolean) | null): TransitionColumns {
    const ring = this.#ring;
    const mask = ring.length - 1;
    const first = this.#from;
    let length = 0;
    for (; this.#from < this.#to && length < limit; this.#from++) {
      const place = this.#from & mask;
      if (ring.kinds[place] === VOID) continue;
      if (mustWait?.(ring.rows[place]!)) break;
      length++;
    }
    const columns = emptyColumns(length);
    for (let number = first, i = 0; number < this.#from; number++) {
      const place = number & mask;
      if (ring.kinds[place] === VOID) continue;
      columns.rows[i] = ring.rows[place]!;
      copy(ring, place, columns, i++);
    }
    this.#size -= length;
    if (this.#size === 0) {
      // What is left of it is void.
      this.#from = this.#to;
      if (ring.length > LEAST_LENGTH) this.#ring = newRing(LEAST_LENGTH);
    }
    return columns;
  }

  /** The number of the host's newest transition that waits; -1 = none does. */
  #newestOf(row: number): number {
    const number = this.#to - ((this.#to - this.#newest[row]!) >>> 0);
    if (number < this.#from || number === this.#to) return -1;
    const place = number & (this.#ring.length - 1);
    return this.#ring.rows[place] === row && this.#ring.kinds[place] !== VOID ? number : -1;
  }

  /** How many of a host wait, given the number of its newest; `#places` says where. */
  #waiting(newest: number): number {
    if (newest === -1) return 0;
    const { back, length } = this.#ring;
    const mask = length - 1;
    let count = 0;
    for (let number = newest; number >= this.#from; ) {
      const place = number & mask;
      this.#places[count++] = place;
      if (back[place] === 0) break;
      number -= back[place]!;
    }
    return count;
  }

  /** A place for the host's newest; `before`: the number of the one before that waits, or -1. */
  #append(row: number, before: number): number {
    let previous = before;
    if (this.#to - this.#from === this.#ring.length) {
      this.#makeRoom();
      previous = this.#newestOf(row);
    }
    const number = this.#to++;
    const place = number & (this.#ring.length - 1);
    this.#ring.rows[place] = row;
    this.#ring.back[place] = previous === -1 ? 0 : number - previous;
    this.#newest[row] = number;
    this.#size++;
    return place;
  }

  /** All places of a host are taken: gives up one of its transitions; those after it move up. */
  #merge(kind: number, note: number): number {
    const ring = this.#ring;
    const places = this.#places;
    const last = EVENTS_A_HOST - 1;
    for (let i = 0; i <= last; i++) {
      this.#kinds[i] = ring.kinds[places[last - i]!]!;
      this.#notes[i] = ring.notes[places[last - i]!]!;
    }
    this.#kinds[last + 1] = kind;
    this.#notes[last + 1] = note;
    this.merged++;
    for (let i = droppedIndex(this.#kinds, this.#notes, EVENTS_A_HOST + 1); i < last; i++) {
      copy(ring, places[last - i - 1]!, ring, places[last - i]!);
    }
    return places[0]!;
  }

  /** Without what is void, and twice as long unless that makes room enough. */
  #makeRoom(): void {
    const old = this.#ring;
    const from = this.#from;
    const to = this.#to;
    this.#ring = newRing(this.#size * 2 > old.length ? old.length * 2 : old.length);
    // Numbers go on, so that none of before is taken for one of these.
    this.#from = to;
    this.#size = 0;
    for (let number = from; number < to; number++) {
      const source = number & (old.length - 1);
      if (old.kinds[source] === VOID) continue;
      const row = old.rows[source]!;
      const place = this.#append(row, this.#newestOf(row));
      copy(old, source, this.#ring, place);
    }
  }
}

function emptyColumns(length: number): TransitionColumns {
  return {
    length,
    rows: new Uint32Array(length),
    kinds: new Uint8Array(length),
    reasons: new Uint8Array(length),
    notes: new Uint8Array(length),
    atMs: new Float64Array(length),
    lastSeenAtMs: new Float64Array(length),
    lostBeats: new Uint8Array(length),
    expectedBeats: new Uint8Array(length),
  };
}

/**
 * What the directory keeps of each slot as numbers, in pages of columns: pages are added, never moved or copied, and
 * memory that no host has touched is not taken. Owns the layout; knows no rule. 63 bytes a slot.
 */
const PAGE_BITS = 14;
export const PAGE_SLOTS = 2 ** PAGE_BITS;
const PAGE_MASK = PAGE_SLOTS - 1;

/** Bits of the flags column. */
export const SlotFlag = {
  /** A host is here. */
  used: 1,
  /** Its row says: heard more than once, or named by an operator. */
  confirmed: 2,
  /** Its row says: named by an operator and not heard since. */
  namedUnheard: 4,
  /** Its evidence says: not heard before the verdict. */
  unheard: 8,
  /** Its evidence says: its connection had not ended. */
  connected: 16,
} as const;

export type HostColumns = {
  readonly changedAtMs: Float64Array;
  readonly silentMs: Float64Array;
  readonly registeredAtMs: Float64Array;
  /** Host id: its first and its last four bytes, each big-endian. */
  readonly idHigh: Uint32Array;
  readonly idLow: Uint32Array;
  /** Where the arena of names has it. */
  readonly name: Uint32Array;
  readonly row: Uint32Array;
  readonly labelSet: Uint32Array;
  /** Number of the address + 1, of the last verdict; 0: none. */
  readonly source: Uint32Array;
  readonly intervalMs: Uint32Array;
  /** As the register has it, which may be behind the engine; 0: it has no row yet. */
  readonly keptIntervalMs: Uint32Array;
  readonly shard: Uint16Array;
  /** By the newest transition, published or not. */
  readonly state: Uint8Array;
  readonly reasonKind: Uint8Array;
  readonly lostBeats: Uint8Array;
  readonly expectedBeats: Uint8Array;
  readonly flags: Uint8Array;
};

/** `confirmed`: heard more than once in its life, or named by an operator. `unheard`: named and not heard since. */
export type KeptFacts = {
  readonly registeredAtMs: number;
  readonly intervalMs: number;
  readonly confirmed: boolean;
  readonly unheard: boolean;
};

export const BYTES_A_SLOT = 3 * 8 + 8 * 4 + 2 + 5;

function openPage(): HostColumns {
  const memory = new ArrayBuffer(PAGE_SLOTS * BYTES_A_SLOT);
  let at = 0;
  const column = <T>(make: new (memory: ArrayBuffer, at: number, slots: number) => T, bytes: number): T => {
    at += bytes * PAGE_SLOTS;
    return new make(memory, at - bytes * PAGE_SLOTS, PAGE_SLOTS);
  };
  // Widest first, so that every column is aligned.
  return {
    changedAtMs: column(Float64Array, 8),
    silentMs: column(Float64Array, 8),
    registeredAtMs: column(Float64Array, 8),
    idHigh: column(Uint32Array, 4),
    idLow: column(Uint32Array, 4),
    name: column(Uint32Array, 4),
    row: column(Uint32Array, 4),
    labelSet: column(Uint32Array, 4),
    source: column(Uint32Array, 4),
    intervalMs: column(Uint32Array, 4),
    keptIntervalMs: column(Uint32Array, 4),
    shard: column(Uint16Array, 2),
    state: column(Uint8Array, 1),
    reasonKind: column(Uint8Array, 1),
    lostBeats: column(Uint8Array, 1),
    expectedBeats: column(Uint8Array, 1),
    flags: column(Uint8Array, 1),
  };
}

export class HostPages {
  readonly #pages: HostColumns[] = [];

  /** The columns a slot is in, at `indexOf(slot)`. Throws TypeError past the pages there are. */
  of(slot: number): HostColumns {
    return this.#pages[slot >>> PAGE_BITS]!;
  }

  /** Makes room for the slot. */
  reach(slot: number): void {
    while (this.#pages.length <= slot >>> PAGE_BITS) this.#pages.push(openPage());
  }

  get bytes(): number {
    return this.#pages.length * PAGE_SLOTS * BYTES_A_SLOT;
  }
}

/** Where in its page a slot is. */
export function indexOf(slot: number): number {
  return slot & PAGE_MASK;
}

/**
 * Owns what a slot stands for: host id, name, labels, where the engine keeps it, its last verdict. Columns, not
 * objects; label sets are interned. What viewers see is the live log's. Main thread; every call O(1)
 * but growth. A name is found through its id (an id is a hash of its name), so names need no index.
 */
import {
  type Evidence,
  HOST_ID_PATTERN,
  type HostId,
  HostState,
  type HostStateCode,
  type Labels,
  type ReasonKind,
} from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import { LabelSets } from './label-sets.ts';

/** Codes of the reason column. */
const REASON_KINDS: readonly (ReasonKind | null)[] = [null, 'timeout', 'closed', 'reset', 'bye'];

const NO_SLOT = -1;
const FIRST_CAPACITY = 1_024;

type Columns = {
  readonly shard: Uint16Array;
  readonly row: Uint32Array;
  /** By the newest transition, published or not. */
  readonly state: Uint8Array;
  readonly labelSet: Uint32Array;
  readonly changedAtMs: Float64Array;
  readonly reasonKind: Uint8Array;
  readonly silentMs: Float64Array;
  readonly intervalMs: Uint32Array;
  readonly lostBeats: Uint8Array;
  readonly expectedBeats: Uint8Array;
  readonly unheard: Uint8Array;
  readonly registeredAtMs: Float64Array;
  /** As the register has it, which may be behind the engine. */
  readonly keptIntervalMs: Uint32Array;
  readonly confirmed: Uint8Array;
  readonly namedUnheard: Uint8Array;
};

function columnsOf(capacity: number): Columns {
  return {
    shard: new Uint16Array(capacity),
    row: new Uint32Array(capacity),
    state: new Uint8Array(capacity),
    labelSet: new Uint32Array(capacity),
    changedAtMs: new Float64Array(capacity),
    reasonKind: new Uint8Array(capacity),
    silentMs: new Float64Array(capacity),
    intervalMs: new Uint32Array(capacity),
    lostBeats: new Uint8Array(capacity),
    expectedBeats: new Uint8Array(capacity),
    unheard: new Uint8Array(capacity),
    registeredAtMs: new Float64Array(capacity),
    keptIntervalMs: new Uint32Array(capacity),
    confirmed: new Uint8Array(capacity),
    namedUnheard: new Uint8Array(capacity),
  };
}

export type HostPlace = { readonly shard: number; readonly row: number };

export type HostNaming = { readonly id: HostId; readonly name: string | null; readonly labels: Labels };

/** `confirmed`: heard more than once in its life, or named by an operator. `unheard`: named and not heard since. */
export type KeptFacts = {
  readonly registeredAtMs: number;
  readonly intervalMs: number;
  readonly confirmed: boolean;
  readonly unheard: boolean;
};

export class HostDirectory {
  #columns = columnsOf(FIRST_CAPACITY);
  readonly #ids: (HostId | undefined)[] = [];
  /** null: shown by its id. */
  readonly #names: (string | null | undefined)[] = [];
  readonly #slotOfId = new Map<HostId, number>();
  /** By shard, then row; NO_SLOT where nothing is. */
  readonly #slotOfRow: Int32Array[] = [];
  readonly #labelSets = new LabelSets();
  /** By shard: the source addresses its engine has interned. */
  readonly #addresses: string[][] = [];
  /** Where the beat before the last verdict came from; the engine interns addresses, so these share strings. */
  readonly #sources: (string | null)[] = [];

  get size(): number {
    return this.#slotOfId.size;
  }

  /** One past the highest slot ever used. */
  get slotCount(): number {
    return this.#ids.length;
  }

  /** How many different label sets there are. */
  get labelSetCount(): number {
    return this.#labelSets.size;
  }

  /** Puts a host that is not in the directory into a free slot. */
  register(slot: number, place: HostPlace, naming: HostNaming, nowMs: number): void {
    this.#growTo(slot + 1);
    while (this.#ids.length <= slot) {
      this.#ids.push(undefined);
      this.#names.push(undefined);
      this.#sources.push(null);
    }
    this.#ids[slot] = naming.id;
    this.#names[slot] = naming.name;
    this.#slotOfId.set(naming.id, slot);
    const columns = this.#columns;
    columns.shard[slot] = place.shard;
    columns.row[slot] = place.row;
    columns.labelSet[slot] = this.#labelSets.take(naming.labels);
    columns.changedAtMs[slot] = nowMs;
    columns.state[slot] = HostState.empty;
    columns.reasonKind[slot] = 0;
    columns.registeredAtMs[slot] = nowMs;
    columns.keptIntervalMs[slot] = 0;
    columns.confirmed[slot] = 0;
    columns.namedUnheard[slot] = 0;
    this.#rowsOf(place)[place.row] = slot;
  }

  /** A new name (never back to none) or new labels; false when the host has both already. */
  describe(slot: number, name: string | null, labels: Labels): boolean {
    const before = this.#columns.labelSet[slot]!;
    const after = this.#labelSets.take(labels);
    const isNew = after !== before || (name !== null && name !== this.#names[slot]);
    if (name !== null) this.#names[slot] = name;
    this.#columns.labelSet[slot] = after;
    this.#labelSets.release(before);
    return isNew;
  }

  /** The slot may be given away again; when is for the live log to say. */
  remove(slot: number): void {
    const { shard, row } = this.placeOf(slot);
    this.#slotOfRow[shard]![row] = NO_SLOT;
    this.#slotOfId.delete(this.idOf(slot));
    this.#labelSets.release(this.#columns.labelSet[slot]!);
    this.#ids[slot] = undefined;
    this.#names[slot] = undefined;
  }

  has(slot: number): boolean {
    return this.#ids[slot] !== undefined;
  }

  idOf(slot: number): HostId {
    return this.#ids[slot]!;
  }

  /** null: not named yet, shown by its id. */
  givenNameOf(slot: number): string | null {
    return this.#names[slot] ?? null;
  }

  nameOf(slot: number): string {
    return this.#names[slot] ?? this.idOf(slot);
  }

  labelsOf(slot: number): Labels {
    return this.#labelSets.get(this.#columns.labelSet[slot]!);
  }

  /** Equal numbers are equal labels, for as long as a host has them. */
  labelSetOf(slot: number): number {
    return this.#columns.labelSet[slot]!;
  }

  /** Does the host leave by itself once it has ended? */
  isEphemeral(slot: number): boolean {
    return this.labelsOf(slot).ephemeral === '1';
  }

  placeOf(slot: number): HostPlace {
    return { shard: this.#columns.shard[slot]!, row: this.#columns.row[slot]! };
  }

  changedAtMsOf(slot: number): number {
    return this.#columns.changedAtMs[slot]!;
  }

  /** The state by the newest transition, which may not be published yet; empty before the first one. */
  stateOf(slot: number): HostStateCode {
    return this.#columns.state[slot]! as HostStateCode;
  }

  setState(slot: number, state: HostStateCode, atMs: number): void {
    this.#columns.state[slot] = state;
    this.#columns.changedAtMs[slot] = atMs;
  }

  /** What the register keeps of the host beside its name and labels; a host without a row there has interval 0. */
  keptOf(slot: number): KeptFacts {
    const columns = this.#columns;
    return {
      registeredAtMs: columns.registeredAtMs[slot]!,
      intervalMs: columns.keptIntervalMs[slot]!,
      confirmed: columns.confirmed[slot] !== 0,
      unheard: columns.namedUnheard[slot] !== 0,
    };
  }

  setKept(slot: number, { registeredAtMs, intervalMs, confirmed, unheard }: KeptFacts): void {
    const columns = this.#columns;
    columns.registeredAtMs[slot] = registeredAtMs;
    columns.keptIntervalMs[slot] = intervalMs;
    columns.confirmed[slot] = confirmed ? 1 : 0;
    columns.namedUnheard[slot] = unheard ? 1 : 0;
  }

  /** What the last down or bye rested on, also after the host has recovered; null when there was none. */
  evidenceOf(slot: number): Evidence | null {
    const columns = this.#columns;
    const kind = REASON_KINDS[columns.reasonKind[slot]!] ?? null;
    if (kind === null) return null;
    return {
      kind,
      silentMs: columns.silentMs[slot]!,
      intervalMs: columns.intervalMs[slot]!,
      source: this.#sources[slot] ?? null,
      lostBeats: columns.lostBeats[slot]!,
      expectedBeats: columns.expectedBeats[slot]!,
      ...(columns.unheard[slot] === 0 ? {} : { unheard: true as const }),
    };
  }

  setEvidence(slot: number, evidence: Evidence): void {
    const columns = this.#columns;
    columns.reasonKind[slot] = REASON_KINDS.indexOf(evidence.kind);
    columns.silentMs[slot] = evidence.silentMs;
    columns.intervalMs[slot] = evidence.intervalMs;
    this.#sources[slot] = evidence.source;
    columns.lostBeats[slot] = evidence.lostBeats;
    columns.expectedBeats[slot] = evidence.expectedBeats;
    columns.unheard[slot] = evidence.unheard ? 1 : 0;
  }

  /** The engine interns source addresses and hands out their numbers, by shard. */
  nameSource(shard: number, index: number, address: string): void {
    this.#addresses[shard] ??= [];
    this.#addresses[shard][index] = address;
  }

  sourceAt(shard: number, index: number | null): string | null {
    return index === null ? null : (this.#addresses[shard]?.[index] ?? null);
  }

  slotAt(place: HostPlace): number | null {
    const slot = this.#slotOfRow[place.shard]?.[place.row] ?? NO_SLOT;
    return slot === NO_SLOT ? null : slot;
  }

  slotOfId(id: HostId): number | null {
    return this.#slotOfId.get(id) ?? null;
  }

  /** A name wins over an id that looks like it. */
  find(nameOrId: string): number | null {
    const named = this.slotOfId(hostIdHex(nameOrId));
    if (named !== null) return named;
    return HOST_ID_PATTERN.test(nameOrId) ? this.slotOfId(nameOrId) : null;
  }

  #rowsOf({ shard, row }: HostPlace): Int32Array {
    while (this.#slotOfRow.length <= shard) {
      this.#slotOfRow.push(new Int32Array(FIRST_CAPACITY).fill(NO_SLOT));
    }
    const rows = this.#slotOfRow[shard]!;
    if (row < rows.length) return rows;
    const grown = new Int32Array(powerOfTwoFrom(row + 1)).fill(NO_SLOT);
    grown.set(rows);
    this.#slotOfRow[shard] = grown;
    return grown;
  }

  #growTo(length: number): void {
    if (length <= this.#columns.row.length) return;
    const before = this.#columns;
    const grown = columnsOf(powerOfTwoFrom(length));
    for (const key of Object.keys(before) as (keyof Columns)[]) grown[key].set(before[key]);
    this.#columns = grown;
  }
}

function powerOfTwoFrom(n: number): number {
  return 2 ** Math.ceil(Math.log2(n));
}

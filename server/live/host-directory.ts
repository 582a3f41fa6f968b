/**
 * Owns what a slot stands for: host id, name, labels, where the engine keeps it, its last verdict. Columns and bytes,
 * no object and no string a host; strings are made when they are asked for. What viewers see is the live log's. Main
 * thread; every call O(1), nothing is ever copied as a whole. A name is found through its id, which is a hash of it.
 */
import { randomInt } from 'node:crypto';
import {
  type Evidence,
  HOST_ID_PATTERN,
  type HostId,
  HostState,
  type HostStateCode,
  type Labels,
  type ReasonKind,
} from '#lib/protocol/host.ts';
import { hexWord, hostIdHex } from '../host-id.ts';
import { ByteArena, NOTHING } from './byte-arena.ts';
import { HostPages, indexOf, type KeptFacts, SlotFlag } from './host-columns.ts';
import { HostIntake } from './host-intake.ts';
import { HostNames } from './host-names.ts';
import { type HostPlace, HostSlots, NOWHERE } from './host-slots.ts';
import { LabelSets } from './label-sets.ts';
import { SetMatcher } from './set-matcher.ts';
import { SourceNames } from './source-names.ts';

export type { HostPlace } from './host-slots.ts';

/** Codes of the reason column. */
const REASON_KINDS: readonly (ReasonKind | null)[] = [null, 'timeout', 'closed', 'reset', 'bye'];

export type HostNaming = { readonly id: HostId; readonly name: string | null; readonly labels: Labels };

export class HostDirectory {
  readonly #pages = new HostPages();
  readonly #arena = new ByteArena();
  readonly #slots = new HostSlots(this.#pages);
  readonly #labelSets = new LabelSets(randomInt(2 ** 32));
  readonly #sources = new SourceNames(randomInt(2 ** 32));
  #slotCount = 0;
  #scratch = Buffer.alloc(256);
  /** Names as bytes, for whoever looks at very many. */
  readonly names = new HostNames(this.#pages, this.#arena);

  get size(): number {
    return this.#slots.size;
  }

  /** One past the highest slot ever used. */
  get slotCount(): number {
    return this.#slotCount;
  }

  /** How many different label sets there are. */
  get labelSetCount(): number {
    return this.#labelSets.size;
  }

  /** Memory of all columns, names and labels, as it was taken; pages nobody touched count too. */
  get bytes(): number {
    return (
      this.#pages.bytes + this.#arena.bytes + this.#labelSets.bytes + this.#sources.bytes + this.#slots.bytes
    );
  }

  /**
   * Puts a host that is not in the directory into a free slot; `place` null: the engine has not said where it keeps it,
   * see `setPlace`. Throws RangeError for what is no host id.
   */
  register(slot: number, place: HostPlace | null, naming: HostNaming, nowMs: number): void {
    const high = hexWord(naming.id, 0);
    const low = hexWord(naming.id, 8);
    if (naming.id.length !== 16 || Number.isNaN(high + low)) {
      throw new RangeError(`${JSON.stringify(naming.id)} is no host id: it has 16 lower-case hex digits`);
    }
    this.#pages.reach(slot);
    if (slot >= this.#slotCount) this.#slotCount = slot + 1;
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    columns.idHigh[i] = high;
    columns.idLow[i] = low;
    columns.name[i] = naming.name === null ? NOTHING : this.#put(naming.name);
    columns.labelSet[i] = this.#labelSets.take(naming.labels);
    columns.changedAtMs[i] = nowMs;
    columns.state[i] = HostState.empty;
    columns.reasonKind[i] = 0;
    columns.registeredAtMs[i] = nowMs;
    columns.keptIntervalMs[i] = 0;
    columns.flags[i] = SlotFlag.used;
    this.#slots.add(slot);
    if (place === null) columns.shard[i] = NOWHERE;
    else this.setPlace(slot, place.shard, place.row);
  }

  /** Takes the hosts of an earlier run into the first slots, whole columns at a time. Only while it is empty. */
  intake(): HostIntake {
    if (this.#slotCount > 0) throw new Error('an intake needs an empty directory');
    return new HostIntake(this.#pages, this.#arena, this.#labelSets, (slots) => {
      this.#slotCount = slots;
      this.#slots.addFirst(slots);
    });
  }

  /** Where the engine keeps a host that has no place yet. */
  setPlace(slot: number, shard: number, row: number): void {
    this.#slots.place(slot, shard, row);
  }

  /** A new name (never back to none) or new labels; false when the host has both already. */
  describe(slot: number, name: string | null, labels: Labels): boolean {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    const before = columns.labelSet[i]!;
    const after = this.#labelSets.take(labels);
    const isNamed = name !== null && name !== this.givenNameOf(slot);
    if (isNamed) {
      if (columns.name[i] !== NOTHING) this.#arena.free(columns.name[i]!);
      columns.name[i] = this.#put(name);
    }
    columns.labelSet[i] = after;
    this.#labelSets.release(before);
    return after !== before || isNamed;
  }

  /** The slot may be given away again; when is for the live log to say. */
  remove(slot: number): void {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    this.#slots.remove(slot);
    this.#labelSets.release(columns.labelSet[i]!);
    if (columns.name[i] !== NOTHING) this.#arena.free(columns.name[i]!);
    if (columns.source[i] !== 0) this.#sources.release(columns.source[i]! - 1);
    columns.name[i] = NOTHING;
    columns.source[i] = 0;
    columns.flags[i] = 0;
  }

  has(slot: number): boolean {
    return slot < this.#slotCount && (this.#pages.of(slot).flags[indexOf(slot)]! & SlotFlag.used) !== 0;
  }

  /** Makes a string. */
  idOf(slot: number): HostId {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    return this.names.idOf(columns.idHigh[i]!, columns.idLow[i]!);
  }

  /** Its first and its last four bytes, big-endian, into what is given. */
  readIdOf(slot: number, into: { high: number; low: number }): void {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    into.high = columns.idHigh[i]!;
    into.low = columns.idLow[i]!;
  }

  /** null: not named yet, shown by its id. Makes a string. */
  givenNameOf(slot: number): string | null {
    const ref = this.#pages.of(slot).name[indexOf(slot)]!;
    return ref === NOTHING ? null : this.#arena.textOf(ref);
  }

  isNamed(slot: number): boolean {
    return this.#pages.of(slot).name[indexOf(slot)] !== NOTHING;
  }

  nameOf(slot: number): string {
    return this.givenNameOf(slot) ?? this.idOf(slot);
  }

  labelsOf(slot: number): Labels {
    return this.#labelSets.get(this.labelSetOf(slot));
  }

  /** Equal numbers are equal labels, for as long as a host has them. */
  labelSetOf(slot: number): number {
    return this.#pages.of(slot).labelSet[indexOf(slot)]!;
  }

  /** Which label sets have all of these labels, and which a value that `takes`. */
  matchLabels(all: readonly (readonly [string, string])[], takes: (value: string) => boolean): SetMatcher {
    return new SetMatcher(this.#labelSets, all, takes);
  }

  /** Does the host leave by itself once it has ended? */
  isEphemeral(slot: number): boolean {
    return this.labelsOf(slot).ephemeral === '1';
  }

  placeOf(slot: number): HostPlace {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    return { shard: columns.shard[i]!, row: columns.row[i]! };
  }

  changedAtMsOf(slot: number): number {
    return this.#pages.of(slot).changedAtMs[indexOf(slot)]!;
  }

  /** The state by the newest transition, which may not be published yet; empty before the first one. */
  stateOf(slot: number): HostStateCode {
    return this.#pages.of(slot).state[indexOf(slot)]! as HostStateCode;
  }

  setState(slot: number, state: HostStateCode, atMs: number): void {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    columns.state[i] = state;
    columns.changedAtMs[i] = atMs;
  }

  /** What the register keeps of the host beside its name and labels; a host without a row there has interval 0. */
  keptOf(slot: number): KeptFacts {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    return {
      registeredAtMs: columns.registeredAtMs[i]!,
      intervalMs: columns.keptIntervalMs[i]!,
      confirmed: (columns.flags[i]! & SlotFlag.confirmed) !== 0,
      unheard: (columns.flags[i]! & SlotFlag.namedUnheard) !== 0,
    };
  }

  setKept(slot: number, { registeredAtMs, intervalMs, confirmed, unheard }: KeptFacts): void {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    columns.registeredAtMs[i] = registeredAtMs;
    columns.keptIntervalMs[i] = intervalMs;
    this.#flag(slot, SlotFlag.confirmed, confirmed);
    this.#flag(slot, SlotFlag.namedUnheard, unheard);
  }

  /** What the last down or bye rested on, also after the host has recovered; null when there was none. */
  evidenceOf(slot: number): Evidence | null {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    const kind = REASON_KINDS[columns.reasonKind[i]!] ?? null;
    if (kind === null) return null;
    return {
      kind,
      silentMs: columns.silentMs[i]!,
      intervalMs: columns.intervalMs[i]!,
      source: columns.source[i] === 0 ? null : this.#sources.textOf(columns.source[i]! - 1),
      lostBeats: columns.lostBeats[i]!,
      expectedBeats: columns.expectedBeats[i]!,
      ...((columns.flags[i]! & SlotFlag.unheard) === 0 ? {} : { unheard: true as const }),
      ...((columns.flags[i]! & SlotFlag.connected) === 0 ? {} : { connected: true as const }),
    };
  }

  setEvidence(slot: number, evidence: Evidence): void {
    const columns = this.#pages.of(slot);
    const i = indexOf(slot);
    columns.reasonKind[i] = REASON_KINDS.indexOf(evidence.kind);
    columns.silentMs[i] = evidence.silentMs;
    columns.intervalMs[i] = evidence.intervalMs;
    const before = columns.source[i]!;
    columns.source[i] = evidence.source === null ? 0 : this.#sources.take(evidence.source) + 1;
    if (before !== 0) this.#sources.release(before - 1);
    columns.lostBeats[i] = evidence.lostBeats;
    columns.expectedBeats[i] = evidence.expectedBeats;
    this.#flag(slot, SlotFlag.unheard, evidence.unheard === true);
    this.#flag(slot, SlotFlag.connected, evidence.connected === true);
  }

  /** The engine interns source addresses and hands out their numbers, by shard. */
  nameSource(shard: number, index: number, address: string): void {
    this.#sources.name(shard, index, address);
  }

  sourceAt(shard: number, index: number | null): string | null {
    return index === null ? null : this.#sources.at(shard, index);
  }

  slotAt(place: HostPlace): number | null {
    return this.#slots.at(place.shard, place.row);
  }

  slotOfId(id: HostId): number | null {
    return id.length === 16 ? this.#slots.ofId(hexWord(id, 0), hexWord(id, 8)) : null;
  }

  /** An id wins over a name that looks like one: whoever may choose a name must not stand for another host. */
  find(nameOrId: string): number | null {
    const withId = HOST_ID_PATTERN.test(nameOrId) ? this.slotOfId(nameOrId) : null;
    return withId ?? this.slotOfId(hostIdHex(nameOrId));
  }

  #flag(slot: number, flag: number, isSet: boolean): void {
    const { flags } = this.#pages.of(slot);
    const i = indexOf(slot);
    flags[i] = isSet ? flags[i]! | flag : flags[i]! & ~flag;
  }

  #put(name: string): number {
    if (name.length * 3 > this.#scratch.length) this.#scratch = Buffer.alloc(name.length * 6);
    return this.#arena.put(this.#scratch, 0, this.#scratch.write(name, 'utf8'));
  }
}

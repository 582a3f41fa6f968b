/**
 * Hosts of an earlier run on their way into an empty directory: columns are copied as they are, names as bytes, so
 * that no object and no string is made a host. Knows no store; what it takes has the shape of its pages. Main thread,
 * at the start only; about 0.1 µs a host, and as much at the end for the ids.
 */
import { HostState, type Labels } from '#lib/protocol/host.ts';
import { type ByteArena, NOTHING } from './byte-arena.ts';
import { type HostPages, indexOf, PAGE_SLOTS, SlotFlag } from './host-columns.ts';
import { NOWHERE } from './host-slots.ts';
import type { LabelSets } from './label-sets.ts';

/** Hosts as columns; one that left is said to be so afterwards. */
export type HostsTaken = {
  readonly length: number;
  /** Ids: their first and their last four bytes, big-endian. */
  readonly idHigh: Uint32Array;
  readonly idLow: Uint32Array;
  readonly intervalMs: Float64Array;
  readonly registeredAt: Float64Array;
  /** 1: is; 0: is not. */
  readonly confirmed: Uint8Array;
  readonly unheard: Uint8Array;
  /** UTF-8, a line for each host, empty without a name; by index where its line ends, exclusive. */
  readonly names: Uint8Array;
  readonly nameEnds: Uint32Array;
  /** Number of its label set; new ones come from `firstSet` on, and with 0 all numbers begin anew. */
  readonly labelSet: Uint32Array;
  readonly firstSet: number;
  readonly newSets: readonly Labels[];
};

export class HostIntake {
  readonly #pages: HostPages;
  readonly #arena: ByteArena;
  readonly #labelSets: LabelSets;
  readonly #onEnd: (slots: number) => void;
  /** By the number in what is taken: the directory's number, with one use of our own until the end. */
  #sets: number[] = [];
  readonly #letGo: number[] = [];
  #length = 0;

  constructor(pages: HostPages, arena: ByteArena, labelSets: LabelSets, onEnd: (slots: number) => void) {
    this.#pages = pages;
    this.#arena = arena;
    this.#labelSets = labelSets;
    this.#onEnd = onEnd;
  }

  /** Hosts taken so far: they are in the slots below. */
  get length(): number {
    return this.#length;
  }

  /** All of them pending since they were registered, and without a place; each id once in a whole intake. */
  take(hosts: HostsTaken): void {
    this.#takeSets(hosts);
    const first = this.#length;
    this.#length += hosts.length;
    for (let from = 0; from < hosts.length; ) {
      const to = Math.min(hosts.length, from + PAGE_SLOTS - indexOf(first + from));
      this.#takePart(first + from, hosts, from, to);
      from = to;
    }
  }

  /** From now on they are found by their ids, and others can be registered. */
  end(): void {
    for (const set of this.#letGo.concat(this.#sets)) this.#labelSets.release(set);
    this.#onEnd(this.#length);
  }

  #takeSets({ firstSet, newSets }: HostsTaken): void {
    if (firstSet === 0) {
      for (const set of this.#sets) this.#letGo.push(set);
      this.#sets = [];
    }
    for (const labels of newSets) this.#sets.push(this.#labelSets.take(labels));
  }

  /** What one page of slots has room for. */
  #takePart(slot: number, hosts: HostsTaken, from: number, to: number): void {
    this.#pages.reach(slot);
    const columns = this.#pages.of(slot);
    const at = indexOf(slot);
    const end = at + to - from;
    columns.idHigh.set(hosts.idHigh.subarray(from, to), at);
    columns.idLow.set(hosts.idLow.subarray(from, to), at);
    columns.keptIntervalMs.set(hosts.intervalMs.subarray(from, to), at);
    columns.registeredAtMs.set(hosts.registeredAt.subarray(from, to), at);
    columns.changedAtMs.set(hosts.registeredAt.subarray(from, to), at);
    columns.state.fill(HostState.pending, at, end);
    columns.shard.fill(NOWHERE, at, end);
    for (let i = from; i < to; i++) {
      const set = this.#sets[hosts.labelSet[i]!]!;
      this.#labelSets.retake(set);
      columns.labelSet[at + i - from] = set;
      columns.name[at + i - from] = this.#nameOf(hosts, i);
      columns.flags[at + i - from] =
        SlotFlag.used |
        (hosts.confirmed[i] === 1 ? SlotFlag.confirmed : 0) |
        (hosts.unheard[i] === 1 ? SlotFlag.namedUnheard : 0);
    }
  }

  #nameOf({ names, nameEnds }: HostsTaken, i: number): number {
    const start = i === 0 ? 0 : nameEnds[i - 1]! + 1;
    const length = nameEnds[i]! - start;
    return length === 0 ? NOTHING : this.#arena.put(names, start, length);
  }
}

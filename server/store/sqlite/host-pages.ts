/**
 * Rows of the register on their way from the reader's thread to main: one buffer a page that travels without a copy
 * and is given back whole, and an object a host only while somebody looks at it. The reader packs, main reads. About
 * 0.5 µs a host on each side, and 70 bytes a host until the page is let go.
 */
import type { Labels } from '#lib/protocol/host.ts';
import type { HostPage, StoredHost } from '../store.ts';
import { type Column, evidenceOf } from './rows.ts';

const CONFIRMED = 1;
const UNHEARD = 2;
const NAMED = 4;

const ID_DIGITS = 16;
/** Of a host beside its texts: interval, registration, length of its name, number of its label set, flags. */
const FIXED_BYTES = 8 + 8 + 2 + 2 + 1;
const MAX_READ_LABELS = 16_384;

/** [index, instant, evidence as its JSON text] of those that left. */
type Left = readonly [number, number, Column];

export type PackedHosts = {
  readonly length: number;
  /** Columns, widest first, then ids, names and label sets as text, each after the other. */
  readonly memory: ArrayBuffer;
  /** Bytes of each label set's JSON text. */
  readonly labelLengths: Uint32Array<ArrayBuffer>;
  readonly left: readonly Left[];
};

type Fixed = {
  readonly intervalMs: Float64Array;
  readonly registeredAt: Float64Array;
  readonly nameLengths: Uint16Array;
  /** Index among the page's label sets. */
  readonly labelSet: Uint16Array;
  readonly flags: Uint8Array;
};

function columnsOf(memory: ArrayBuffer, length: number): Fixed {
  return {
    intervalMs: new Float64Array(memory, 0, length),
    registeredAt: new Float64Array(memory, 8 * length, length),
    nameLengths: new Uint16Array(memory, 16 * length, length),
    labelSet: new Uint16Array(memory, 18 * length, length),
    flags: new Uint8Array(memory, 20 * length, length),
  };
}

/** Rows as HOST_COLUMNS has them become a page. */
export class HostPacker {
  readonly #rows: number;
  readonly #fixed: Fixed;
  readonly #ids: Buffer;
  #names = Buffer.alloc(65_536);
  #nameBytes = 0;
  readonly #sets = new Map<string, number>();
  readonly #left: Left[] = [];
  #length = 0;

  /** `rows`: a page has at most; 65,535, for there may be as many label sets. */
  constructor(rows: number) {
    this.#rows = rows;
    this.#fixed = columnsOf(new ArrayBuffer(FIXED_BYTES * rows), rows);
    this.#ids = Buffer.alloc(ID_DIGITS * rows);
  }

  get isFull(): boolean {
    return this.#length === this.#rows;
  }

  add(row: readonly Column[]): void {
    const [id, name, labels, interval, registered, confirmed, leftAt, leftEvidence, unheard] = row;
    const i = this.#length++;
    const { intervalMs, registeredAt, nameLengths, labelSet, flags } = this.#fixed;
    this.#ids.write(id as string, ID_DIGITS * i, 'latin1');
    nameLengths[i] = name === null ? 0 : this.#addName(name as string);
    intervalMs[i] = interval as number;
    registeredAt[i] = registered as number;
    flags[i] =
      (confirmed === 1 ? CONFIRMED : 0) | (unheard === 1 ? UNHEARD : 0) | (name === null ? 0 : NAMED);
    let set = this.#sets.get(labels as string);
    if (set === undefined) {
      set = this.#sets.size;
      this.#sets.set(labels as string, set);
    }
    labelSet[i] = set;
    if (leftAt !== null) this.#left.push([i, leftAt as number, leftEvidence!]);
  }

  /** Gives its length in bytes. */
  #addName(name: string): number {
    if (this.#nameBytes + 3 * name.length > this.#names.length) {
      this.#names = Buffer.concat([this.#names, Buffer.alloc(this.#names.length + 3 * name.length)]);
    }
    const bytes = this.#names.write(name, this.#nameBytes, 'utf8');
    this.#nameBytes += bytes;
    return bytes;
  }

  finish(): PackedHosts {
    const length = this.#length;
    const sets = [...this.#sets.keys()].map((text) => Buffer.from(text, 'utf8'));
    const texts = [
      this.#ids.subarray(0, ID_DIGITS * length),
      this.#names.subarray(0, this.#nameBytes),
      ...sets,
    ];
    const memory = new ArrayBuffer(texts.reduce((sum, text) => sum + text.length, FIXED_BYTES * length));
    const columns = columnsOf(memory, length);
    for (const name of Object.keys(columns) as (keyof Fixed)[]) {
      columns[name].set(this.#fixed[name].subarray(0, length));
    }
    const bytes = new Uint8Array(memory);
    let at = FIXED_BYTES * length;
    for (const text of texts) {
      bytes.set(text, at);
      at += text.length;
    }
    const labelLengths = Uint32Array.from(sets, (text) => text.length);
    return { length, memory, labelLengths, left: this.#left };
  }
}

/** Label sets by their texts: a fleet has few, and reading one takes longer than all the rest of a host. */
export class ReadLabels {
  readonly #known = new Map<string, Labels>();

  /** It has no prototype, as canonicalLabels makes them. */
  of(text: string): Labels {
    let labels = this.#known.get(text);
    if (labels !== undefined) return labels;
    if (this.#known.size === MAX_READ_LABELS) this.#known.clear();
    labels = Object.assign(Object.create(null), JSON.parse(text)) as Labels;
    this.#known.set(text, labels);
    return labels;
  }
}

export class PackedPage implements HostPage {
  readonly #packed: PackedHosts;
  readonly #read: ReadLabels;

  /** `read`: of all pages of one reading. */
  constructor(packed: PackedHosts, read: ReadLabels) {
    this.#packed = packed;
    this.#read = read;
  }

  get length(): number {
    return this.#packed.length;
  }

  *[Symbol.iterator](): Generator<StoredHost> {
    const { length, memory, left } = this.#packed;
    const { intervalMs, registeredAt, nameLengths, labelSet, flags } = columnsOf(memory, length);
    const bytes = Buffer.from(memory);
    let idAt = FIXED_BYTES * length;
    let nameAt = idAt + ID_DIGITS * length;
    const labels = this.#labels(bytes, nameAt + nameLengths.reduce((sum, bytes) => sum + bytes, 0));
    let nextLeft = 0;
    for (let i = 0; i < length; i++) {
      const nameEnd = nameAt + nameLengths[i]!;
      const isNamed = (flags[i]! & NAMED) !== 0;
      const [leftIndex, leftAt, leftEvidence] = left[nextLeft] ?? [];
      const hasLeft = leftIndex === i;
      if (hasLeft) nextLeft++;
      yield {
        id: bytes.toString('latin1', idAt, idAt + ID_DIGITS),
        name: isNamed ? bytes.toString('utf8', nameAt, nameEnd) : null,
        labels: labels[labelSet[i]!]!,
        intervalMs: intervalMs[i]!,
        registeredAt: registeredAt[i]!,
        confirmed: (flags[i]! & CONFIRMED) !== 0,
        ...((flags[i]! & UNHEARD) === 0 ? {} : { unheard: true as const }),
        left: hasLeft ? { at: leftAt!, evidence: evidenceOf(leftEvidence!) } : null,
      };
      idAt += ID_DIGITS;
      nameAt = nameEnd;
    }
  }

  #labels(bytes: Buffer, from: number): Labels[] {
    let at = from;
    return Array.from(this.#packed.labelLengths, (length) => {
      at += length;
      return this.#read.of(bytes.toString('utf8', at - length, at));
    });
  }
}

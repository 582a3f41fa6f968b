/**
 * Equal label sets share one number, and so do equal labels, counted by use: a set is the list of its labels' numbers,
 * so a fleet in which every host has a label of its own costs some dozens of bytes a host. Pure. O(labels) to take or
 * to read a set; the sets read last are kept as objects, so that equal ones are the same object.
 */
import type { Labels } from '#lib/protocol/host.ts';
import { InternedBytes } from './interned-bytes.ts';
import { NO_NUMBER } from './number-table.ts';

/** Sets kept as objects; all of them are let go at once. */
const MAX_BUILT = 4_096;
const NUMBER_BYTES = 4;

export class LabelSets {
  /** `key=value`: no key has a `=`. */
  readonly #labels: InternedBytes;
  readonly #sets: InternedBytes;
  readonly #built = new Map<number, Labels>();
  #scratch = Buffer.alloc(1_024);
  #numbers = Buffer.alloc(64 * NUMBER_BYTES);
  /** What was taken last: the next host of a batch or a page often has the same object. */
  #lastLabels: Labels | null = null;
  #lastSet = NO_NUMBER;
  #generation = 0;
  #newLabels = 0;

  /** `seed`: secret of the hashes. */
  constructor(seed: number) {
    this.#labels = new InternedBytes(seed);
    this.#sets = new InternedBytes(seed);
  }

  /** Different sets. */
  get size(): number {
    return this.#sets.size;
  }

  get bytes(): number {
    return this.#labels.bytes + this.#sets.bytes;
  }

  /** `labels` must not change afterwards, and have its keys in order. */
  take(labels: Labels): number {
    if (labels === this.#lastLabels && this.#sets.isUsed(this.#lastSet)) {
      this.#sets.retake(this.#lastSet);
      return this.#lastSet;
    }
    let count = 0;
    const known = this.#labels.size;
    for (const key in labels) {
      count = this.#note(count, this.#labels.take(...this.#written(key, labels[key]!)));
    }
    this.#newLabels += this.#labels.size - known;
    const before = this.#sets.size;
    const set = this.#sets.take(this.#numbers, 0, count * NUMBER_BYTES);
    // A set holds each of its labels once, however many hosts have the set.
    if (this.#sets.size === before) this.#releaseLabels(count);
    this.#lastLabels = labels;
    this.#lastSet = set;
    return set;
  }

  /** One use more of a set that is in use. */
  retake(set: number): void {
    this.#sets.retake(set);
  }

  release(set: number): void {
    const count = this.#copyNumbers(set);
    if (!this.#sets.release(set)) return;
    this.#generation++;
    this.#built.delete(set);
    this.#lastLabels = null;
    this.#releaseLabels(count);
  }

  get(set: number): Labels {
    let labels = this.#built.get(set);
    if (labels === undefined) {
      if (this.#built.size === MAX_BUILT) this.#built.clear();
      labels = this.#build(set);
      this.#built.set(set, labels);
    }
    return labels;
  }

  /** Moves on whenever a number was given back, and may stand for something else from now on. */
  get generation(): number {
    return this.#generation;
  }

  /** Labels that nobody had before, since the start. */
  get newLabels(): number {
    return this.#newLabels;
  }

  /** One past the highest number of a set, and of a label. */
  get numbers(): { readonly sets: number; readonly labels: number } {
    return { sets: this.#sets.numbers, labels: this.#labels.numbers };
  }

  /** NO_NUMBER when no set has it. */
  numberOf(key: string, value: string): number {
    return this.#labels.find(...this.#written(key, value));
  }

  valueOf(label: number): string {
    const text = this.#labels.textOf(label);
    return text.slice(text.indexOf('=') + 1);
  }

  /** Does a label of the set answer true? */
  someLabel(set: number, takes: (label: number) => boolean): boolean {
    const chunk = this.#sets.chunkOf(set);
    const start = this.#sets.startOf(set);
    const end = start + this.#sets.lengthOf(set);
    for (let at = start; at < end; at += NUMBER_BYTES) if (takes(chunk.readUInt32LE(at))) return true;
    return false;
  }

  #build(set: number): Labels {
    const labels: Record<string, string> = Object.create(null);
    const count = this.#copyNumbers(set);
    for (let i = 0; i < count; i++) {
      const text = this.#labels.textOf(this.#numbers.readUInt32LE(i * NUMBER_BYTES));
      const end = text.indexOf('=');
      labels[text.slice(0, end)] = text.slice(end + 1);
    }
    return labels;
  }

  /** The label as bytes, good until the next call. */
  #written(key: string, value: string): [bytes: Buffer, from: number, length: number] {
    const most = (key.length + value.length + 1) * 3;
    if (most > this.#scratch.length) this.#scratch = Buffer.alloc(most * 2);
    const length = this.#scratch.write(`${key}=${value}`, 'utf8');
    return [this.#scratch, 0, length];
  }

  #note(count: number, label: number): number {
    if ((count + 1) * NUMBER_BYTES > this.#numbers.length) {
      this.#numbers = Buffer.concat([this.#numbers, Buffer.alloc(this.#numbers.length)]);
    }
    this.#numbers.writeUInt32LE(label, count * NUMBER_BYTES);
    return count + 1;
  }

  /** Into `#numbers`; gives how many. */
  #copyNumbers(set: number): number {
    const length = this.#sets.lengthOf(set);
    const start = this.#sets.startOf(set);
    this.#sets.chunkOf(set).copy(this.#numbers, 0, start, start + length);
    return length / NUMBER_BYTES;
  }

  #releaseLabels(count: number): void {
    for (let i = 0; i < count; i++) this.#labels.release(this.#numbers.readUInt32LE(i * NUMBER_BYTES));
  }
}

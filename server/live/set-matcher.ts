/**
 * Which label sets a filter takes. Each set and each label is looked at once, however many hosts have it; what is known
 * of them is forgotten when a number may have come to stand for something else. Pure; O(1) for a set seen before.
 */
import type { LabelSets } from './label-sets.ts';
import { NO_NUMBER } from './number-table.ts';

const YES = 1;
const NO = 2;

export class SetMatcher {
  readonly #sets: LabelSets;
  readonly #wanted: readonly (readonly [string, string])[];
  readonly #takes: (value: string) => boolean;
  #generation = -1;
  #newLabels = 0;
  #numbers: number[] = [];
  #ofAll = new Uint8Array(0);
  #ofSome = new Uint8Array(0);
  #ofLabel = new Uint8Array(0);

  constructor(
    sets: LabelSets,
    wanted: readonly (readonly [string, string])[],
    takes: (value: string) => boolean,
  ) {
    this.#sets = sets;
    this.#wanted = wanted;
    this.#takes = takes;
  }

  /** Has the set all the labels that were asked for? */
  hasAll(set: number): boolean {
    this.#keepUp(set);
    let known = this.#ofAll[set]!;
    if (known === 0) {
      const has = (wanted: number): boolean =>
        wanted !== NO_NUMBER && this.#sets.someLabel(set, (label) => label === wanted);
      known = this.#numbers.every(has) ? YES : NO;
      this.#ofAll[set] = known;
    }
    return known === YES;
  }

  /** Has a label of the set a value that is taken? */
  hasSome(set: number): boolean {
    this.#keepUp(set);
    let known = this.#ofSome[set]!;
    if (known === 0) {
      known = this.#sets.someLabel(set, (label) => this.#takesLabel(label)) ? YES : NO;
      this.#ofSome[set] = known;
    }
    return known === YES;
  }

  #takesLabel(label: number): boolean {
    // One that came since is past the end: looked at each time.
    let known = this.#ofLabel[label] ?? 0;
    if (known === 0) {
      known = this.#takes(this.#sets.valueOf(label)) ? YES : NO;
      this.#ofLabel[label] = known;
    }
    return known === YES;
  }

  #keepUp(set: number): void {
    const isComplete = !this.#numbers.includes(NO_NUMBER) || this.#newLabels === this.#sets.newLabels;
    if (isComplete && this.#generation === this.#sets.generation && set < this.#ofAll.length) return;
    this.#generation = this.#sets.generation;
    this.#newLabels = this.#sets.newLabels;
    const { sets, labels } = this.#sets.numbers;
    // With some room, or every new set would have all forgotten.
    this.#ofAll = new Uint8Array(sets + 1_024);
    this.#ofSome = new Uint8Array(sets + 1_024);
    this.#ofLabel = new Uint8Array(labels + 16 * 1_024);
    this.#numbers = this.#wanted.map(([key, value]) => this.#sets.numberOf(key, value));
  }
}

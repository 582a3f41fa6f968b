/** Equal label sets share one object and one number, counted by use. Pure; O(labels) to take one, else O(1). */
import type { Labels } from '#lib/protocol/host.ts';

export class LabelSets {
  readonly #numbers = new Map<string, number>();
  readonly #sets: (Labels | undefined)[] = [];
  readonly #keys: string[] = [];
  readonly #uses: number[] = [];
  readonly #free: number[] = [];

  take(labels: Labels): number {
    const key = JSON.stringify(labels);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#sets.length;
      this.#numbers.set(key, number);
      this.#sets[number] = labels;
      this.#keys[number] = key;
      this.#uses[number] = 0;
    }
    this.#uses[number]! += 1;
    return number;
  }

  release(number: number): void {
    this.#uses[number]! -= 1;
    if (this.#uses[number]! > 0) return;
    this.#numbers.delete(this.#keys[number]!);
    this.#sets[number] = undefined;
    this.#keys[number] = '';
    this.#free.push(number);
  }

  get(number: number): Labels {
    return this.#sets[number]!;
  }

  get size(): number {
    return this.#numbers.size;
  }
}

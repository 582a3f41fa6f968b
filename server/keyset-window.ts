/**
 * Owns one page of an ordering that nobody keeps sorted: offered every candidate in any order, it holds the first
 * `limit` of those after a cursor. Cost: one or two comparisons a candidate, O(limit) memory.
 */
export class KeysetWindow<T> {
  readonly #limit: number;
  readonly #compare: (a: T, b: T) => number;
  readonly #after: T | null;
  #kept: T[] = [];
  /** Nothing ordered after it can be on the page or be the sign of a next one. */
  #last: T | null = null;

  /** `compare` must be a total order, so that no two candidates are equal; `after` is the last item of the page before. */
  constructor(limit: number, compare: (a: T, b: T) => number, after: T | null) {
    this.#limit = limit;
    this.#compare = compare;
    this.#after = after;
  }

  offer(item: T): void {
    if (this.#last !== null && this.#compare(item, this.#last) > 0) return;
    if (this.#after !== null && this.#compare(item, this.#after) <= 0) return;
    this.#kept.push(item);
    if (this.#kept.length > 4 * this.#limit + 64) this.#trim();
  }

  #trim(): void {
    this.#kept.sort(this.#compare);
    this.#kept.length = Math.min(this.#kept.length, this.#limit + 1);
    this.#last = this.#kept.length > this.#limit ? this.#kept[this.#limit]! : null;
  }

  /** The page in order; `more`: is there something after it? */
  finish(): { readonly items: T[]; readonly more: boolean } {
    this.#trim();
    return { items: this.#kept.slice(0, this.#limit), more: this.#kept.length > this.#limit };
  }
}

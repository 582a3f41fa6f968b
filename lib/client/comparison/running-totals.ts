/**
 * Counts that somebody else keeps and may begin anew, made into totals since a moment of our choice. Pure.
 */
export class RunningTotals<Key extends string> {
  readonly #keys: readonly Key[];
  /** What earlier counters had reached. */
  #before: Record<Key, number>;
  #now: Record<Key, number>;
  #from: Record<Key, number>;

  constructor(keys: readonly Key[]) {
    this.#keys = keys;
    this.#before = this.#each(() => 0);
    this.#now = this.#each(() => 0);
    this.#from = this.#each(() => 0);
  }

  /** The counters as they are. One that went down began anew, and all of them with it. */
  update(counts: Readonly<Record<Key, number>>): void {
    if (this.#keys.some((key) => counts[key] < this.#now[key])) this.renew();
    this.#now = this.#each((key) => counts[key]);
  }

  /** The counters that come next begin at 0. */
  renew(): void {
    this.#before = this.#each((key) => this.#before[key] + this.#now[key]);
    this.#now = this.#each(() => 0);
  }

  /** Totals begin at 0 here. */
  reset(): void {
    this.#from = this.#each((key) => this.#before[key] + this.#now[key]);
  }

  totals(): Readonly<Record<Key, number>> {
    return this.#each((key) => this.#before[key] + this.#now[key] - this.#from[key]);
  }

  #each(countOf: (key: Key) => number): Record<Key, number> {
    return Object.fromEntries(this.#keys.map((key) => [key, countOf(key)])) as Record<Key, number>;
  }
}

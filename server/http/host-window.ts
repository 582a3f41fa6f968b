/**
 * One page of hosts in order out of very many that come in any order: the first `limit` after a cursor. What cannot be
 * on the page is turned away by comparing numbers and bytes, without an object. Pure; one or two comparisons a host,
 * O(limit) memory.
 */
import type { HostId } from '#lib/protocol/host.ts';
import { compareNames, copyOf, type NameBytes, nameBytes } from './name-order.ts';

/** What an order goes by: a number, then the name, then the id. */
export type HostKey = { readonly primary: number; readonly name: NameBytes; readonly id: HostId };
type Candidate = HostKey & { readonly slot: number };

export type HostOrder = {
  readonly field: string;
  readonly descending: boolean;
};

export class HostWindow {
  readonly #limit: number;
  readonly #direction: 1 | -1;
  /** Of the names: other orders have names ascending in both directions. */
  readonly #nameDirection: 1 | -1;
  readonly #after: HostKey | null;
  #kept: Candidate[] = [];
  /** Nothing after it can be on the page or be the sign of a next one. */
  #last: Candidate | null = null;

  constructor(limit: number, { field, descending }: HostOrder, after: HostKey | null) {
    this.#limit = limit;
    this.#direction = descending ? -1 : 1;
    this.#nameDirection = descending && field === 'name' ? -1 : 1;
    this.#after = after;
  }

  /** `id` is asked for only where it decides, or the host is kept. `name` is copied then. */
  offer(slot: number, primary: number, name: NameBytes, id: () => HostId): void {
    if (this.#last !== null && this.#compare(primary, name, id, this.#last) > 0) return;
    if (this.#after !== null && this.#compare(primary, name, id, this.#after) <= 0) return;
    this.#kept.push({ slot, primary, name: copyOf(name), id: id() });
    if (this.#kept.length > 4 * this.#limit + 64) this.#trim();
  }

  #compare(primary: number, name: NameBytes, id: () => HostId, other: HostKey): number {
    if (primary !== other.primary) return this.#direction * (primary - other.primary);
    const byName = compareNames(name, other.name);
    if (byName !== 0) return this.#nameDirection * byName;
    const own = id();
    return own < other.id ? -1 : own > other.id ? 1 : 0;
  }

  #trim(): void {
    this.#kept.sort((a, b) => this.#compare(a.primary, a.name, () => a.id, b));
    this.#kept.length = Math.min(this.#kept.length, this.#limit + 1);
    this.#last = this.#kept.length > this.#limit ? this.#kept[this.#limit]! : null;
  }

  /** The page in order; `more`: is there something after it? */
  finish(): { readonly hosts: readonly Candidate[]; readonly more: boolean } {
    this.#trim();
    return { hosts: this.#kept.slice(0, this.#limit), more: this.#kept.length > this.#limit };
  }
}

export function keyOf(primary: number, name: string, id: HostId): HostKey {
  return { primary, name: nameBytes(name), id };
}

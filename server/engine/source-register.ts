/**
 * Source address → small number, so that a row keeps four bytes. Bounded: once full, an address not met before
 * is not kept (a sender with forged addresses must not fill the memory). Owned by a shard.
 */
import { NONE, UNKEPT } from './layout.ts';

export class SourceRegister {
  readonly #indexes = new Map<string, number>();
  readonly #capacity: number;
  readonly #onNew: (index: number, address: string) => void;
  #lastAddress = '';
  #lastIndex = NONE;

  constructor(capacity: number, onNew: (index: number, address: string) => void) {
    this.#capacity = capacity;
    this.#onNew = onNew;
  }

  /** The address's number, or UNKEPT when there is no room for a new one. */
  indexOf(address: string): number {
    if (address === this.#lastAddress) return this.#lastIndex;
    let index = this.#indexes.get(address);
    if (index === undefined) {
      if (this.#indexes.size >= this.#capacity) return UNKEPT;
      index = this.#indexes.size;
      this.#indexes.set(address, index);
      this.#onNew(index, address);
    }
    this.#lastAddress = address;
    this.#lastIndex = index;
    return index;
  }
}

/**
 * The addresses heartbeats come from, as text: the engine numbers them by shard, a verdict keeps one for as long as it
 * is the host's last. Shared, counted and without objects: a million hosts may have a million of them. Pure; O(length).
 */
import { InternedBytes } from './interned-bytes.ts';

const FIRST_ADDRESSES = 256;

export class SourceNames {
  readonly #texts: InternedBytes;
  /** By shard, then the engine's number: number of the text + 1; 0: not told yet. */
  readonly #ofShard: Uint32Array[] = [];
  #scratch = Buffer.alloc(256);

  constructor(seed: number) {
    this.#texts = new InternedBytes(seed);
  }

  /** Called once for each number, and again by a shard that began anew. */
  name(shard: number, index: number, address: string): void {
    while (this.#ofShard.length <= shard) this.#ofShard.push(new Uint32Array(FIRST_ADDRESSES));
    let known = this.#ofShard[shard]!;
    if (index >= known.length) {
      const grown = new Uint32Array(2 ** Math.ceil(Math.log2(index + 1)));
      grown.set(known);
      this.#ofShard[shard] = grown;
      known = grown;
    }
    const before = known[index]!;
    known[index] = this.take(address) + 1;
    if (before !== 0) this.#texts.release(before - 1);
  }

  /** null: not told. */
  at(shard: number, index: number): string | null {
    const number = this.#ofShard[shard]?.[index] ?? 0;
    return number === 0 ? null : this.#texts.textOf(number - 1);
  }

  /** One use of the address; gives its number. */
  take(address: string): number {
    if (address.length * 3 > this.#scratch.length) this.#scratch = Buffer.alloc(address.length * 6);
    return this.#texts.take(this.#scratch, 0, this.#scratch.write(address, 'utf8'));
  }

  release(number: number): void {
    this.#texts.release(number);
  }

  textOf(number: number): string {
    return this.#texts.textOf(number);
  }

  get bytes(): number {
    return this.#ofShard.reduce((sum, numbers) => sum + numbers.byteLength, this.#texts.bytes);
  }
}

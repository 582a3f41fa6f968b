/** Blocks of addresses (`10.1.0.0/16`): is an address in one of them? Pure; a few comparisons a block, no allocation. */
import type { AddressBlock } from './tag-settings.ts';

const WORD_BITS = 32;

/** `words`: of the address, four. */
export function isInBlock(words: Uint32Array, block: AddressBlock): boolean {
  for (let i = 0; i < 4; i++) {
    const bits = block.bits - i * WORD_BITS;
    if (bits <= 0) return true;
    const mask = bits >= WORD_BITS ? -1 : -1 << (WORD_BITS - bits);
    if (((words[i]! ^ block.words[i]!) & mask) !== 0) return false;
  }
  return true;
}

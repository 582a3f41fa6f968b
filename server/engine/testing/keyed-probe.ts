/** A shard with keys set, for tests. */
import { readAddress } from '../../libc/internet-address.ts';
import { isInBlock } from '../tags/address-blocks.ts';
import { readPlainFrom } from '../tags/read-tags.ts';
import { TagGate } from '../tags/tag-gate.ts';
import type { AddressBlock, MasterKey } from '../tags/tag-settings.ts';
import { ShardProbe } from './shard-probe.ts';
import { KEY_1 } from './tagged-bytes.ts';

function blocks(text: string): readonly AddressBlock[] {
  const read = readPlainFrom(text);
  if ('takes' in read) throw new TypeError(`${text}: it takes ${read.takes}`);
  return read.value;
}

type KeyedOptions = {
  keys?: readonly MasterKey[];
  plainFrom?: string;
  maxHosts?: number;
  shard?: number;
  shards?: number;
  /** How many share the limit on first derivations. */
  tagShards?: number;
};

class KeyedProbe extends ShardProbe {
  /** By row: TagMark. */
  readonly marks: Uint8Array;

  constructor({ keys = [KEY_1], plainFrom = '', maxHosts = 64, tagShards = 1, ...rest }: KeyedOptions) {
    let marks = new Uint8Array(0);
    super({
      maxHosts,
      ...rest,
      tags: (book, rows) => {
        marks = new Uint8Array(rows);
        return new TagGate({ keys, plainFrom: blocks(plainFrom) }, book, marks, tagShards);
      },
    });
    this.marks = marks;
  }
}

export function keyedProbe(options: KeyedOptions = {}): KeyedProbe {
  return new KeyedProbe(options);
}

/** Is the address in the block? Both as text. */
export function blockHolds(block: string, address: string): boolean {
  const words = new Uint32Array(4);
  if (!readAddress(address, words)) throw new TypeError(`${address} is no address`);
  return isInBlock(words, blocks(block)[0]!);
}

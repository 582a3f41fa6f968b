/**
 * Hands messages of other shards' hosts on before anything is judged, while a shard holds: what its owner keeps is
 * then in the order it arrived. What has no sound frame stays: it is refused and counted where it was read.
 * Pure but for the rings. Shard thread. Cost: a look at each id.
 */
import {
  FLAG_TAGGED,
  HEADER_BYTES,
  MAGIC,
  MAX_BUNDLE_BYTES,
  MessageType,
  OFFSET,
  TAG_BYTES,
  WIRE_VERSION,
} from '../../lib/protocol/heartbeat.ts';
import { hostIdBytes } from '../host-id.ts';
import { ownerOf, u32be } from './message-fields.ts';
import type { HandOver } from './shard.ts';

const MAX_NAME_BYTES = 63;
const SPACE = 0x20;
const NEWLINE = 0x0a;

export class Strangers {
  readonly #shard: number;
  readonly #shards: number;
  readonly #handOver: HandOver;

  constructor(shard: number, shards: number, handOver: HandOver) {
    this.#shard = shard;
    this.#shards = shards;
    this.#handOver = handOver;
  }

  /** How many bytes from `at` on are left for this shard; those of a bundle are moved together. */
  handOn(bytes: Uint8Array, at: number, length: number, source: number, connection: number): number {
    if (length === 0) return 0;
    if (bytes[at] !== MAGIC)
      return this.#whole(this.#ownerOfText(bytes, at, length), bytes, at, length, source, connection);
    const flags = bytes[at + OFFSET.flags]!;
    if (length < HEADER_BYTES || flags > FLAG_TAGGED || (flags === 0 && bytes[at + OFFSET.keyId] !== 0))
      return length;
    const type = bytes[at + OFFSET.versionAndType]! - (WIRE_VERSION << 4);
    if (type !== MessageType.beat) {
      const known = type === MessageType.hello || type === MessageType.bye;
      return known ? this.#whole(this.#ownerAt(bytes, at), bytes, at, length, source, connection) : length;
    }
    const size = HEADER_BYTES + (flags === 0 ? 0 : TAG_BYTES);
    if (length > MAX_BUNDLE_BYTES || length % size !== 0) return length;
    for (let member = at + size; member < at + length; member += size) {
      // Judged as a whole: what a member is told to be depends on the first.
      if (!this.#isLike(bytes, at, member)) return length;
    }
    let left = 0;
    for (let member = at; member < at + length; member += size) {
      const owner = this.#ownerAt(bytes, member);
      if (owner !== this.#shard) this.#handOver(owner, bytes, member, size, source, connection);
      else {
        if (at + left !== member) bytes.copyWithin(at + left, member, member + size);
        left += size;
      }
    }
    return left;
  }

  #whole(
    owner: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    source: number,
    connection: number,
  ): number {
    if (owner === this.#shard) return length;
    this.#handOver(owner, bytes, at, length, source, connection);
    return 0;
  }

  #ownerAt(bytes: Uint8Array, at: number): number {
    return ownerOf(u32be(bytes, at + OFFSET.hostId), this.#shards);
  }

  /** Is a member a beat as the first is one? */
  #isLike(bytes: Uint8Array, first: number, member: number): boolean {
    for (let i = 0; i < OFFSET.keyId; i++) if (bytes[member + i] !== bytes[first + i]) return false;
    return bytes[first + OFFSET.flags] !== 0 || bytes[member + OFFSET.keyId] === 0;
  }

  #ownerOfText(bytes: Uint8Array, at: number, length: number): number {
    let end = at;
    while (end < at + length && bytes[end] !== SPACE && bytes[end] !== NEWLINE) end++;
    if (end === at || end - at > MAX_NAME_BYTES) return this.#shard;
    const name = String.fromCharCode(...bytes.subarray(at, end));
    return ownerOf(u32be(hostIdBytes(name), 0), this.#shards);
  }
}

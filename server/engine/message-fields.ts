/**
 * Where a heartbeat's binary fields are read from the receiver's memory, without a view or a copy. Pure. Words come
 * with a sign where they may: those from 2^31 on would be boxed on their way from one function to the next.
 * Cost: four byte loads; no allocation. Source: PROTOCOL 1.2.
 */

/** Four bytes, big-endian, as a signed number. */
export function i32be(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Four bytes, little-endian, as a signed number. */
export function i32le(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

export function u32be(bytes: Uint8Array, at: number): number {
  return i32be(bytes, at) >>> 0;
}

export function u16le(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

/** The shard that owns a host: the first four bytes of its id, big-endian, modulo the shards. */
export function ownerOf(idHigh: number, shards: number): number {
  return (idHigh >>> 0) % shards;
}

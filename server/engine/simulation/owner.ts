/** The shard that owns a host, by its id in hex: its first four bytes, big-endian, modulo the number of shards. */
export function ownerOfId(id: string, shards: number): number {
  return Number.parseInt(id.slice(0, 8), 16) % shards;
}

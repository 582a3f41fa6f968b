/** Hashes that tell one description of a host from another; no protection. Pure. */
import type { Labels } from '../../lib/protocol/host.ts';

const encoder = new TextEncoder();

/** FNV-1a over the bytes from `from` up to `to`, never 0. No allocation. */
export function hashBytes(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0 || 1;
}

export function hashLabels(labels: Labels): number {
  return hashBytes(encoder.encode(JSON.stringify(labels)));
}

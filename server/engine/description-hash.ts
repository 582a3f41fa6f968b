/** Hashes that tell one description of a host from another; no protection. Pure. */
import type { Labels } from '../../lib/protocol/host.ts';

const encoder = new TextEncoder();

/** FNV-1a, never 0. */
export function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0 || 1;
}

export function hashLabels(labels: Labels): number {
  return hashBytes(encoder.encode(JSON.stringify(labels)));
}

import { createHash } from 'node:crypto';

/** A host's id: the first 8 bytes of SHA-256(name), in that order (docs/protocol.md). */
export function hostIdBytes(name: string): Uint8Array {
  return createHash('sha256').update(name, 'utf8').digest().subarray(0, 8);
}

/** The same as 16 lower-case hex digits. */
export function hostIdHex(name: string): string {
  return createHash('sha256').update(name, 'utf8').digest('hex').slice(0, 16);
}

import { createHash } from 'node:crypto';

/** A host's id: the first 8 bytes of SHA-256(name), in that order (docs/protocol.md). */
export function hostIdBytes(name: string): Uint8Array {
  return createHash('sha256').update(name, 'utf8').digest().subarray(0, 8);
}

/** The same as 16 lower-case hex digits. */
export function hostIdHex(name: string): string {
  return createHash('sha256').update(name, 'utf8').digest('hex').slice(0, 16);
}

/** Eight lower-case hex digits from `at` on as a number; NaN when they are none. */
export function hexWord(id: string, at: number): number {
  let word = 0;
  for (let i = at; i < at + 8; i++) {
    const code = id.charCodeAt(i);
    const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : Number.NaN;
    word = word * 16 + digit;
  }
  return word;
}

/**
 * The secrets that stand for a person without a password: the cookie's, an API token, the setup token. Random, so a
 * plain SHA-256 hides them; whoever has the hash cannot come in with it. Knows nobody. O(1).
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const SECRET_BYTES = 32;
const ID_BYTES = 8;

/** 256 random bits, as 43 characters of base64url. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** A public name for a session or a token: 16 hex digits. */
export function newId(): string {
  return randomBytes(ID_BYTES).toString('hex');
}

/** What is stored of a secret, and what it is found by: hex. */
export function secretHash(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** In a time that does not depend on where they differ. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));
}

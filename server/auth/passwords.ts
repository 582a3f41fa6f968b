/**
 * Passwords to hashes and back to yes or no, with scrypt. A hash takes 32 MiB and a thread of the pool for its time, so
 * few run at once and few wait: who floods the sign-in is turned away, and everything else keeps its memory.
 * Knows no user. Source: RFC 7914; OWASP's password storage cheat sheet.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '#lib/protocol/account.ts';

type Cost = { readonly log2n: number; readonly r: number; readonly p: number };

/** 32 MiB and about 0.1 s of one core (docs/operations.md). */
const COST: Cost = { log2n: 15, r: 8, p: 1 };
/** A hash that asks for more was not written here. */
const MAX_LOG2N = 20;
const MAX_R_AND_P = 16;
const SALT_BYTES = 16;
const KEY_BYTES = 32;

const MAX_RUNNING = 2;
/** About a second of waiting. Of known people and of strangers each. */
const MAX_WAITING = 16;

const HASH =
  /^\$scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9]{1,2})\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/;

/** As many passwords are being looked at as may be; nothing was. */
export class PasswordsBusy extends Error {}

export function isPasswordLength(password: string): boolean {
  return password.length >= MIN_PASSWORD_LENGTH && password.length <= MAX_PASSWORD_LENGTH;
}

function derive(password: string, salt: Buffer, { log2n, r, p }: Cost): Promise<Buffer> {
  const N = 2 ** log2n;
  // OpenSSL wants a little more than the 128·N·r bytes it takes.
  const options: ScryptOptions = { N, r, p, maxmem: 128 * N * r + 1_024 * 1_024 };
  return new Promise((resolve, reject) => {
    // The same letters may be typed as different code points on different machines.
    scrypt(password.normalize('NFC'), salt, KEY_BYTES, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

function textOf({ log2n, r, p }: Cost, salt: Buffer, key: Buffer): string {
  return `$scrypt$ln=${log2n},r=${r},p=${p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

type Parsed = { readonly cost: Cost; readonly salt: Buffer; readonly key: Buffer };

function parse(text: string): Parsed | null {
  const match = HASH.exec(text);
  if (match === null) return null;
  const [log2n, r, p] = match.slice(1, 4).map(Number) as [number, number, number];
  if (log2n < 1 || log2n > MAX_LOG2N || r < 1 || r > MAX_R_AND_P || p < 1 || p > MAX_R_AND_P) return null;
  return {
    cost: { log2n, r, p },
    salt: Buffer.from(match[4]!, 'base64url'),
    key: Buffer.from(match[5]!, 'base64url'),
  };
}

/** Nobody's: compared with where there is no user, so that the time says nothing about who there is. */
const NOBODYS: Parsed = { cost: COST, salt: randomBytes(SALT_BYTES), key: randomBytes(KEY_BYTES) };

/** Who asks: `known` people wait apart and go first, so that a crowd of strangers does not keep them out. */
export type Asker = 'known' | 'stranger';

export class Passwords {
  readonly #waiting: Readonly<Record<Asker, (() => void)[]>> = { known: [], stranger: [] };
  #running = 0;

  /** A text that says by itself how it was made. For those who may set a password. Rejects with PasswordsBusy. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    return textOf(COST, salt, await this.#inTurn('known', () => derive(password, salt, COST)));
  }

  /**
   * Is it the password of this hash? null: there is no such user, which takes as long. false also for a hash that is
   * none of ours. Rejects with PasswordsBusy.
   */
  async verify(password: string, hash: string | null, asker: Asker): Promise<boolean> {
    const known = hash === null ? null : parse(hash);
    const { cost, salt, key } = known ?? NOBODYS;
    const derived = await this.#inTurn(asker, () => derive(password, salt, cost));
    return timingSafeEqual(derived, key) && known !== null;
  }

  async #inTurn<T>(asker: Asker, work: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting[asker];
    if (this.#running < MAX_RUNNING) this.#running++;
    else if (waiting.length >= MAX_WAITING) throw new PasswordsBusy('too many passwords at once');
    // The place of the one before is handed on.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.known.shift() ?? this.#waiting.stranger.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

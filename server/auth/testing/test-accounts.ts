/** Accounts over a disk of their own and a clock that is set by hand, with people in them. For tests. */

import { randomBytes, scryptSync } from 'node:crypto';
import type { Refused } from '../account-keeper.ts';
import { Accounts, type AccountsOptions } from '../accounts.ts';
import { SESSION_COOKIE } from '../credentials.ts';
import type { Identity } from '../identity.ts';
import type { SignedIn } from '../sign-in.ts';
import { AccountsDisk } from './accounts-disk.ts';

export const ADA = { name: 'ada', password: 'correct horse battery', role: 'administrator' } as const;
export const BOB = { name: 'bob', password: 'a long enough one', role: 'operator' } as const;
export const VIC = { name: 'vic', password: 'I only look at it', role: 'viewer' } as const;
export const HERE = { address: '192.0.2.1', userAgent: 'a browser' } as const;

export function cookieOf(signedIn: { readonly secret: string }): { cookie: string } {
  return { cookie: `${SESSION_COOKIE}=${signedIn.secret}` };
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** One that is checked in no time; the server makes none like it. */
function cheapHash(password: string): string {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, 32, { N: 16, r: 1, p: 1 });
  return `$scrypt$ln=4,r=1,p=1$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** The result of what a test expects to be granted. */
export function granted<T>(result: T | Refused): T {
  if (typeof result === 'object' && result !== null && 'refused' in result) throw new Error(result.detail);
  return result as T;
}

export class TestAccounts {
  readonly disk: AccountsDisk;
  readonly accounts: Accounts;
  readonly faults: Error[] = [];
  readonly setupTokens: string[] = [];
  nowMs: number;

  constructor(disk: AccountsDisk = new AccountsDisk(), nowMs = 1_800_000_000_000) {
    this.disk = disk;
    this.nowMs = nowMs;
    const options: AccountsOptions = {
      store: disk,
      stored: disk.stored(),
      clock: () => this.nowMs,
      onSetupToken: (token) => void this.setupTokens.push(token),
      onFault: (error) => void this.faults.push(error),
    };
    this.accounts = new Accounts(options);
  }

  /** Ada, Bob and Vic are there; Ada is signed in. */
  static async withAda(): Promise<{ test: TestAccounts; ada: Identity; secret: string }> {
    const users = [ADA, BOB, VIC].map(({ name, password, role }) => {
      return { name, role, passwordHash: cheapHash(password), createdAt: 1, lastSeenAt: null };
    });
    const test = new TestAccounts(new AccountsDisk({ users, sessions: [], tokens: [] }));
    const signedIn = await test.signIn(ADA.name, ADA.password);
    return { test, ada: test.identityOf(signedIn), secret: signedIn.secret };
  }

  async signIn(name: string, password: string, address: string = HERE.address): Promise<SignedIn> {
    return granted(
      await this.accounts.signIn({ name: name, password: password }, { ...HERE, address }, null),
    );
  }

  identityOf(signedIn: { readonly secret: string }): Identity {
    const identity = this.accounts.authenticate(cookieOf(signedIn));
    if (identity === null) throw new Error('nobody is signed in');
    return identity;
  }

  /** The same disk, read by a new run. */
  restarted(): TestAccounts {
    return new TestAccounts(new AccountsDisk(this.disk.stored()), this.nowMs);
  }
}

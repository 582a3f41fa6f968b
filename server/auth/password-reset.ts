/**
 * What a lost password takes: a new one, made here and told once to whoever may write the database. Pure but for the
 * hash and the chance.
 */
import { randomBytes } from 'node:crypto';
import type { AuditEntry } from '#lib/protocol/account.ts';
import type { AccountChange, StoredAccounts } from '../store/store.ts';
import { AccountBook } from './account-book.ts';
import { Passwords } from './passwords.ts';

/** Without those that are taken for each other: 32 of them, five bits each. */
const LETTERS = '23456789abcdefghijkmnpqrstuvwxyz';
const GROUPS = 4;
const GROUP_LENGTH = 5;

/** 100 random bits, in groups that can be read out. */
function readablePassword(): string {
  const letters = [...randomBytes(GROUPS * GROUP_LENGTH)].map((byte) => LETTERS[byte & 31]).join('');
  return letters.match(new RegExp(`.{${GROUP_LENGTH}}`, 'g'))!.join('-');
}

export type PasswordReset =
  | {
      readonly type: 'reset';
      readonly name: string;
      readonly password: string;
      readonly changes: readonly AccountChange[];
      readonly audit: AuditEntry;
    }
  /** `names`: of those who are there. */
  | { readonly type: 'unknown'; readonly names: readonly string[] };

/** A new password for this user, whose sessions end. API tokens and the role stay. */
export async function resetPassword(
  stored: StoredAccounts,
  name: string,
  nowMs: number,
): Promise<PasswordReset> {
  const book = new AccountBook(stored);
  const user = book.user(name);
  if (user === null) return { type: 'unknown', names: stored.users.map((one) => one.name).sort() };
  const password = readablePassword();
  const passwordHash = await new Passwords().hash(password);
  const ended = book.sessionsOf(user.name);
  return {
    type: 'reset',
    name: user.name,
    password,
    changes: [
      { type: 'put-user', user: { ...user, passwordHash } },
      ...ended.map(({ id }) => ({ type: 'delete-session' as const, id })),
    ],
    audit: {
      at: nowMs,
      actor: 'system',
      action: 'change-password',
      target: user.name,
      detail: 'reset beside the server',
    },
  };
}

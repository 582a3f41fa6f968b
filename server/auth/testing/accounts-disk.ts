/** The part of a store that keeps accounts, for tests that fill its disk, hold its answers or count its writes. */
import type { AuditEntry } from '#lib/protocol/account.ts';
import { type AccountChange, type Store, type StoredAccounts, StoreUnavailable } from '../../store/store.ts';
import { AccountBook } from '../account-book.ts';

export class AccountsDisk implements Pick<Store, 'changeAccounts'> {
  readonly audit: AuditEntry[] = [];
  readonly writes: (readonly AccountChange[])[] = [];
  full = false;
  /** While set, nothing is stored before it resolves. */
  held: Promise<void> | null = null;
  readonly #book: AccountBook;

  constructor(stored: StoredAccounts = { users: [], sessions: [], tokens: [] }) {
    this.#book = new AccountBook(stored);
  }

  async changeAccounts(changes: readonly AccountChange[], audit: readonly AuditEntry[]): Promise<void> {
    await this.held;
    if (this.full) throw new StoreUnavailable('the disk is full');
    this.writes.push(changes);
    this.audit.push(...audit);
    for (const change of changes) this.#book.apply(change);
  }

  /** What the next run would load. */
  stored(): StoredAccounts {
    const book = this.#book;
    return { users: [...book.users()], sessions: [...book.sessions()], tokens: [...book.tokens()] };
  }

  /** Everything that was ever written, as text. */
  get text(): string {
    return JSON.stringify([this.writes, this.audit]);
  }
}

/** Users with their sessions and tokens. Pure; a change is all or nothing. Cost: O(accounts) a change. */
import type { AccountChange, StoredAccounts, StoredSession, StoredToken, StoredUser } from '../store.ts';

/** Names are compared without case. */
const keyOf = (name: string): string => name.toLowerCase();

type Accounts = {
  readonly users: Map<string, StoredUser>;
  readonly sessions: Map<string, StoredSession>;
  readonly tokens: Map<string, StoredToken>;
};

export class MemoryAccounts {
  #accounts: Accounts = { users: new Map(), sessions: new Map(), tokens: new Map() };

  /** Throws, and changes nothing, when a session or token names a user that is not there. */
  change(changes: readonly AccountChange[]): void {
    const { users, sessions, tokens } = this.#accounts;
    const draft: Accounts = { users: new Map(users), sessions: new Map(sessions), tokens: new Map(tokens) };
    for (const change of changes) apply(draft, change);
    this.#accounts = draft;
  }

  all(): StoredAccounts {
    const { users, sessions, tokens } = this.#accounts;
    return { users: [...users.values()], sessions: [...sessions.values()], tokens: [...tokens.values()] };
  }
}

function apply({ users, sessions, tokens }: Accounts, change: AccountChange): void {
  switch (change.type) {
    case 'put-user':
      users.set(keyOf(change.user.name), change.user);
      return;
    case 'delete-user': {
      users.delete(keyOf(change.name));
      for (const owned of [sessions, tokens]) {
        for (const [id, { user }] of owned) if (keyOf(user) === keyOf(change.name)) owned.delete(id);
      }
      return;
    }
    case 'put-session':
      requireUser(users, change.session.user);
      sessions.set(change.session.id, change.session);
      return;
    case 'delete-session':
      sessions.delete(change.id);
      return;
    case 'put-token':
      requireUser(users, change.token.user);
      tokens.set(change.token.id, change.token);
      return;
    case 'delete-token':
      tokens.delete(change.id);
  }
}

function requireUser(users: Accounts['users'], name: string): void {
  if (!users.has(keyOf(name))) throw new Error(`the store does not take this: there is no user ${name}`);
}

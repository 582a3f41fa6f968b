/**
 * Users, sessions and tokens in memory, as the store has them: found by name, by id and by the hash of a secret, each
 * in O(1). Changes come in as they were stored. Knows no time and no listener.
 */
import type {
  AccountChange,
  StoredAccounts,
  StoredSession,
  StoredToken,
  StoredUser,
} from '../store/store.ts';

/** Names are compared without case. */
export function userKey(name: string): string {
  return name.toLowerCase();
}

type OfUser = { readonly sessions: Set<string>; readonly tokens: Set<string> };

export class AccountBook {
  readonly #users = new Map<string, StoredUser>();
  readonly #sessions = new Map<string, StoredSession>();
  readonly #tokens = new Map<string, StoredToken>();
  /** Ids by the hash of the secret. */
  readonly #sessionBySecret = new Map<string, string>();
  readonly #tokenBySecret = new Map<string, string>();
  readonly #ofUser = new Map<string, OfUser>();

  constructor({ users, sessions, tokens }: StoredAccounts) {
    for (const user of users) this.apply({ type: 'put-user', user });
    for (const session of sessions) this.apply({ type: 'put-session', session });
    for (const token of tokens) this.apply({ type: 'put-token', token });
  }

  get userCount(): number {
    return this.#users.size;
  }

  user(name: string): StoredUser | null {
    return this.#users.get(userKey(name)) ?? null;
  }

  users(): Iterable<StoredUser> {
    return this.#users.values();
  }

  session(id: string): StoredSession | null {
    return this.#sessions.get(id) ?? null;
  }

  sessionBySecret(hash: string): StoredSession | null {
    const id = this.#sessionBySecret.get(hash);
    return id === undefined ? null : this.session(id);
  }

  sessions(): Iterable<StoredSession> {
    return this.#sessions.values();
  }

  sessionsOf(name: string): StoredSession[] {
    return [...(this.#ofUser.get(userKey(name))?.sessions ?? [])].map((id) => this.#sessions.get(id)!);
  }

  token(id: string): StoredToken | null {
    return this.#tokens.get(id) ?? null;
  }

  tokenBySecret(hash: string): StoredToken | null {
    const id = this.#tokenBySecret.get(hash);
    return id === undefined ? null : this.token(id);
  }

  tokens(): Iterable<StoredToken> {
    return this.#tokens.values();
  }

  tokensOf(name: string): StoredToken[] {
    return [...(this.#ofUser.get(userKey(name))?.tokens ?? [])].map((id) => this.#tokens.get(id)!);
  }

  /** A session or token whose user is not there is left out: it could never be used. */
  apply(change: AccountChange): void {
    switch (change.type) {
      case 'put-user': {
        const key = userKey(change.user.name);
        this.#users.set(key, change.user);
        if (!this.#ofUser.has(key)) this.#ofUser.set(key, { sessions: new Set(), tokens: new Set() });
        return;
      }
      case 'delete-user':
        for (const { id } of this.sessionsOf(change.name)) this.apply({ type: 'delete-session', id });
        for (const { id } of this.tokensOf(change.name)) this.apply({ type: 'delete-token', id });
        this.#users.delete(userKey(change.name));
        this.#ofUser.delete(userKey(change.name));
        return;
      case 'put-session': {
        const { session } = change;
        const ids = this.#ofUser.get(userKey(session.user))?.sessions;
        if (ids === undefined) return;
        ids.add(session.id);
        this.#sessions.set(session.id, session);
        this.#sessionBySecret.set(session.secretHash, session.id);
        return;
      }
      case 'delete-session': {
        const session = this.session(change.id);
        if (session === null) return;
        this.#sessions.delete(session.id);
        this.#sessionBySecret.delete(session.secretHash);
        this.#ofUser.get(userKey(session.user))?.sessions.delete(session.id);
        return;
      }
      case 'put-token': {
        const { token } = change;
        const ids = this.#ofUser.get(userKey(token.user))?.tokens;
        if (ids === undefined) return;
        ids.add(token.id);
        this.#tokens.set(token.id, token);
        this.#tokenBySecret.set(token.secretHash, token.id);
        return;
      }
      case 'delete-token': {
        const token = this.token(change.id);
        if (token === null) return;
        this.#tokens.delete(token.id);
        this.#tokenBySecret.delete(token.secretHash);
        this.#ofUser.get(userKey(token.user))?.tokens.delete(token.id);
      }
    }
  }
}

/**
 * The people who may sign in: making, changing and deleting them. There is always an administrator. Main thread; a
 * password takes about 0.1 s of another one. Who may call this is the router's matter.
 */
import type { NewUserRequest, UserChangeRequest, UserInfo } from '#lib/protocol/account.ts';
import type { StoredUser } from '../store/store.ts';
import { userKey } from './account-book.ts';
import { type AccountKeeper, type Refused, refusalOfToken } from './account-keeper.ts';
import type { Identity } from './identity.ts';
import { faultOfNewUser, type SignIn } from './sign-in.ts';

export const MAX_USERS = 1_000;

const NO_USER: Refused = { refused: 'not_found', detail: 'there is no user of this name' };

function lastAdministrator(name: string): Refused {
  return {
    refused: 'last_administrator',
    detail: `${name} is the last administrator: make another one first`,
  };
}

/** Changes reject with StoreUnavailable; then nothing has changed. */
export class Users {
  readonly #keeper: AccountKeeper;
  readonly #signIn: SignIn;

  constructor(keeper: AccountKeeper, signIn: SignIn) {
    this.#keeper = keeper;
    this.#signIn = signIn;
  }

  /** In the order of their names. */
  list(): UserInfo[] {
    const all = [...this.#keeper.book.users()].map((user) => this.#userInfo(user));
    return all.sort((a, b) => (userKey(a.name) < userKey(b.name) ? -1 : 1));
  }

  async create({ name, password, role }: NewUserRequest, by: Identity): Promise<UserInfo | Refused> {
    const refusal = refusalOfToken(by) ?? faultOfNewUser(name, password);
    if (refusal !== null) return refusal;
    const passwordHash = await this.#signIn.hash(password);
    if (typeof passwordHash !== 'string') return passwordHash;
    const { book } = this.#keeper;
    return this.#keeper.changeBy<UserInfo>(by, () => {
      if (book.user(name) !== null) {
        return { refused: 'already_exists', detail: `there is a user ${book.user(name)!.name} already` };
      }
      if (book.userCount >= MAX_USERS) {
        return {
          refused: 'invalid_parameter',
          detail: `there are ${MAX_USERS} users, as many as there may be`,
        };
      }
      const createdAt = this.#keeper.nowMs();
      const user: StoredUser = { name, role, passwordHash, createdAt, lastSeenAt: null };
      return {
        changes: [{ type: 'put-user', user }],
        audit: [this.#keeper.entry(by.user!.name, 'create-user', name, `as ${role}`)],
        result: { name, role, createdAt, lastSeenAt: null },
      };
    });
  }

  /** Another role or password ends all sessions of that user. */
  async change(name: string, change: UserChangeRequest, by: Identity): Promise<UserInfo | Refused> {
    const { role, password } = change;
    const refusal = refusalOfToken(by) ?? faultOfNewUser(null, password ?? null);
    if (refusal !== null) return refusal;
    const { book } = this.#keeper;
    if (password !== undefined && userKey(name) === userKey(by.user!.name)) {
      const detail = 'one’s own password is changed with PUT /api/password, which asks for the current one';
      return { refused: 'forbidden', detail };
    }
    if (book.user(name) === null) return NO_USER;
    const passwordHash = password === undefined ? undefined : await this.#signIn.hash(password);
    if (passwordHash !== undefined && typeof passwordHash !== 'string') return passwordHash;
    return this.#keeper.changeBy(by, () => {
      const known = book.user(name);
      if (known === null) return NO_USER;
      const isNewRole = role !== undefined && role !== known.role;
      if (isNewRole && this.#isLastAdministrator(known)) return lastAdministrator(known.name);
      const user = { ...known, role: role ?? known.role, passwordHash: passwordHash ?? known.passwordHash };
      if (!isNewRole && passwordHash === undefined)
        return { changes: [], audit: [], result: this.#userInfo(user) };
      const parts = [
        ...(isNewRole ? [`from ${known.role} to ${role}`] : []),
        ...(passwordHash === undefined ? [] : ['a new password']),
      ];
      const ended = book.sessionsOf(known.name);
      return {
        changes: [
          { type: 'put-user', user },
          ...ended.map(({ id }) => ({ type: 'delete-session' as const, id })),
        ],
        audit: [this.#keeper.entry(by.user!.name, 'change-user', known.name, parts.join(', '))],
        result: this.#userInfo(user),
      };
    });
  }

  async remove(name: string, by: Identity): Promise<null | Refused> {
    const refusal = refusalOfToken(by);
    if (refusal !== null) return refusal;
    return this.#keeper.changeBy(by, () => {
      const known = this.#keeper.book.user(name);
      if (known === null) return NO_USER;
      if (this.#isLastAdministrator(known)) return lastAdministrator(known.name);
      return {
        changes: [{ type: 'delete-user', name: known.name }],
        audit: [this.#keeper.entry(by.user!.name, 'delete-user', known.name)],
        result: null,
      };
    });
  }

  #isLastAdministrator({ name, role }: StoredUser): boolean {
    if (role !== 'administrator') return false;
    for (const user of this.#keeper.book.users()) {
      if (user.role === 'administrator' && user.name !== name) return false;
    }
    return true;
  }

  #userInfo({ name, role, createdAt, lastSeenAt }: StoredUser): UserInfo {
    const keeper = this.#keeper;
    const seen = [
      lastSeenAt ?? 0,
      ...keeper.book.sessionsOf(name).map((session) => keeper.sessionSeenAtMs(session)),
      ...keeper.book.tokensOf(name).map((token) => keeper.tokenUsedAtMs(token) ?? 0),
    ];
    const newest = Math.max(...seen);
    return { name, role, createdAt, lastSeenAt: newest === 0 ? null : newest };
  }
}

/**
 * Coming in and going out: passwords, the setup token, new sessions, how often one may try. Main thread; a password
 * takes about 0.1 s of another one. Knows no HTTP.
 */
import {
  isUserName,
  type LoginRequest,
  MAX_PASSWORD_LENGTH,
  MIN_PASSWORD_LENGTH,
  type PasswordRequest,
  type SetupRequest,
} from '#lib/protocol/account.ts';
import type { StoredSession, StoredUser } from '../store/store.ts';
import { userKey } from './account-book.ts';
import { type AccountKeeper, type Decision, type Refused, SESSION_MS } from './account-keeper.ts';
import type { Identity } from './identity.ts';
import { LoginRate, lineOf } from './login-rate.ts';
import { isPasswordLength, type Passwords, PasswordsBusy } from './passwords.ts';
import { isSameSecret, newId, newSecret, secretHash } from './secrets.ts';

/** The one who has not been used for longest goes. */
export const MAX_SESSIONS_PER_USER = 100;
const MAX_USER_AGENT = 200;
/** Refused sign-ins that are written into the audit in a minute; more would only push out what matters there. */
const MAX_REFUSALS_A_MINUTE = 30;

/** Who asks, as far as the connection says. */
export type Client = { readonly address: string; readonly userAgent: string | null };

/** `secret`: for the cookie; nobody else ever learns it. */
export type SignedIn = { readonly name: string; readonly secret: string };

export type SignInOptions = {
  readonly keeper: AccountKeeper;
  readonly passwords: Passwords;
  /** Called at once when there is no user: the token makes the first one. */
  readonly onSetupToken: (token: string) => void;
};

const WRONG: Refused = { refused: 'wrong_credentials', detail: 'the name or the password is wrong' };
const SETUP_DONE: Refused = {
  refused: 'setup_done',
  detail: 'there is an administrator already; who signs in can make further users',
};

function tooMany(waitMs: number): Refused {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  const detail = `too many attempts to sign in, from here or to this name: try again in ${seconds} s`;
  return { refused: 'too_many_attempts', detail, retryAfterMs: seconds * 1_000 };
}

/** What is wrong with a name and a password somebody wants to have; null: nothing. Never repeats the password. */
export function faultOfNewUser(name: string | null, password: string | null): Refused | null {
  if (name !== null && !isUserName(name)) {
    const detail =
      'name takes 1 to 32 letters, digits, points, underscores and hyphens, the first a letter or a digit';
    return { refused: 'invalid_parameter', detail };
  }
  if (password !== null && !isPasswordLength(password)) {
    const detail = `password takes ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters (what was sent is not repeated here)`;
    return { refused: 'invalid_parameter', detail };
  }
  return null;
}

function isThisMachine(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function isSameLine(a: string | null, b: string): boolean {
  return a !== null && lineOf(a) === lineOf(b);
}

export class SignIn {
  readonly #keeper: AccountKeeper;
  readonly #passwords: Passwords;
  readonly #rate = new LoginRate();
  /** null: there is a user. */
  #setupToken: string | null = null;
  #refusals = { count: 0, sinceMs: 0 };

  constructor({ keeper, passwords, onSetupToken }: SignInOptions) {
    this.#keeper = keeper;
    this.#passwords = passwords;
    if (keeper.book.userCount > 0) return;
    this.#setupToken = newSecret();
    onSetupToken(this.#setupToken);
  }

  get setupNeeded(): boolean {
    return this.#setupToken !== null;
  }

  /** `replaced`: the session of the browser that asks, which ends. Rejects with StoreUnavailable. */
  async signIn(
    { name, password }: LoginRequest,
    client: Client,
    replaced: string | null,
  ): Promise<SignedIn | Refused> {
    const user = isUserName(name) ? this.#keeper.book.user(name) : null;
    const checked = await this.#check(user, name, password, client);
    if (checked !== null) {
      if (checked === WRONG) this.#noteRefusal(user, client);
      return checked;
    }
    return this.#keeper.change(() => {
      // It may have been deleted, or given another password, meanwhile.
      const now = this.#keeper.book.user(name);
      if (now === null || now.passwordHash !== user!.passwordHash) return WRONG;
      return this.#begin(now, client, replaced, 'sign-in');
    });
  }

  /** null: the password is right. */
  async #check(
    user: StoredUser | null,
    name: string,
    password: string,
    client: Client,
  ): Promise<Refused | null> {
    // Who attacks a name from elsewhere cannot keep its owner out where it has signed in before, or at this machine.
    const isKnownPlace =
      isThisMachine(client.address) ||
      (user !== null &&
        this.#keeper.book.sessionsOf(user.name).some(({ address }) => isSameLine(address, client.address)));
    const counted = isKnownPlace ? null : userKey(name.slice(0, 64));
    const waitMs = this.#rate.take(client.address, counted, this.#keeper.nowMs());
    if (waitMs > 0) return tooMany(waitMs);
    const giveBack = (): void => this.#rate.giveBack(client.address, counted, this.#keeper.nowMs());
    // What no password can be is not hashed, and so may be as long as it likes.
    if (!isPasswordLength(password)) return WRONG;
    try {
      const asker = isKnownPlace ? 'known' : 'stranger';
      const right = await this.#passwords.verify(password, user?.passwordHash ?? null, asker);
      if (!right) return WRONG;
      giveBack();
      return null;
    } catch (error) {
      if (!(error instanceof PasswordsBusy)) throw error;
      giveBack();
      return tooMany(1_000);
    }
  }

  #begin(
    user: StoredUser,
    { address, userAgent }: Client,
    replaced: string | null,
    action: 'sign-in' | 'setup',
  ): Decision<SignedIn> {
    const keeper = this.#keeper;
    const nowMs = keeper.nowMs();
    const secret = newSecret();
    const session: StoredSession = {
      id: newId(),
      secretHash: secretHash(secret),
      user: user.name,
      createdAt: nowMs,
      lastSeenAt: nowMs,
      expiresAt: nowMs + SESSION_MS,
      address: address === '' ? null : address,
      userAgent: userAgent === null ? null : userAgent.replaceAll(/\p{Cc}/gu, ' ').slice(0, MAX_USER_AGENT),
    };
    const leaving = new Set(replaced === null || keeper.book.session(replaced) === null ? [] : [replaced]);
    const others = keeper.book.sessionsOf(user.name).filter(({ id }) => !leaving.has(id));
    others.sort((a, b) => keeper.sessionSeenAtMs(a) - keeper.sessionSeenAtMs(b));
    for (const { id } of others.slice(0, Math.max(0, others.length - MAX_SESSIONS_PER_USER + 1)))
      leaving.add(id);
    return {
      changes: [
        { type: 'put-user', user: { ...user, lastSeenAt: nowMs } },
        ...[...leaving].map((id) => ({ type: 'delete-session' as const, id })),
        { type: 'put-session', session },
      ],
      audit: [
        keeper.entry(user.name, action, null, `from ${address === '' ? 'an unknown address' : address}`),
      ],
      result: { name: user.name, secret },
    };
  }

  /** What was typed as a name may have been a password: only names that exist are written down. */
  #noteRefusal(user: StoredUser | null, { address }: Client): void {
    const keeper = this.#keeper;
    const nowMs = keeper.nowMs();
    if (nowMs - this.#refusals.sinceMs >= 60_000) this.#refusals = { count: 0, sinceMs: nowMs };
    if (++this.#refusals.count > MAX_REFUSALS_A_MINUTE) return;
    const detail = `${user === null ? 'no such user' : 'wrong password'}, from ${address}`;
    const audit = [keeper.entry(user?.name ?? 'unknown', 'sign-in-refused', null, detail)];
    // Who is refused is not told less while nothing can be stored.
    keeper.change(() => ({ changes: [], audit, result: null })).catch(() => {});
  }

  /** Makes the first administrator and signs them in. Rejects with StoreUnavailable. */
  async setUp({ token, name, password }: SetupRequest, client: Client): Promise<SignedIn | Refused> {
    const expected = this.#setupToken;
    if (expected === null) return SETUP_DONE;
    const waitMs = this.#rate.take(client.address, null, this.#keeper.nowMs());
    if (waitMs > 0) return tooMany(waitMs);
    if (!isSameSecret(token, expected)) {
      const detail = 'the setup token is not the one this server has printed at its last start';
      return { refused: 'wrong_credentials', detail };
    }
    this.#rate.giveBack(client.address, null, this.#keeper.nowMs());
    const fault = faultOfNewUser(name, password);
    if (fault !== null) return fault;
    const passwordHash = await this.hash(password);
    if (typeof passwordHash !== 'string') return passwordHash;
    const done = await this.#keeper.change(() => {
      if (this.#keeper.book.userCount > 0) return SETUP_DONE;
      const createdAt = this.#keeper.nowMs();
      const user = { name, role: 'administrator', passwordHash, createdAt, lastSeenAt: createdAt } as const;
      return this.#begin(user, client, null, 'setup');
    });
    if (!('refused' in done)) this.#setupToken = null;
    return done;
  }

  async signOut(identity: Identity): Promise<null | Refused> {
    const { sessionId, user } = identity;
    if (sessionId === null) {
      return {
        refused: 'forbidden',
        detail: 'an API token does not sign out; it is revoked (DELETE /api/tokens/{id})',
      };
    }
    return this.#keeper.change(() => ({
      changes: [{ type: 'delete-session', id: sessionId }],
      audit: [this.#keeper.entry(user!.name, 'sign-out', null)],
      result: null,
    }));
  }

  /** One's own: all other sessions of the user end. Rejects with StoreUnavailable. */
  async changePassword(
    identity: Identity,
    { current, password }: PasswordRequest,
    client: Client,
  ): Promise<null | Refused> {
    const { user: who, sessionId } = identity;
    if (sessionId === null)
      return { refused: 'forbidden', detail: 'an API token changes no password: sign in' };
    const fault = faultOfNewUser(null, password);
    if (fault !== null) return fault;
    const user = this.#keeper.book.user(who!.name);
    const checked = await this.#check(user, who!.name, current, client);
    if (checked === WRONG) return { ...WRONG, detail: 'the current password is wrong' };
    if (checked !== null) return checked;
    const passwordHash = await this.hash(password);
    if (typeof passwordHash !== 'string') return passwordHash;
    return this.#keeper.changeBy(identity, () => {
      const now = this.#keeper.book.user(who!.name);
      if (now === null || now.passwordHash !== user!.passwordHash) return WRONG;
      const others = this.#keeper.book.sessionsOf(now.name).filter(({ id }) => id !== sessionId);
      return {
        changes: [
          { type: 'put-user', user: { ...now, passwordHash } },
          ...others.map(({ id }) => ({ type: 'delete-session' as const, id })),
        ],
        audit: [
          this.#keeper.entry(now.name, 'change-password', null, `${others.length} other sessions ended`),
        ],
        result: null,
      };
    });
  }

  async hash(password: string): Promise<string | Refused> {
    try {
      return await this.#passwords.hash(password);
    } catch (error) {
      if (error instanceof PasswordsBusy) return tooMany(1_000);
      throw error;
    }
  }
}

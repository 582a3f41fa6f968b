/**
 * The one place where accounts change: a change is decided against what holds, stored, and only then applied; one
 * after the other, so that two can never both be the last. Says from a request's headers who it is, in O(1) and
 * without waiting, and ends the identities a change takes away. Main thread; knows no password and no HTTP.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type AuditAction, type AuditEntry, mayActAs, type Role } from '#lib/protocol/account.ts';
import type { ErrorCode } from '#lib/protocol/errors.ts';
import type { Clock } from '../clock.ts';
import {
  type AccountChange,
  type Store,
  type StoredAccounts,
  type StoredSession,
  type StoredToken,
  StoreUnavailable,
} from '../store/store.ts';
import { AccountBook, userKey } from './account-book.ts';
import { credentialsIn } from './credentials.ts';
import type { Identity } from './identity.ts';
import { LiveIdentity } from './live-identity.ts';
import { secretHash } from './secrets.ts';

/** From its last use. */
export const SESSION_MS = 30 * 86_400_000;
/** How often it is stored when somebody was last seen, and what has expired is taken out. */
const UPKEEP_EVERY_MS = 60_000;
/** Changes that may wait for those before them. */
const MAX_WAITING = 1_000;

/** Expected: what was asked for is not possible, and why. `detail` may be shown; it holds no secret. */
export type Refused = {
  readonly refused: ErrorCode;
  readonly detail: string;
  readonly retryAfterMs?: number;
};

export type Decision<T> = {
  readonly changes: readonly AccountChange[];
  readonly audit: readonly AuditEntry[];
  readonly result: T;
};

export type AccountKeeperOptions = {
  readonly store: Pick<Store, 'changeAccounts'>;
  readonly stored: StoredAccounts;
  readonly clock: Clock;
  readonly onFault: (error: Error) => void;
};

const SENT_AWAY: Refused = {
  refused: 'unauthenticated',
  detail: 'you have been signed out meanwhile, or your role was changed; nothing was done',
};

/** An API token that leaks must not be able to outlive its revocation. null: a person, who may. */
export function refusalOfToken({ sessionId }: Identity): Refused | null {
  if (sessionId !== null) return null;
  return {
    refused: 'forbidden',
    detail: 'an API token makes no tokens and changes no users: sign in for that',
  };
}

export function isAdministrator({ role }: Identity): boolean {
  return role === 'administrator';
}

/** Does this session or token belong to the one who asks? To an administrator all do. */
export function isOwn({ user }: StoredSession | StoredToken, who: Identity): boolean {
  return isAdministrator(who) || userKey(user) === userKey(who.user!.name);
}

function lesserRole(a: Role, b: Role): Role {
  return mayActAs(a, b) ? b : a;
}

export class AccountKeeper {
  readonly book: AccountBook;
  readonly #store: Pick<Store, 'changeAccounts'>;
  readonly #clock: Clock;
  readonly #onFault: (error: Error) => void;
  /** Of sessions and tokens that were made use of in this run, by kind and id. */
  readonly #identities = new Map<string, LiveIdentity>();
  #lastChange: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #upkeepAtMs: number;

  constructor({ store, stored, clock, onFault }: AccountKeeperOptions) {
    this.book = new AccountBook(stored);
    this.#store = store;
    this.#clock = clock;
    this.#onFault = onFault;
    this.#upkeepAtMs = clock();
  }

  /** Whole ms since the epoch, as instants are stored. */
  nowMs(): number {
    return Math.round(this.#clock());
  }

  entry(actor: string, action: AuditAction, target: string | null, detail: string | null = null): AuditEntry {
    return { at: this.nowMs(), actor, action, target, detail };
  }

  authenticate(headers: IncomingHttpHeaders): Identity | null {
    const given = credentialsIn(headers);
    if (given === null) return null;
    const hash = secretHash(given.secret);
    if (given.kind === 'session') return this.#ofSession(this.book.sessionBySecret(hash));
    return this.#ofToken(this.book.tokenBySecret(hash));
  }

  sessionSeenAtMs(session: StoredSession): number {
    return this.#identities.get(`session ${session.id}`)?.seenAtMs ?? session.lastSeenAt;
  }

  sessionExpiresAtMs(session: StoredSession): number {
    const identity = this.#identities.get(`session ${session.id}`);
    return identity === undefined ? session.expiresAt : identity.seenAtMs + SESSION_MS;
  }

  tokenUsedAtMs(token: StoredToken): number | null {
    return this.#identities.get(`token ${token.id}`)?.seenAtMs ?? token.lastUsedAt;
  }

  #ofSession(session: StoredSession | null): Identity | null {
    const nowMs = this.nowMs();
    if (session === null || nowMs >= this.sessionExpiresAtMs(session)) return null;
    return this.#use(`session ${session.id}`, nowMs, () => ({
      user: this.#userOf(session),
      sessionId: session.id,
      tokenId: null,
      expiresAtMs: null,
    }));
  }

  #ofToken(token: StoredToken | null): Identity | null {
    const nowMs = this.nowMs();
    if (token === null || (token.expiresAt !== null && nowMs >= token.expiresAt)) return null;
    return this.#use(`token ${token.id}`, nowMs, () => {
      const { name, role } = this.#userOf(token);
      const user = { name, role: lesserRole(role, token.role) };
      return { user, sessionId: null, tokenId: token.id, expiresAtMs: token.expiresAt };
    });
  }

  #userOf({ user }: { readonly user: string }): { name: string; role: Role } {
    const { name, role } = this.book.user(user)!;
    return { name, role };
  }

  #use(
    key: string,
    nowMs: number,
    facts: () => Omit<ConstructorParameters<typeof LiveIdentity>[0], 'nowMs'>,
  ): LiveIdentity {
    let identity = this.#identities.get(key);
    if (identity === undefined) {
      identity = new LiveIdentity({ ...facts(), nowMs });
      this.#identities.set(key, identity);
    }
    identity.seenAtMs = nowMs;
    return identity;
  }

  /**
   * Asks `decide` when all changes before are done, stores what it says, applies it and gives its result. Rejects
   * with StoreUnavailable: then nothing has changed.
   */
  change<T>(decide: () => Decision<T> | Refused): Promise<T | Refused> {
    if (this.#waiting >= MAX_WAITING) {
      return Promise.reject(new StoreUnavailable('too many changes wait to be stored'));
    }
    this.#waiting++;
    const done = this.#lastChange.then(() => this.#perform(decide)).finally(() => this.#waiting--);
    this.#lastChange = done.catch(() => {});
    return done;
  }

  /**
   * Like `change`, for somebody: who was sent away while their request was under way, by a change before this one,
   * changes nothing any more.
   */
  changeBy<T>(who: Identity, decide: () => Decision<T> | Refused): Promise<T | Refused> {
    return this.change(() => (who.ended ? SENT_AWAY : decide()));
  }

  async #perform<T>(decide: () => Decision<T> | Refused): Promise<T | Refused> {
    const decision = decide();
    if ('refused' in decision) return decision;
    const { changes, audit, result } = decision;
    if (changes.length > 0 || audit.length > 0) await this.#store.changeAccounts(changes, audit);
    for (const change of changes) this.book.apply(change);
    if (changes.some(({ type }) => type !== 'put-session' && type !== 'put-token')) this.#endWhatIsGone();
    return result;
  }

  /** O(identities in use): changes of accounts are rare. */
  #endWhatIsGone(): void {
    for (const [key, identity] of this.#identities) if (!this.#holds(identity)) this.#end(key, identity);
  }

  #holds({ sessionId, tokenId, role }: LiveIdentity): boolean {
    if (sessionId !== null) {
      const session = this.book.session(sessionId);
      return session !== null && this.#userOf(session).role === role;
    }
    const token = this.book.token(tokenId!);
    return token !== null && lesserRole(this.#userOf(token).role, token.role) === role;
  }

  #end(key: string, identity: LiveIdentity): void {
    this.#identities.delete(key);
    identity.end(this.#onFault);
  }

  /** To be called each second: expiry, and now and then what has to be written about who was here. */
  tick(): void {
    const nowMs = this.nowMs();
    for (const [key, identity] of this.#identities) {
      // An open page is a use, also one that only watches.
      if (identity.listeners > 0) identity.seenAtMs = nowMs;
      const { expiresAtMs, seenAtMs } = identity;
      if (nowMs >= (expiresAtMs ?? seenAtMs + SESSION_MS)) this.#end(key, identity);
    }
    if (nowMs - this.#upkeepAtMs < UPKEEP_EVERY_MS) return;
    this.#upkeepAtMs = nowMs;
    this.#writeDown();
  }

  /** Stores when everyone was last seen and forgets sessions that have expired. Nobody waits for it. */
  #writeDown(): void {
    this.change(() => ({ changes: this.#upkeep(), audit: [], result: null })).catch((error: Error) => {
      // On a full disk it is simply done later.
      if (!(error instanceof StoreUnavailable)) this.#onFault(error);
    });
  }

  #upkeep(): AccountChange[] {
    const nowMs = this.nowMs();
    const changes: AccountChange[] = [];
    const seenUsers = new Map<string, number>();
    for (const { sessionId, tokenId, seenAtMs, user } of this.#identities.values()) {
      const session = sessionId === null ? null : this.book.session(sessionId);
      const token = tokenId === null ? null : this.book.token(tokenId);
      if (session !== null && seenAtMs > session.lastSeenAt) {
        const seen = { lastSeenAt: seenAtMs, expiresAt: seenAtMs + SESSION_MS };
        changes.push({ type: 'put-session', session: { ...session, ...seen } });
      } else if (token !== null && seenAtMs > (token.lastUsedAt ?? 0)) {
        changes.push({ type: 'put-token', token: { ...token, lastUsedAt: seenAtMs } });
      } else continue;
      seenUsers.set(user.name, Math.max(seenAtMs, seenUsers.get(user.name) ?? 0));
    }
    for (const [name, lastSeenAt] of seenUsers) {
      changes.push({ type: 'put-user', user: { ...this.book.user(name)!, lastSeenAt } });
    }
    for (const session of this.book.sessions()) {
      if (nowMs >= this.sessionExpiresAtMs(session)) changes.push({ type: 'delete-session', id: session.id });
    }
    return changes;
  }

  /** Resolves when what was begun is done, and who was here is stored, if that is possible. */
  async stop(): Promise<void> {
    this.#writeDown();
    await this.#lastChange;
  }
}

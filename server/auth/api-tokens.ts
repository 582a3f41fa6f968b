/**
 * API tokens: what programs come in with. One acts for its user, with at most its own role, until it is revoked or
 * expires; the token itself is shown once and kept as a hash. Main thread.
 */
import { mayActAs, type NewToken, type NewTokenRequest, type TokenInfo } from '#lib/protocol/account.ts';
import type { StoredToken } from '../store/store.ts';
import {
  type AccountKeeper,
  isAdministrator,
  isOwn,
  type Refused,
  refusalOfToken,
} from './account-keeper.ts';
import { TOKEN_PREFIX } from './credentials.ts';
import type { Identity } from './identity.ts';
import { newId, newSecret, secretHash } from './secrets.ts';

export const MAX_TOKENS_PER_USER = 100;

/** Changes reject with StoreUnavailable; then nothing has changed. */
export class ApiTokens {
  readonly #keeper: AccountKeeper;

  constructor(keeper: AccountKeeper) {
    this.#keeper = keeper;
  }

  /** One's own; for an administrator those of all. The newest first. */
  list(who: Identity): TokenInfo[] {
    const { book } = this.#keeper;
    const mine = isAdministrator(who) ? [...book.tokens()] : book.tokensOf(who.user!.name);
    return mine.map((token) => this.#tokenInfo(token)).sort((a, b) => b.createdAt - a.createdAt);
  }

  async create(wish: NewTokenRequest, who: Identity): Promise<NewToken | Refused> {
    const refusal = refusalOfToken(who);
    if (refusal !== null) return refusal;
    const { name, role, expiresInMs = null } = wish;
    if (!mayActAs(who.role, role)) {
      return { refused: 'forbidden', detail: `a token may do no more than its user, who is ${who.role}` };
    }
    const token = `${TOKEN_PREFIX}${newSecret()}`;
    return this.#keeper.changeBy<NewToken>(who, () => {
      const owner = this.#keeper.book.user(who.user!.name);
      if (owner === null) return { refused: 'unauthenticated', detail: 'this user has been deleted' };
      const others = this.#keeper.book.tokensOf(owner.name);
      if (others.some((other) => other.name === name)) {
        return { refused: 'already_exists', detail: `${owner.name} has a token of that name already` };
      }
      if (others.length >= MAX_TOKENS_PER_USER) {
        const detail = `${owner.name} has ${MAX_TOKENS_PER_USER} tokens, as many as there may be: revoke one first`;
        return { refused: 'invalid_parameter', detail };
      }
      const createdAt = this.#keeper.nowMs();
      const stored: StoredToken = {
        id: newId(),
        secretHash: secretHash(token),
        name,
        user: owner.name,
        role,
        createdAt,
        lastUsedAt: null,
        expiresAt: expiresInMs === null ? null : createdAt + expiresInMs,
      };
      return {
        changes: [{ type: 'put-token', token: stored }],
        audit: [this.#keeper.entry(owner.name, 'create-token', name, `as ${role}`)],
        result: { ...this.#tokenInfo(stored), token },
      };
    });
  }

  /** One's own; an administrator may revoke any. */
  revoke(id: string, who: Identity): Promise<null | Refused> {
    return this.#keeper.changeBy<null>(who, () => {
      const token = this.#keeper.book.token(id);
      if (token === null || !isOwn(token, who)) {
        return { refused: 'not_found', detail: 'there is no token of this id that you may revoke' };
      }
      return {
        changes: [{ type: 'delete-token', id }],
        audit: [this.#keeper.entry(who.user!.name, 'revoke-token', token.name, `of ${token.user}`)],
        result: null,
      };
    });
  }

  #tokenInfo(token: StoredToken): TokenInfo {
    const { id, name, user, role, createdAt, expiresAt } = token;
    return { id, name, user, role, createdAt, lastUsedAt: this.#keeper.tokenUsedAtMs(token), expiresAt };
  }
}

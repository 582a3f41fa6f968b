/**
 * One session's or token's identity while it holds: who asks is told when it ends. The same object for every request
 * of the session, so that ending it reaches all that is open. Knows no store.
 */
import type { Role, SignedInUser } from '#lib/protocol/account.ts';
import type { Identity } from './identity.ts';

export type LiveIdentityFacts = {
  readonly user: SignedInUser;
  readonly sessionId: string | null;
  readonly tokenId: string | null;
  readonly nowMs: number;
  /** ms since the epoch; null: it does not expire by itself. */
  readonly expiresAtMs: number | null;
};

export class LiveIdentity implements Identity {
  readonly user: SignedInUser;
  readonly role: Role;
  readonly sessionId: string | null;
  readonly tokenId: string | null;
  readonly expiresAtMs: number | null;
  /** When it was last made use of. */
  seenAtMs: number;
  readonly #listeners = new Set<() => void>();
  #ended = false;

  constructor({ user, sessionId, tokenId, nowMs, expiresAtMs }: LiveIdentityFacts) {
    this.user = user;
    this.role = user.role;
    this.sessionId = sessionId;
    this.tokenId = tokenId;
    this.seenAtMs = nowMs;
    this.expiresAtMs = expiresAtMs;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** How many are to be told. */
  get listeners(): number {
    return this.#listeners.size;
  }

  readonly onEnd = (listener: () => void): (() => void) => {
    if (this.#ended) {
      listener();
      return () => {};
    }
    // A listener given twice counts twice.
    const told = (): void => listener();
    this.#listeners.add(told);
    return () => void this.#listeners.delete(told);
  };

  /** Tells everyone, whatever one of them throws. Once. */
  end(onFault: (error: Error) => void): void {
    if (this.#ended) return;
    this.#ended = true;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) {
      try {
        listener();
      } catch (error) {
        onFault(error as Error);
      }
    }
  }
}

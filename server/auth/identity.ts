/**
 * Who a request comes from, as everything behind the door sees it. Decided once, at the door (http-server.ts), from
 * the headers alone and without waiting; noted on the request, so that pages, API, SSE, polling and Socket.IO all
 * read the same answer.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Role, SignedInUser } from '#lib/protocol/account.ts';

export type Identity = {
  /** null with AUTH=none: the request names its own author. */
  readonly user: SignedInUser | null;
  readonly role: Role;
  /** null for an API token and with AUTH=none. */
  readonly sessionId: string | null;
  /**
   * Calls the listener once, when this identity ends (signed out, revoked, expired, its user deleted or given another
   * role), at once if it has ended; gives the way to stop listening.
   */
  readonly onEnd: (listener: () => void) => () => void;
  /** Has it ended? What it began before and comes to be decided now is not done. */
  readonly ended: boolean;
};

/** null: nobody is signed in. Synchronous, O(1). */
export type Authenticate = (headers: IncomingHttpHeaders) => Identity | null;

const NEVER = () => () => {};

/** Everyone, with AUTH=none. */
export const EVERYONE: Identity = {
  user: null,
  role: 'administrator',
  sessionId: null,
  onEnd: NEVER,
  ended: false,
};

const noted = new WeakMap<IncomingMessage, Identity>();

export function noteIdentity(request: IncomingMessage, identity: Identity): void {
  noted.set(request, identity);
}

/** null: the request came from nobody who is signed in, and passes only where that is enough. */
export function notedIdentity(request: IncomingMessage): Identity | null {
  return noted.get(request) ?? null;
}

/** Who may do what, and the bodies of the calls about people, sessions and API tokens. Instants in ms. */
import type { HostId } from './host.ts';

/** Each may do all that those before it may: watch; acknowledge and remove; manage people and settings. */
export type Role = 'viewer' | 'operator' | 'administrator';
export const ROLES: readonly Role[] = ['viewer', 'operator', 'administrator'];

export function mayActAs(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** 1 to 32 of letters, digits, `.`, `_`, `-`, the first a letter or digit; compared without case. */
const USER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;
export const MIN_PASSWORD_LENGTH = 10;
export const MAX_PASSWORD_LENGTH = 200;

export function isUserName(name: string): boolean {
  return USER_NAME.test(name);
}

/** `GET /api/session`, and the answer of signing in and out. Open to everyone. */
export type SessionInfo = {
  readonly auth: 'none' | 'password';
  /** There is no user yet: the first one is made with the setup token from the server's log. */
  readonly setupNeeded: boolean;
  /** Who is signed in; null: nobody, or AUTH=none. */
  readonly user: SignedInUser | null;
};

export type SignedInUser = { readonly name: string; readonly role: Role };

/** `GET /api/users`, for administrators. */
export type UserInfo = {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
  /** Of the newest session or token; null: never signed in. */
  readonly lastSeenAt: number | null;
};
export type UserList = { readonly users: readonly UserInfo[] };

/** `GET /api/sessions`: one's own; for an administrator those of all. */
export type SessionSummary = {
  readonly id: string;
  readonly user: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly address: string | null;
  readonly userAgent: string | null;
  /** The one that asks. */
  readonly current: boolean;
};
export type SessionList = { readonly sessions: readonly SessionSummary[] };

/** `GET /api/tokens`: one's own; for an administrator those of all. */
export type TokenInfo = {
  readonly id: string;
  readonly name: string;
  readonly user: string;
  /** What it may do at most; never more than its user may. */
  readonly role: Role;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  /** null: it does not expire. */
  readonly expiresAt: number | null;
};
export type TokenList = { readonly tokens: readonly TokenInfo[] };

/** The answer of `POST /api/tokens`: the only time the token itself is shown. */
export type NewToken = TokenInfo & { readonly token: string };

/** What somebody did. `target`: a batch, a host, a user, a token; `detail`: what else there is to know, in words. */
export type AuditAction =
  | 'acknowledge'
  | 'unacknowledge'
  | 'expect-host'
  | 'remove-hosts'
  | 'setup'
  | 'sign-in'
  | 'sign-in-refused'
  | 'sign-out'
  | 'create-user'
  | 'change-user'
  | 'delete-user'
  | 'change-password'
  | 'revoke-session'
  | 'create-token'
  | 'revoke-token'
  | 'change-settings';

export type AuditEntry = {
  readonly at: number;
  readonly actor: string;
  readonly action: AuditAction;
  readonly target: string | null;
  readonly detail: string | null;
};
export type AuditPage = { readonly entries: readonly AuditEntry[]; readonly nextCursor: string | null };

/** `GET` and `PUT /api/settings`: what holds for everyone. */
export type ServerSettings = {
  /** An acknowledgement without a comment is refused. */
  readonly commentRequired: boolean;
};

/** `POST /api/hosts`: a host named by an operator before it is heard. */
export type ExpectHostRequest = {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Its timeout counts from now with this interval until its first heartbeat says its own. Default 60,000. */
  readonly intervalMs?: number;
};

/** `DELETE /api/hosts/{nameOrId}` and `POST /api/hosts/remove`. */
export type RemoveAnswer = { readonly removed: number; readonly ids?: readonly HostId[] };

/** `POST /api/login`. Answers SessionInfo, with the session's cookie. */
export type LoginRequest = { readonly name: string; readonly password: string };

/** `POST /api/setup`: makes the first administrator and signs them in. Answers SessionInfo, with the cookie. */
export type SetupRequest = LoginRequest & {
  /** From the server's log. */
  readonly token: string;
};

/** `PUT /api/password`: one's own; all other sessions of the user end. Answers SessionInfo. */
export type PasswordRequest = { readonly current: string; readonly password: string };

/** `POST /api/users`. Answers UserInfo, 201. */
export type NewUserRequest = LoginRequest & { readonly role: Role };

/** `PUT /api/users/{name}`: what is absent stays; ends all sessions of that user. Answers UserInfo. */
export type UserChangeRequest = { readonly role?: Role; readonly password?: string };

/** `POST /api/tokens`. Answers NewToken, 201. */
export type NewTokenRequest = {
  /** 1 to 64 characters; unlike those of the user's other tokens. */
  readonly name: string;
  readonly role: Role;
  /** 60,000 to 5 years; null or absent: it does not expire. */
  readonly expiresInMs?: number | null;
};

/** The answer of `DELETE` for users, sessions and tokens. */
export type Deleted = { readonly removed: true };

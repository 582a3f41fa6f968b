/**
 * Typed calls of the HTTP API about people: signing in, passwords, sessions, tokens, users, the audit log, and what
 * holds for everyone. Fetched after the pages that show hosts. All reject as the ApiClient's calls do.
 */
import type {
  AuditPage,
  NewToken,
  Role,
  ServerSettings,
  SessionInfo,
  SessionList,
  TokenList,
  UserInfo,
  UserList,
} from '#lib/protocol/account.ts';
import type { ApiClient } from './api-client.ts';

export type NewTokenRequest = {
  readonly name: string;
  readonly role: Role;
  /** Undefined: it does not expire. */
  readonly expiresInMs?: number;
};
export type NewUserRequest = { readonly name: string; readonly role: Role; readonly password: string };
export type UserChange = { readonly role?: Role; readonly password?: string };

export type AccountClient = {
  /** Open to everyone. */
  session(signal?: AbortSignal): Promise<SessionInfo>;
  /** `wrong_credentials`; `too_many_attempts` with a span to wait. The session is a cookie no script reads. */
  signIn(name: string, password: string): Promise<SessionInfo>;
  /** Makes the first administrator and signs in; `setup_done` when there is one. */
  setUp(request: {
    readonly token: string;
    readonly name: string;
    readonly password: string;
  }): Promise<SessionInfo>;
  signOut(): Promise<SessionInfo>;
  changePassword(request: { readonly current: string; readonly password: string }): Promise<unknown>;
  sessions(signal?: AbortSignal): Promise<SessionList>;
  revokeSession(id: string): Promise<unknown>;
  tokens(signal?: AbortSignal): Promise<TokenList>;
  createToken(request: NewTokenRequest): Promise<NewToken>;
  revokeToken(id: string): Promise<unknown>;
  users(signal?: AbortSignal): Promise<UserList>;
  createUser(request: NewUserRequest): Promise<UserInfo>;
  changeUser(name: string, change: UserChange): Promise<unknown>;
  deleteUser(name: string): Promise<unknown>;
  /** Newest first. */
  audit(cursor?: string, signal?: AbortSignal): Promise<AuditPage>;
  changeSettings(settings: ServerSettings): Promise<unknown>;
};

const one = (list: string, key: string): string => `/api/${list}/${encodeURIComponent(key)}`;

export function createAccountClient({ read, send }: Pick<ApiClient, 'read' | 'send'>): AccountClient {
  return {
    session: (signal) => read('/api/session', {}, signal),
    signIn: (name, password) => send('POST', '/api/login', { name, password }),
    setUp: (request) => send('POST', '/api/setup', request),
    signOut: () => send('POST', '/api/logout', {}),
    changePassword: (request) => send('PUT', '/api/password', request),
    sessions: (signal) => read('/api/sessions', {}, signal),
    revokeSession: (id) => send('DELETE', one('sessions', id)),
    tokens: (signal) => read('/api/tokens', {}, signal),
    createToken: (request) => send('POST', '/api/tokens', request),
    revokeToken: (id) => send('DELETE', one('tokens', id)),
    users: (signal) => read('/api/users', {}, signal),
    createUser: (request) => send('POST', '/api/users', request),
    changeUser: (name, change) => send('PUT', one('users', name), change),
    deleteUser: (name) => send('DELETE', one('users', name)),
    audit: (cursor, signal) => read('/api/audit', { cursor }, signal),
    changeSettings: (settings) => send('PUT', '/api/settings', settings),
  };
}

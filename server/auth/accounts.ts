/**
 * Who may come in, as the rest of the server sees it: the identity behind a request's headers, and what can be done
 * about people, sessions and API tokens. Every change is stored before it holds. Main thread; knows no HTTP.
 * Who may call what is the router's matter, but for what depends on whose session or token it is.
 */
import type {
  LoginRequest,
  PasswordRequest,
  SessionInfo,
  SessionSummary,
  SetupRequest,
} from '#lib/protocol/account.ts';
import type { Clock } from '../clock.ts';
import type { Store, StoredAccounts } from '../store/store.ts';
import { AccountKeeper, isAdministrator, isOwn, type Refused } from './account-keeper.ts';
import { ApiTokens } from './api-tokens.ts';
import type { Authenticate, Identity } from './identity.ts';
import { Passwords } from './passwords.ts';
import { type Client, type SignedIn, SignIn } from './sign-in.ts';
import { Users } from './users.ts';

const TICK_MS = 1_000;

export type AccountsOptions = {
  readonly store: Pick<Store, 'changeAccounts'>;
  /** As the store's load gave it. */
  readonly stored: StoredAccounts;
  readonly clock: Clock;
  /** Called at once, once, when there is no user: to be shown to the operator and to nobody else. */
  readonly onSetupToken: (token: string) => void;
  readonly onFault: (error: Error) => void;
};

export class Accounts {
  readonly users: Users;
  readonly tokens: ApiTokens;
  readonly #keeper: AccountKeeper;
  readonly #signIn: SignIn;
  readonly #timer: NodeJS.Timeout;

  constructor({ onSetupToken, ...options }: AccountsOptions) {
    this.#keeper = new AccountKeeper(options);
    this.#signIn = new SignIn({ keeper: this.#keeper, passwords: new Passwords(), onSetupToken });
    this.users = new Users(this.#keeper, this.#signIn);
    this.tokens = new ApiTokens(this.#keeper);
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.#timer.unref();
  }

  readonly authenticate: Authenticate = (headers) => this.#keeper.authenticate(headers);

  info(user: SessionInfo['user']): SessionInfo {
    return { auth: 'password', setupNeeded: this.#signIn.setupNeeded, user };
  }

  /** For the one who has just come in. */
  infoOf({ name }: SignedIn): SessionInfo {
    return this.info({ name, role: this.#keeper.book.user(name)!.role });
  }

  /** All that follow reject with StoreUnavailable; then nothing has changed. */
  signIn(request: LoginRequest, client: Client, replaced: string | null): Promise<SignedIn | Refused> {
    return this.#signIn.signIn(request, client, replaced);
  }

  setUp(request: SetupRequest, client: Client): Promise<SignedIn | Refused> {
    return this.#signIn.setUp(request, client);
  }

  signOut(identity: Identity): Promise<null | Refused> {
    return this.#signIn.signOut(identity);
  }

  changePassword(identity: Identity, request: PasswordRequest, client: Client): Promise<null | Refused> {
    return this.#signIn.changePassword(identity, request, client);
  }

  /** One's own; for an administrator those of all. The newest use first. */
  sessions(who: Identity): SessionSummary[] {
    const keeper = this.#keeper;
    const nowMs = keeper.nowMs();
    const summaries: SessionSummary[] = [];
    for (const session of isAdministrator(who)
      ? keeper.book.sessions()
      : keeper.book.sessionsOf(who.user!.name)) {
      const expiresAt = keeper.sessionExpiresAtMs(session);
      if (expiresAt <= nowMs) continue;
      const { id, user, createdAt, address, userAgent } = session;
      const lastSeenAt = keeper.sessionSeenAtMs(session);
      const current = id === who.sessionId;
      summaries.push({ id, user, createdAt, lastSeenAt, expiresAt, address, userAgent, current });
    }
    return summaries.sort((a, b) => b.lastSeenAt - a.lastSeenAt);
  }

  /** One's own; an administrator may end any. */
  revokeSession(id: string, who: Identity): Promise<null | Refused> {
    return this.#keeper.changeBy<null>(who, () => {
      const session = this.#keeper.book.session(id);
      if (session === null || !isOwn(session, who)) {
        return { refused: 'not_found', detail: 'there is no session of this id that you may end' };
      }
      return {
        changes: [{ type: 'delete-session', id }],
        audit: [this.#keeper.entry(who.user!.name, 'revoke-session', id, `of ${session.user}`)],
        result: null,
      };
    });
  }

  /** What a second brings: called by itself. */
  tick(): void {
    this.#keeper.tick();
  }

  /** Resolves when what was begun is stored. To be called before the store is closed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#keeper.stop();
  }
}

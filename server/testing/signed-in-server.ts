/** A whole server with sign-in and one user of each role, who have signed in over HTTP. For tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROLES, type Role } from '#lib/protocol/account.ts';
import { Passwords } from '../auth/passwords.ts';
import { EXAMPLE_WORLD } from '../http/openapi.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { type Answer, startTestServer, type TestServer } from './running-server.ts';

const { administrator, viewer } = EXAMPLE_WORLD;
/** The two that the examples of the OpenAPI document suppose, and an operator. */
const USERS: Readonly<Record<Role, { readonly name: string; readonly password: string }>> = {
  administrator,
  operator: { name: 'oda', password: 'an-operators-passphrase' },
  viewer,
};

const POLL_MS = 15;
const PATIENCE_MS = 8_000;

export type SignedInServer = {
  readonly server: TestServer;
  readonly users: typeof USERS;
  /** As somebody of that role, with the cookie it was given last; null: as nobody. */
  ask(role: Role | null, path: string, method?: string, body?: unknown): Promise<Answer>;
  /** The Cookie header of that role's session. */
  cookie(role: Role): string;
  signIn(role: Role): Promise<void>;
  /** Asks as the administrator until `done` says so. */
  until(path: string, done: (body: Answer['body']) => boolean): Promise<Answer['body']>;
  stop(): Promise<void>;
};

export async function startSignedInServer(...args: string[]): Promise<SignedInServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pulsewatch-'));
  await makeUsers(dataDir);
  const server = await startTestServer('--auth', 'password', '--data-dir', dataDir, ...args);
  const cookies = new Map<Role, string>();

  const ask: SignedInServer['ask'] = async (role, path, method = 'GET', body) => {
    const answer = await server.ask(path, {
      method,
      headers: {
        ...(role === null ? {} : { cookie: cookies.get(role)! }),
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // As a browser does.
    const given = answer.headers['set-cookie'];
    if (role !== null && given !== undefined) cookies.set(role, String(given).split(';')[0]!);
    return answer;
  };

  const signIn = async (role: Role): Promise<void> => {
    const { status, headers } = await ask(null, '/api/login', 'POST', USERS[role]);
    if (status !== 200) throw new Error(`${role} could not sign in: ${status}`);
    cookies.set(role, String(headers['set-cookie']).split(';')[0]!);
  };
  await Promise.all(ROLES.map(signIn));

  return {
    server,
    users: USERS,
    ask,
    signIn,
    cookie: (role) => cookies.get(role)!,
    async until(path, done) {
      const untilMs = performance.now() + PATIENCE_MS;
      for (;;) {
        const { body } = await ask('administrator', path);
        if (done(body)) return body;
        if (performance.now() > untilMs) throw new Error(`${path} stayed ${JSON.stringify(body)}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** As the server itself keeps them, before it starts. */
async function makeUsers(dataDir: string): Promise<void> {
  const store = await openSqliteStore({ path: join(dataDir, 'pulsewatch.db') });
  await store.load(Date.now());
  const passwords = new Passwords();
  for (const role of ROLES) {
    const { name, password } = USERS[role];
    const passwordHash = await passwords.hash(password);
    const user = { name, role, passwordHash, createdAt: Date.now(), lastSeenAt: null };
    await store.changeAccounts([{ type: 'put-user', user }], []);
  }
  await store.close();
}

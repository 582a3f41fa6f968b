/** From the setup token to the last sign-out, over a crash: everything that was said, logged and stored is searched. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SpawnedProcess } from '../testing/spawned-process.ts';

const COOKIE = 'pulsewatch_session=';

test('U46: no secret is in a log, an answer or the database', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'pulsewatch-story-'));
  const args = ['--port', '0', '--heartbeat-port', '0', '--data-dir', dataDir, '--auth', 'password'];
  const program = join(import.meta.dirname, '..', 'testing', 'serve-without-pages.ts');
  const first = new SpawnedProcess([program, ...args]);
  let second: SpawnedProcess | null = null;
  const answers: string[] = [];
  const secrets: string[] = [];
  const portOf = async (server: SpawnedProcess): Promise<number> =>
    Number((await server.line(/^Pulsewatch is ready: http:\/\/127\.0\.0\.1:(\d+)/))[1]);
  try {
    let port = await portOf(first);
    const setupToken = (await first.line(/setup token: ([\w-]{43})$/))[1]!;
    const call = async (method: string, path: string, headers: object, body?: unknown) => {
      const init = { method, headers: { 'content-type': 'application/json', ...headers } };
      const text = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, ...text });
      const json = JSON.parse(await answer.text());
      const [cookie = ''] = answer.headers.getSetCookie().map((one) => one.slice(0, one.indexOf(';')));
      // Where the two are told, this once: taken out, so that they can be searched for everywhere.
      if (typeof json.token === 'string') secrets.push(json.token.slice('pwt_'.length));
      if (cookie.length > COOKIE.length) secrets.push(cookie.slice(COOKIE.length));
      const others = [...answer.headers].filter(([name]) => name !== 'set-cookie');
      answers.push(JSON.stringify([others, { ...json, token: undefined }]));
      return { status: answer.status, json, cookie };
    };
    const passwords = {
      ada: 'the first of Ada’s',
      ada2: 'the second of Ada’s',
      bob: 'the one of Bob’s',
      wrong: 'a wrong one, typed',
    };
    secrets.push(...Object.values(passwords));

    expect(
      (await call('POST', '/api/setup', {}, { token: passwords.wrong, name: 'ada', password: passwords.ada }))
        .status,
    ).toBe(401);
    const ada = await call(
      'POST',
      '/api/setup',
      {},
      { token: setupToken, name: 'ada', password: passwords.ada },
    );
    expect(ada.status).toBe(200);
    expect(
      (await call('POST', '/api/setup', {}, { token: setupToken, name: 'eve', password: passwords.wrong }))
        .status,
    ).toBe(409);
    const as = { cookie: ada.cookie };
    expect(
      (await call('POST', '/api/users', as, { name: 'bob', password: passwords.bob, role: 'viewer' })).status,
    ).toBe(201);
    expect(
      (await call('POST', '/api/users', as, { name: 'Bob', password: passwords.bob, role: 'viewer' })).status,
    ).toBe(409);
    expect((await call('POST', '/api/login', {}, { name: 'bob', password: passwords.wrong })).status).toBe(
      401,
    );
    expect(
      (await call('POST', '/api/login', {}, { name: passwords.wrong, password: passwords.bob })).status,
    ).toBe(401);
    const bob = await call('POST', '/api/login', {}, { name: 'bob', password: passwords.bob });
    expect(bob.json.user).toEqual({ name: 'bob', role: 'viewer' });
    const asBob = { cookie: bob.cookie };
    expect((await call('GET', '/api/users', asBob)).status).toBe(403);
    expect((await call('GET', '/api/health', asBob)).status).toBe(200);
    const token = await call('POST', '/api/tokens', asBob, {
      name: 'ci',
      role: 'viewer',
      expiresInMs: 60_000,
    });
    expect(token.status).toBe(201);
    const asToken = { authorization: `Bearer ${token.json.token}` };
    expect((await call('GET', '/api/about', asToken)).json.you).toEqual({ name: 'bob', role: 'viewer' });
    expect((await call('POST', '/api/tokens', asToken, { name: 'more', role: 'viewer' })).status).toBe(403);
    expect((await call('POST', '/api/tokens', asBob, { name: 'x', role: 'operator' })).status).toBe(403);
    expect((await call('GET', '/api/tokens', asBob)).json.tokens).toMatchObject([
      { name: 'ci', user: 'bob' },
    ]);
    expect((await call('PUT', '/api/users/ada', as, { role: 'viewer' })).json.code).toBe(
      'last_administrator',
    );
    expect((await call('DELETE', '/api/users/ada', as)).json.code).toBe('last_administrator');
    expect(
      (await call('PUT', '/api/password', as, { current: passwords.wrong, password: passwords.ada2 })).status,
    ).toBe(401);
    expect(
      (await call('PUT', '/api/password', as, { current: passwords.ada, password: passwords.ada2 })).status,
    ).toBe(200);
    expect((await call('PUT', '/api/users/bob', as, { role: 'operator' })).json.role).toBe('operator');
    expect((await call('GET', '/api/health', asBob)).status).toBe(401);
    expect((await call('GET', '/api/about', asToken)).json.you.role).toBe('viewer');
    expect((await call('GET', '/api/sessions', as)).json.sessions).toMatchObject([
      { user: 'ada', current: true },
    ]);

    first.kill('SIGKILL');
    await first.exit;
    second = new SpawnedProcess([program, ...args]);
    port = await portOf(second);
    // Who was signed in is; who was not is not.
    expect((await call('GET', '/api/session', as)).json.user).toEqual({ name: 'ada', role: 'administrator' });
    expect((await call('GET', '/api/about', asToken)).json.you.role).toBe('viewer');
    expect((await call('GET', '/api/health', asBob)).status).toBe(401);
    const { json } = await call('GET', '/api/audit', as);
    const acts = json.entries.map(({ action }: { action: string }) => action);
    expect(new Set(acts)).toEqual(
      new Set([
        'setup',
        'create-user',
        'sign-in-refused',
        'sign-in',
        'create-token',
        'change-password',
        'change-user',
      ]),
    );
    expect((await call('DELETE', `/api/tokens/${token.json.id}`, as, {})).json).toEqual({ removed: true });
    expect((await call('GET', '/api/about', asToken)).status).toBe(401);
    expect((await call('POST', '/api/logout', as, {})).status).toBe(200);
    expect((await call('GET', '/api/users', as)).status).toBe(401);

    const stored = readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name)));
    expect(Buffer.concat(stored).includes('create-token')).toBe(true);
    second.kill('SIGTERM');
    expect((await second.exit).code).toBe(0);
    stored.push(...readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name))));
    const logs = [first, second].map(({ stdout, stderr }) => [...stdout, ...stderr].join('\n'));
    expect(logs.join('\n').split(setupToken)).toHaveLength(2);
    secrets.push(setupToken);
    // Passwords, two cookies, two tokens.
    expect(secrets).toHaveLength(4 + 2 + 2);
    for (const secret of new Set(secrets)) {
      expect(secret.length).toBeGreaterThan(12);
      expect(Buffer.concat(stored).includes(secret)).toBe(false);
      expect(answers.join('\n')).not.toContain(secret);
      if (secret !== setupToken) expect(logs.join('\n')).not.toContain(secret);
    }
  } finally {
    await first.end();
    await second?.end();
    rmSync(dataDir, { recursive: true, force: true });
  }
}, 60_000);

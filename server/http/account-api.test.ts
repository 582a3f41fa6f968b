/** Sign-in over real HTTP: the door of a whole server, the cookie, bodies that are not accepted. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestAccounts } from '../auth/testing/test-accounts.ts';
import { apiAlone } from '../testing/api-alone.ts';
import { type Answer, startTestServer, type TestServer } from '../testing/running-server.ts';

const ADA = { name: 'ada', password: 'correct horse battery' } as const;
const JSON_TYPE = { 'content-type': 'application/json' };

function cookieIn({ headers }: Pick<Answer, 'headers'>): string {
  const [cookie = ''] = (headers['set-cookie'] ?? []) as string[];
  return cookie.slice(0, cookie.indexOf(';'));
}

describe('with AUTH=none', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  test('U54: the session says that nobody signs in, and all other calls say how to switch it on', async () => {
    expect(server.setupToken).toBeNull();
    expect((await server.get('/api/session')).body).toEqual({ auth: 'none', setupNeeded: false, user: null });
    const calls = [
      ['POST', '/api/login'],
      ['POST', '/api/setup'],
      ['POST', '/api/logout'],
      ['PUT', '/api/password'],
      ['GET', '/api/users'],
      ['POST', '/api/users'],
      ['PUT', '/api/users/ada'],
      ['DELETE', '/api/users/ada'],
      ['GET', '/api/sessions'],
      ['DELETE', '/api/sessions/x'],
      ['GET', '/api/tokens'],
      ['POST', '/api/tokens'],
      ['DELETE', '/api/tokens/x'],
    ] as const;
    for (const [method, path] of calls) {
      const body = method === 'GET' ? undefined : '{}';
      const headers = { ...JSON_TYPE, ...(body ? { 'content-length': '2' } : {}) };
      const answer = await server.ask(path, { method, headers, ...(body ? { body } : {}) });
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'not_found']);
      expect(answer.body.detail).toContain('AUTH=password');
    }
  });

  test('U52: there is nothing to sign in to: /login leads to the first page', async () => {
    const answer = await server.get('/login');
    expect([answer.status, answer.headers.location]).toEqual([303, '/']);
  });
});

describe('with AUTH=password', () => {
  let server: TestServer;
  let ada: { cookie: string };
  beforeAll(async () => {
    server = await startTestServer('--auth', 'password', '--trusted-proxies', '127.0.0.1');
    const done = await server.post('/api/setup', { token: server.setupToken, ...ADA });
    expect(done.body).toEqual({
      auth: 'password',
      setupNeeded: false,
      user: { name: 'ada', role: 'administrator' },
    });
    ada = { cookie: cookieIn(done) };
  });
  afterAll(() => server.stop());

  test('U50: without a session a page leads to the sign-in page, and comes back to where it was wanted', async () => {
    const { status, headers } = await server.get('/hosts?state=down&_rsc=1');
    expect([status, headers.location]).toEqual([303, '/login?next=%2Fhosts%3Fstate%3Ddown']);
    expect(headers['cache-control']).toBe('no-store');
    const onwards = await server.ask(headers.location as string, { headers: ada });
    expect([onwards.status, onwards.headers.location]).toEqual([303, '/hosts?state=down']);
    const away = await server.ask('/login?next=/.//evil.example', { headers: ada });
    expect(away.headers.location).toBe('/');
  });

  test('U50: what programs ask gets 401, with or without a wrong session', async () => {
    const strangers: Record<string, string>[] = [
      {},
      { cookie: 'pulsewatch_session=x' },
      { cookie: `pulsewatch_session=${'A'.repeat(43)}` },
      { ...ada, authorization: 'Basic YWRhOng=' },
      { ...ada, cookie: `${ada.cookie}; ${ada.cookie}` },
    ];
    const paths = [
      '/api',
      '/api/health',
      '/api/hosts',
      '/api/nothing',
      '/api/users',
      '/rt/sse',
      '/rt/poll',
      '/rt/clock',
    ];
    for (const headers of strangers) {
      for (const path of paths) {
        const answer = await server.ask(path, { headers });
        expect([path, answer.status, answer.body.code]).toEqual([path, 401, 'unauthenticated']);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
      }
    }
    expect((await server.ask('/hosts', { headers: { rsc: '1' } })).status).toBe(401);
    for (const path of ['/api/health', '/rt/poll']) {
      expect((await server.ask(path, { headers: ada })).status).toBe(200);
    }
  });

  test.each(['/socket.io/?EIO=4&transport=websocket', '/_next/webpack-hmr', '/anything'])(
    'U50, U56: an upgrade of %s gets 401',
    async (path) => {
      const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
      const key = { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
      const answer = await server.ask(path, { headers: { ...upgrade, ...key } });
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
    },
  );

  test('U53: the cookie is the browser’s alone, and over TLS alone where a trusted proxy says so', async () => {
    const signIn = (headers: Record<string, string>) =>
      server.ask('/api/login', {
        method: 'POST',
        headers: { ...JSON_TYPE, ...headers },
        body: JSON.stringify(ADA),
      });
    const [plain] = (await signIn({})).headers['set-cookie'] as string[];
    expect(plain).toMatch(/^pulsewatch_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    const over = await signIn({ 'x-forwarded-proto': 'https' });
    expect((over.headers['set-cookie'] as string[])[0]).toMatch(/; Secure$/);
    const http = await signIn({ 'x-forwarded-proto': 'http' });
    expect((http.headers['set-cookie'] as string[])[0]).not.toContain('Secure');
    const out = await server.ask('/api/logout', {
      method: 'POST',
      headers: { ...JSON_TYPE, cookie: cookieIn(over) },
    });
    expect(out.body).toEqual({ auth: 'password', setupNeeded: false, user: null });
    expect((out.headers['set-cookie'] as string[])[0]).toMatch(/^pulsewatch_session=; .*Max-Age=0/);
    expect((await server.ask('/api/health', { headers: { cookie: cookieIn(over) } })).status).toBe(401);
  });

  test('U8: a flood of wrong passwords is told when to come again', async () => {
    // As another viewer behind the proxy, so that the others here keep their tries.
    const headers = { ...JSON_TYPE, 'x-forwarded-for': '203.0.113.7' };
    const body = JSON.stringify({ name: 'ada', password: 'short' });
    const statuses: number[] = [];
    for (let i = 0; i < 11; i++) {
      const answer = await server.ask('/api/login', { method: 'POST', headers, body });
      statuses.push(answer.status);
      if (answer.status !== 429) continue;
      expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(answer.body.code).toBe('too_many_attempts');
    }
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429]);
  });

  test.each([
    ['{"name":"ada","password":"hunter2 hunter2"', 'invalid_json'],
    ['hunter2 hunter2', 'invalid_json'],
    ['"hunter2 hunter2"', 'invalid_parameter'],
    ['["hunter2 hunter2"]', 'invalid_parameter'],
    ['{"hunter2 hunter2":1}', 'invalid_parameter'],
    ['{"name":"ada","password":["hunter2 hunter2"]}', 'invalid_parameter'],
    ['{"password":"hunter2 hunter2"}', 'invalid_parameter'],
  ])('U46: of a body that is not accepted (%s) nothing is repeated', async (body, code) => {
    for (const path of ['/api/login', '/api/setup']) {
      const answer = await server.ask(path, { method: 'POST', headers: JSON_TYPE, body });
      expect(answer.body.code).toBe(code);
      expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    }
    expect(server.faults).toEqual([]);
  });
});

describe('while nothing can be stored', () => {
  test('U45: signing out says so, and the browser forgets the session nevertheless', async () => {
    const { test: people, ada } = await TestAccounts.withAda();
    people.disk.full = true;
    const { ask } = apiAlone({ accounts: people.accounts, identify: () => ada });
    const answer = await ask('/api/logout', 'POST', {});
    expect([answer.status, answer.body.code]).toEqual([503, 'store_unavailable']);
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^pulsewatch_session=; .*Max-Age=0/),
    ]);
    const refused = await ask('/api/tokens', 'POST', { name: 'ci', role: 'viewer' });
    expect([refused.status, refused.body.code]).toEqual([503, 'store_unavailable']);
    expect((await ask('/api/session', 'GET')).body.user).toEqual(ada.user);
    await people.accounts.stop();
  });
});

describe('bodies', () => {
  test.each([
    ['POST', '/api/tokens', { name: '', role: 'viewer' }],
    ['POST', '/api/tokens', { name: 'x'.repeat(65), role: 'viewer' }],
    ['POST', '/api/tokens', { name: 'a\nb', role: 'viewer' }],
    ['POST', '/api/tokens', { name: 'ci', role: 'root' }],
    ['POST', '/api/tokens', { name: 'ci' }],
    ['POST', '/api/tokens', { name: 'ci', role: 'viewer', expiresInMs: 59_999 }],
    ['POST', '/api/tokens', { name: 'ci', role: 'viewer', expiresInMs: 1e15 }],
    ['POST', '/api/tokens', { name: 'ci', role: 'viewer', expiresInMs: 60_000.5 }],
    ['POST', '/api/tokens', { name: 'ci', role: 'viewer', expires: 60_000 }],
    ['POST', '/api/users', { name: 'eve', password: 'long enough' }],
    ['POST', '/api/users', { name: 'eve', password: 5, role: 'viewer' }],
    ['PUT', '/api/users/bob', { role: null }],
    ['PUT', '/api/users/bob', { password: null }],
    ['PUT', '/api/users/bob', { name: 'eve' }],
    ['PUT', '/api/password', { password: 'long enough' }],
    ['GET', '/api/users?x=1', undefined],
  ] as const)('H10: %s %s with %j is refused, by the name of what is wrong', async (method, path, body) => {
    const { test: people, ada } = await TestAccounts.withAda();
    const { ask } = apiAlone({ accounts: people.accounts, identify: () => ada });
    const written = people.disk.writes.length;
    const answer = await ask(path, method, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_parameter']);
    expect(people.disk.writes.length).toBe(written);
    await people.accounts.stop();
  });
});

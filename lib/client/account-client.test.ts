import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AccountClient, createAccountClient } from './account-client.ts';
import { createApiClient } from './api-client.ts';

let asked: string;
const server = createServer(async (request, response) => {
  const body = await text(request);
  const type = request.headers['content-type'] ?? '';
  asked = [request.method, request.url, type === 'application/json' ? body : type].join(' ').trim();
  if (request.method === 'DELETE') response.writeHead(204).end();
  else response.end('{"told":true}');
});
let account: AccountClient;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  account = createAccountClient(createApiClient({ origin }));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const told = { told: true };

test.each<readonly [string, (client: AccountClient) => Promise<unknown>, unknown]>([
  ['GET /api/session', (client) => client.session(), told],
  ['POST /api/login {"name":"ada","password":"p"}', (client) => client.signIn('ada', 'p'), told],
  [
    'POST /api/setup {"token":"t","name":"ada","password":"p"}',
    (client) => client.setUp({ token: 't', name: 'ada', password: 'p' }),
    told,
  ],
  ['POST /api/logout {}', (client) => client.signOut(), told],
  [
    'PUT /api/password {"current":"a","password":"b"}',
    (client) => client.changePassword({ current: 'a', password: 'b' }),
    told,
  ],
  ['GET /api/sessions', (client) => client.sessions(), told],
  ['DELETE /api/sessions/a%2Fb {}', (client) => client.revokeSession('a/b'), undefined],
  ['GET /api/tokens', (client) => client.tokens(), told],
  [
    'POST /api/tokens {"name":"ci","role":"viewer","expiresInMs":60000}',
    (client) => client.createToken({ name: 'ci', role: 'viewer', expiresInMs: 60_000 }),
    told,
  ],
  [
    'POST /api/tokens {"name":"ci","role":"viewer"}',
    (client) => client.createToken({ name: 'ci', role: 'viewer' }),
    told,
  ],
  ['DELETE /api/tokens/%3Fx {}', (client) => client.revokeToken('?x'), undefined],
  ['GET /api/users', (client) => client.users(), told],
  [
    'POST /api/users {"name":"bob","role":"operator","password":"p"}',
    (client) => client.createUser({ name: 'bob', role: 'operator', password: 'p' }),
    told,
  ],
  ['PUT /api/users/..%23 {"role":"viewer"}', (client) => client.changeUser('..#', { role: 'viewer' }), told],
  ['DELETE /api/users/bob {}', (client) => client.deleteUser('bob'), undefined],
  ['GET /api/audit', (client) => client.audit(), told],
  ['GET /api/audit?cursor=a%26b', (client) => client.audit('a&b'), told],
  [
    'PUT /api/settings {"commentRequired":true}',
    (client) => client.changeSettings({ commentRequired: true }),
    told,
  ],
])('C83: %s', async (wanted, call, answer) => {
  expect(await call(account)).toEqual(answer);
  expect(asked).toBe(wanted);
});

/** The program itself against a server that asks who comes, each call with an API token. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NewToken, Role } from '../../lib/protocol/account.ts';
import { startTestServer, type TestServer } from '../testing/running-server.ts';
import { SpawnedProcess } from '../testing/spawned-process.ts';

const BIN = path.join(import.meta.dirname, 'pulsewatch.js');
const PASSWORD = 'correct horse battery';

let server: TestServer;
let cookie: string;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pulsewatch-token-'));
  server = await startTestServer('--auth', 'password', '--data-dir', folder);
  const setup = { token: server.setupToken, name: 'root', password: PASSWORD };
  const { status, headers } = await server.post('/api/setup', setup);
  expect(status).toBe(200);
  cookie = String(headers['set-cookie']).split(';')[0]!;
  for (const seq of [1, 2]) await server.beat(`db-1 interval=20ms seq=${seq}`);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function asRoot(address: string, method: string, body?: object) {
  return server.ask(address, {
    method,
    headers: { cookie, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

let tokens = 0;

async function newToken(role: Role): Promise<NewToken> {
  const { status, body } = await asRoot('/api/tokens', 'POST', { name: `cli-${++tokens}`, role });
  expect(status).toBe(201);
  return body;
}

async function pulsewatch(token: string, ...args: string[]) {
  const child = new SpawnedProcess([BIN, ...args, '--url', server.url], { env: { PULSEWATCH_TOKEN: token } });
  const { code } = await child.exit;
  expect([...child.stdout, ...child.stderr].join('\n')).not.toContain(token.slice(4, 20) || 'nothing');
  return { code, printed: child.stdout, warned: child.stderr };
}

test('G56: an operator’s token acknowledges in its user’s name, a viewer’s only looks, none is refused', async () => {
  const [{ token: operator }, { token: viewer }] = [await newToken('operator'), await newToken('viewer')];
  let hosts = await pulsewatch(viewer, 'hosts', '--state', 'down', '--json');
  for (let tries = 0; tries < 20 && JSON.parse(hosts.printed.join('\n')).total === 0; tries++) {
    hosts = await pulsewatch(viewer, 'hosts', '--state', 'down', '--json');
  }
  expect(JSON.parse(hosts.printed.join('\n')).hosts).toMatchObject([{ name: 'db-1' }]);

  const refused = await pulsewatch(viewer, 'ack', 'db-1');
  expect([refused.code, refused.printed, refused.warned.length]).toEqual([1, [], 1]);
  const acked = await pulsewatch(operator, 'ack', 'db-1', '--by', 'somebody else');
  expect([acked.code, acked.printed[0]]).toEqual([0, 'db-1: acknowledged']);
  const { printed } = await pulsewatch(viewer, 'alerts', '--json');
  expect(JSON.parse(printed.join('\n')).alerts).toMatchObject([{ host: 'db-1', ack: { by: 'root' } }]);

  expect((await pulsewatch(viewer, 'status')).code).toBe(0);
  const anonymous = await pulsewatch('', 'status');
  expect(anonymous.code).toBe(1);
  expect(anonymous.warned).toEqual([expect.stringMatching(/put an API token in PULSEWATCH_TOKEN/)]);
}, 30_000);

test('G56: a token that is wrong or revoked is said to be refused, not to be missing', async () => {
  const revoked = await newToken('viewer');
  expect((await pulsewatch(revoked.token, 'hosts')).code).toBe(0);
  const { status } = await asRoot(`/api/tokens/${revoked.id}`, 'DELETE');
  expect(status).toBe(200);
  const wrong = 'pwt_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';
  for (const token of [wrong, revoked.token]) {
    const { code, printed, warned } = await pulsewatch(token, 'hosts');
    expect([code, printed]).toEqual([1, []]);
    expect(warned).toEqual(['pulsewatch hosts: the API token was not accepted: wrong, expired or revoked']);
  }
}, 30_000);

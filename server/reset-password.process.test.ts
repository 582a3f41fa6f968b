import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from './testing/running-server.ts';
import { SpawnedProcess } from './testing/spawned-process.ts';

const ADA = { name: 'ada', password: 'a password that is lost' };

let dataDir: string;
let server: TestServer | null = null;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'pulsewatch-reset-'));
});
afterEach(async () => {
  await server?.stop();
  server = null;
  rmSync(dataDir, { recursive: true, force: true });
});

const start = () => startTestServer('--auth', 'password', '--data-dir', dataDir);

async function reset(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = new SpawnedProcess([join(import.meta.dirname, 'reset-password.ts'), ...args]);
  const { code } = await program.exit;
  return { code, stdout: program.stdout.join('\n'), stderr: program.stderr.join('\n') };
}

test('U59: a lost password is replaced beside the server: the new one signs in, sessions have ended', async () => {
  server = await start();
  const made = await server.post('/api/setup', { token: server.setupToken, ...ADA });
  const [cookie = ''] = made.headers['set-cookie'] as string[];
  const as = { cookie: cookie.slice(0, cookie.indexOf(';')) };
  expect((await server.ask('/api/health', { headers: as })).status).toBe(200);
  // A running server keeps its database to itself.
  const refused = await reset('ada', '--data-dir', dataDir);
  expect([refused.code, refused.stdout]).toEqual([2, '']);
  expect(refused.stderr).toMatch(/^pulsewatch: [^\n]*pulsewatch\.db[^\n]*$/);
  await server.stop();
  server = null;

  const unknown = await reset('eve', '--data-dir', dataDir);
  expect(unknown).toEqual({
    code: 2,
    stdout: '',
    stderr: 'pulsewatch: there is no user "eve"; there are ada',
  });
  const { code, stdout } = await reset('Ada', '--data-dir', dataDir);
  const password = /^The new password of ada: ((?:[2-9a-z]{5}-?){4})$/m.exec(stdout)?.[1] ?? '';
  expect([code, password.length]).toEqual([0, 23]);
  const stored = readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name)));
  expect(Buffer.concat(stored).includes(password)).toBe(false);

  server = await start();
  expect(server.setupToken).toBeNull();
  expect((await server.ask('/api/health', { headers: as })).status).toBe(401);
  expect((await server.post('/api/login', ADA)).status).toBe(401);
  const { body } = await server.post('/api/login', { name: 'ada', password });
  expect(body.user).toEqual({ name: 'ada', role: 'administrator' });
}, 30_000);

test.each([
  [[], /^pulsewatch: usage: npm run reset-password -- NAME/],
  [['--data-dir', '/nowhere'], /^pulsewatch: usage: /],
  [['ada', '--data-dir', '/nowhere'], /^pulsewatch: there is no database \/nowhere\/pulsewatch\.db/],
])('U59: %j is one line and exit code 2, and makes no file', async (args, line) => {
  const { code, stdout, stderr } = await reset(...args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(line);
  expect(stderr).not.toContain('\n');
});

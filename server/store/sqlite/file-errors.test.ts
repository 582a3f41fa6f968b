import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StoreFileError } from '../store.ts';
import { hostEvent } from '../testing/samples.ts';
import { APPLICATION_ID, SCHEMA_VERSION } from './migrations/migrations.ts';
import { openDatabase } from './open-database.ts';
import { openSqliteStore } from './sqlite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const freshPath = () => {
  const own = join(folder, `${++files}`);
  mkdirSync(own);
  return join(own, 'pulsewatch.db');
};

/** A database with some pages of events, closed, and one whose log was left behind as by a crash. */
let whole = '';
let crashed = '';
beforeAll(async () => {
  whole = freshPath();
  crashed = freshPath();
  const store = await openSqliteStore({ path: whole });
  await store.load(1);
  const events = Array.from({ length: 2_000 }, (_, i) => hostEvent(i, { reason: 'x'.repeat(100) }));
  await store.append({ events }, 'history');
  for (const suffix of ['', '-wal']) copyFileSync(`${whole}${suffix}`, `${crashed}${suffix}`);
  await store.close();
});

const copyOf = (path: string, suffixes = ['']) => {
  const copy = freshPath();
  for (const suffix of suffixes) copyFileSync(`${path}${suffix}`, `${copy}${suffix}`);
  return copy;
};

const overwrite = (path: string, at: number, bytes: Buffer) => {
  const content = readFileSync(path);
  bytes.copy(content, at);
  writeFileSync(path, content);
};

const contents = (path: string) =>
  Object.fromEntries(
    readdirSync(join(path, '..'))
      .filter((name) => !name.endsWith('.lock'))
      .map((name) => [name, readFileSync(join(path, '..', name), 'base64')]),
  );

/** The one sentence it is refused with; the file and its folder are as they were. */
async function refusal(path: string): Promise<string> {
  const before = contents(path);
  const error = await openSqliteStore({ path }).then(
    (store) => store.close().then(() => null),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreFileError);
  expect(contents(path)).toEqual(before);
  const { message } = error as Error;
  expect(message).toContain(path);
  expect(message).not.toContain('\n');
  return message;
}

describe('S17: a file that cannot be used is refused and left as it is', () => {
  test.each([
    ['garbage', (path: string) => writeFileSync(path, 'not a database at all, but some text\n'.repeat(99))],
    ['a header cut off', (path: string) => truncateSync(path, 60)],
    ['a file cut off', (path: string) => truncateSync(path, 8_192)],
    ['a page of zeros', (path: string) => overwrite(path, 4_096 * 3, Buffer.alloc(4_096))],
    ['a page of noise', (path: string) => overwrite(path, 4_096 * 20, Buffer.alloc(4_096, 0xa5))],
  ])('damaged: %s', async (_, damage) => {
    const path = copyOf(whole);
    damage(path);
    expect(await refusal(path)).toMatch(/is damaged .*put a backup in its place, or move it away/);
  });

  test('damaged, with the log a crash left behind', async () => {
    const path = copyOf(crashed, ['', '-wal']);
    overwrite(`${path}`, 4_096 * 2, Buffer.alloc(4_096, 0xa5));
    truncateSync(`${path}-wal`, 40);
    expect(await refusal(path)).toMatch(/is damaged/);
  });

  const changed = (pragma: string) => {
    const path = copyOf(whole);
    const database = new DatabaseSync(path);
    database.exec(pragma);
    database.close();
    return path;
  };

  test('newer', async () => {
    const path = changed(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    expect(await refusal(path)).toMatch(/newer Pulsewatch .* start that version, or put an older backup/);
  });

  test('newer, which only its log says', async () => {
    const path = freshPath();
    const source = copyOf(whole);
    const database = new DatabaseSync(source);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 7}`);
    for (const suffix of ['', '-wal']) copyFileSync(`${source}${suffix}`, `${path}${suffix}`);
    database.close();
    expect(await refusal(path)).toMatch(/newer Pulsewatch/);
  });

  test('of another application', async () => {
    expect(await refusal(changed('PRAGMA application_id = 1'))).toMatch(
      /another application .* another DATA_DIR, or move that file away/,
    );
  });

  test('a folder that cannot be', async () => {
    const file = freshPath();
    writeFileSync(file, '');
    const path = join(file, 'below', 'pulsewatch.db');
    await expect(openSqliteStore({ path })).rejects.toThrow(
      /cannot be opened \(ENOTDIR.*has to exist, be writable/,
    );
  });

  test('a folder without permission', async () => {
    const path = freshPath();
    const own = join(path, '..');
    chmodSync(folder, 0o755);
    chmodSync(own, 0o555);
    // Permissions do not bind root: a child that is nobody asks.
    const script = `import(${JSON.stringify(new URL('./open-database.ts', import.meta.url).href)}).then((m) => {
      try { m.openDatabase(${JSON.stringify(path)}); } catch (e) { console.log(e.name, e.message); }
    })`;
    const asRoot = process.getuid?.() === 0;
    const child = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(asRoot ? { uid: 65_534, gid: 65_534 } : {}),
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    await once(child, 'close');
    expect(output).toMatch(/^StoreFileError The database .* cannot be opened \(EACCES/);
    expect(readdirSync(own)).toEqual([]);
  });
});

describe('S16: one server a file', () => {
  test('a second one is refused, and is not when the first has closed', async () => {
    const path = freshPath();
    const first = await openSqliteStore({ path });
    const before = await first.load(1);
    await expect(openSqliteStore({ path })).rejects.toThrow(
      /pulsewatch\.db is in use by another running server; stop that one, or give this one another DATA_DIR/,
    );
    await first.append({ events: [hostEvent(1)] }, 'command');
    await first.close();
    const second = await openSqliteStore({ path });
    expect(await second.load(2)).toEqual(before);
    expect((await second.events({ limit: 9 })).events).toHaveLength(1);
    await second.close();
  });

  test('nor when it was killed', async () => {
    const path = freshPath();
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../testing/command-child.ts', import.meta.url)), path, '1'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    await expect(openSqliteStore({ path })).rejects.toThrow('in use by another running server');
    child.kill('SIGKILL');
    await once(child, 'close');
    await (await openSqliteStore({ path })).close();
  });
});

test('S19: the file and what is beside it can be read by the owner alone', async () => {
  const path = freshPath();
  const store = await openSqliteStore({ path });
  await store.load(1);
  for (const name of readdirSync(join(path, '..'))) {
    expect(statSync(join(path, '..', name)).mode & 0o077, name).toBe(0);
  }
  expect(readdirSync(join(path, '..'))).toContain('pulsewatch.db-wal');
  await store.close();
});

test('S18: an empty file, what a start that was cut off left, and an older version', () => {
  const empty = freshPath();
  writeFileSync(empty, '');
  writeFileSync(`${empty}.new`, 'half a database');
  writeFileSync(`${empty}-wal`, 'of a file that is gone');
  const older = freshPath();
  const made = new DatabaseSync(older);
  made.exec(`CREATE TABLE x (y); DROP TABLE x; PRAGMA application_id = ${APPLICATION_ID}`);
  made.close();
  for (const path of [empty, older]) {
    const { database, close } = openDatabase(path);
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: SCHEMA_VERSION });
    expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
    expect(database.prepare('SELECT count(*) AS n FROM events').get()).toEqual({ n: 0 });
    expect(Object.values(database.prepare('PRAGMA synchronous').get()!)).toEqual([2]);
    close();
    expect(readdirSync(join(path, '..')).sort()).toEqual([
      'pulsewatch.db',
      'pulsewatch.db.lock',
      'pulsewatch.db.reserve',
    ]);
  }
});

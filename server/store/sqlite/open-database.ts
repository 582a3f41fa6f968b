/**
 * Opens the file, or says why it cannot be used: looks before it touches, so that a database that is broken, newer or
 * another application's stays as it is. Writer's thread. Cost: reads the whole file up to 512 MiB (about 1 s).
 */
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { StoreFileError } from '../store.ts';
import { dropBallast, takeBallast } from './ballast.ts';
import { type FileLock, lockFile } from './file-lock.ts';
import { APPLICATION_ID, migrate, SCHEMA_VERSION, versionOf } from './migrations/migrations.ts';

/**
 * Above it only the tables a start reads are checked, or a start would take longer than watching may wait. A damaged
 * page of old history then shows when it is read: that one answer fails, and nothing else.
 */
const WHOLE_CHECK_BYTES = 512 * 2 ** 20;
const TABLES_OF_A_START = [
  'hosts',
  'episodes',
  'tombstones',
  'users',
  'sessions',
  'tokens',
  'settings',
  'runs',
];

const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

/**
 * Pages of the write-ahead log after which the writer itself moves them to the file, within a commit: 128 MiB. The
 * reader does it before, beside the writing (checkpoints.ts).
 */
const WRITER_CHECKPOINT_PAGES = 32_000;
const WAL_BYTES = 64 * 2 ** 20;
/** A register of a million hosts is written as fast with 16 MiB as with 64, and what is taken is not given back. */
const CACHE_KIB = 16_384;
const READER_CACHE_KIB = 16_384;
const BUSY_MS = 2_000;

export type OpenDatabase = { readonly database: DatabaseSync; close(): void };

/** Throws StoreFileError. Nobody but this process may open the file for writing until `close`. */
export function openDatabase(path: string): OpenDatabase {
  const lock = takeLock(path);
  try {
    const database = openWithRoom(path);
    return {
      database,
      close: () => {
        database.close();
        takeBallast(path);
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error instanceof StoreFileError ? error : unusable(path, error);
  }
}

function openWithRoom(path: string): DatabaseSync {
  try {
    const database = openOrCreate(path);
    takeBallast(path);
    return database;
  } catch (error) {
    if (!lacksRoom(error) || !dropBallast(path)) throw error;
    return openOrCreate(path);
  }
}

function openOrCreate(path: string): DatabaseSync {
  const isNew = !existsSync(path) || statSync(path).size === 0;
  if (isNew) createDatabase(path);
  else checkDatabase(path);
  return openForWriting(path);
}

/** A second connection of this process, for questions and checkpoints. Throws what SQLite throws. */
export function openBeside(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  database.exec(`
    PRAGMA query_only = ON;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -${READER_CACHE_KIB};
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
  `);
  return database;
}

function takeLock(path: string): FileLock {
  let lock: FileLock | null;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    createPrivately(`${path}.lock`);
    lock = lockFile(`${path}.lock`);
  } catch (error) {
    throw unusable(path, error);
  }
  if (lock === null) {
    throw new StoreFileError(
      `The database ${path} is in use by another running server; stop that one, or give this one another DATA_DIR.`,
    );
  }
  return lock;
}

/** It holds who may come in: readable by its owner alone. */
function createPrivately(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
}

function unusable(path: string, error: unknown): StoreFileError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new StoreFileError(
    `The database ${path} cannot be opened (${code === undefined ? '' : `${code}: `}${message}); the folder ` +
      `${dirname(path)} has to exist, be writable by this user and have room.`,
    { cause: error },
  );
}

/** Made under another name: a start that is cut off leaves no half of a database. */
function createDatabase(path: string): void {
  const draft = `${path}.new`;
  for (const suffix of ['', '-journal']) rmSync(`${draft}${suffix}`, { force: true });
  // Without their database they mean nothing, and must not be taken for the new one's.
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true });
  createPrivately(draft);
  const database = new DatabaseSync(draft);
  try {
    migrate(database);
  } finally {
    database.close();
  }
  renameSync(draft, path);
}

function checkDatabase(path: string): void {
  checkHeader(path);
  const hasLog = existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0;
  const hadIndex = existsSync(`${path}-shm`);
  const url = pathToFileURL(path);
  // Without a log nothing beside the file need be read, so nothing beside it is made.
  url.search = hasLog ? 'mode=ro' : 'mode=ro&immutable=1';
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(url, { readOnly: true, timeout: BUSY_MS });
    refuseNewer(path, versionOf(database));
    quickCheck(path, database);
  } catch (error) {
    throw isDamage(error) ? damaged(path, (error as Error).message) : error;
  } finally {
    database?.close();
    if (hasLog && !hadIndex) rmSync(`${path}-shm`, { force: true });
  }
}

function checkHeader(path: string): void {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, 'r');
  try {
    const read = readSync(file, header, 0, HEADER_BYTES, 0);
    if (read < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
      throw damaged(path, 'it does not begin as a SQLite database does');
    }
  } finally {
    closeSync(file);
  }
  if (header.readUInt32BE(APPLICATION_ID_AT) !== APPLICATION_ID) {
    throw new StoreFileError(
      `The database ${path} belongs to another application and was left as it is; give this server another ` +
        'DATA_DIR, or move that file away.',
    );
  }
  refuseNewer(path, header.readUInt32BE(USER_VERSION_AT));
}

function refuseNewer(path: string, version: number): void {
  if (version <= SCHEMA_VERSION) return;
  throw new StoreFileError(
    `The database ${path} was written by a newer Pulsewatch (version ${version} of its tables, this one knows ` +
      `${SCHEMA_VERSION}) and was left as it is; start that version, or put an older backup in its place.`,
  );
}

function quickCheck(path: string, database: DatabaseSync): void {
  const tables = statSync(path).size <= WHOLE_CHECK_BYTES ? [null] : TABLES_OF_A_START;
  for (const table of tables) {
    const pragma = table === null ? 'PRAGMA quick_check(1)' : `PRAGMA quick_check(${table})`;
    const verdict = String(Object.values(database.prepare(pragma).get()!)[0]);
    if (verdict !== 'ok') throw damaged(path, verdict.replaceAll(/\s+/g, ' '));
  }
}

/** 10: SQLITE_IOERR, 13: SQLITE_FULL, 14: SQLITE_CANTOPEN: what a full disk looks like, depending on the moment. */
function lacksRoom(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode !== undefined && [10, 13, 14].includes(errcode & 0xff);
}

/** 11: SQLITE_CORRUPT, 26: SQLITE_NOTADB */
function isDamage(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode !== undefined && [11, 26].includes(errcode & 0xff);
}

function damaged(path: string, how: string): StoreFileError {
  return new StoreFileError(
    `The database ${path} is damaged (${how}) and was left as it is; put a backup in its place, or move it away ` +
      'to begin with an empty one.',
  );
}

function openForWriting(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true });
  try {
    const [mode] = Object.values(database.prepare('PRAGMA journal_mode = WAL').get()!);
    if (mode !== 'wal') throw new Error(`its file system does not allow a write-ahead log (${mode})`);
    database.exec(`
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = ${WRITER_CHECKPOINT_PAGES};
      PRAGMA journal_size_limit = ${WAL_BYTES};
      PRAGMA cache_size = -${CACHE_KIB};
      PRAGMA temp_store = MEMORY;
      PRAGMA trusted_schema = OFF;
    `);
    if (versionOf(database) < SCHEMA_VERSION) {
      migrate(database);
      // The version has to stand in the file itself, where it is looked for before anything is opened.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

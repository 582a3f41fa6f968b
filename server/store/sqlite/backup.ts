/**
 * A copy of the database as it is at one moment, taken while a server writes to it. Any process; the copying runs
 * outside the main thread. Cost: reads the file once, checks the copy once.
 */
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { StoreFileError } from '../store.ts';
import { APPLICATION_ID } from './migrations/migrations.ts';

/** All at once: pages copied one by one begin anew whenever the server writes in between. */
const ALL_PAGES = 2 ** 31 - 1;

/**
 * Copies the database at `path` to `toFile`, which must not exist. Rejects with StoreFileError, and leaves nothing
 * behind, when there is no database of ours, when `toFile` is there or cannot be written, or when the copy is not whole.
 */
export async function backupDatabase(path: string, toFile: string): Promise<void> {
  if (!existsSync(path))
    throw new StoreFileError(`There is no database ${path} to back up; set DATA_DIR to its folder.`);
  try {
    // Made by us alone, and readable by its owner alone: it holds who may come in.
    closeSync(openSync(toFile, 'wx', 0o600));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'it exists already; name another file' : message;
    throw new StoreFileError(`The backup ${toFile} cannot be written: ${why}.`, { cause: error });
  }
  try {
    await copy(path, toFile);
    check(toFile);
  } catch (error) {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(`${toFile}${suffix}`, { force: true });
    if (error instanceof StoreFileError) throw error;
    throw new StoreFileError(`The backup of ${path} failed: ${(error as Error).message}.`, { cause: error });
  }
}

async function copy(path: string, toFile: string): Promise<void> {
  const source = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  try {
    const [application] = Object.values(source.prepare('PRAGMA application_id').get()!);
    if (application !== APPLICATION_ID) throw new StoreFileError(`${path} is no database of Pulsewatch.`);
    await backup(source, toFile, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
}

function check(toFile: string): void {
  const database = new DatabaseSync(toFile);
  try {
    // One file that can be moved, without a log beside it.
    database.exec('PRAGMA journal_mode = DELETE');
    const [verdict] = Object.values(database.prepare('PRAGMA integrity_check(1)').get()!);
    if (verdict !== 'ok') throw new StoreFileError(`The backup ${toFile} is not whole: ${String(verdict)}.`);
  } finally {
    database.close();
  }
}

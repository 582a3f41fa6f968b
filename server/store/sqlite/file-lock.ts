/**
 * One server a database: a lock of the operating system on a small file beside it, which ends with the process
 * however it ends. Not on the database itself, so that a backup can be taken while the server runs. Store's thread.
 */
import { DatabaseSync } from 'node:sqlite';

/** How long a server that is just ending is waited for. */
const PATIENCE_MS = 1_000;

export type FileLock = { release(): void };

/**
 * null: another process, or another store of this one, holds it. Throws when the file cannot be opened. The file
 * stays when the lock is released: another process may be waiting for it.
 */
export function lockFile(path: string): FileLock | null {
  const database = new DatabaseSync(path, { timeout: PATIENCE_MS });
  try {
    // Nothing is ever written to it: the transaction is held for the sake of its lock, and needs no journal.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    // 5: SQLITE_BUSY
    if ((error as { errcode?: number }).errcode === 5) return null;
    throw error;
  }
  return { release: () => database.close() };
}

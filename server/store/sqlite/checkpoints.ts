/**
 * Moves the write-ahead log to the file beside the writing, a little at a time: within a commit it would hold up
 * whoever waits for that. Reader's thread, `isLogBehind` the writer's; a look costs some 10 µs, a checkpoint of 4 MiB some 20 ms.
 * Source: https://www.sqlite.org/wal.html#ckpt
 */
import type { DatabaseSync } from 'node:sqlite';

const LOOK = 'PRAGMA wal_checkpoint(NOOP)';
/** 4 MiB. */
const WAITING_PAGES = 1_000;
/** 16 MiB: only a log that has been moved to its end begins anew, so from here on every page counts. */
const LONG_LOG_PAGES = 4_000;
/** 8 MiB. */
const BEHIND_PAGES = 2_000;
const LOOK_EVERY_MS = 50;

type Log = { readonly log: number; readonly checkpointed: number };

/** Begins at once; the returned function ends it. */
export function keepCheckpointing(database: DatabaseSync): () => void {
  const look = database.prepare(LOOK);
  const timer = setInterval(() => {
    try {
      const { log, checkpointed } = look.get() as Log;
      const waiting = log - checkpointed;
      if (waiting >= WAITING_PAGES || (waiting > 0 && log >= LONG_LOG_PAGES)) {
        database.exec('PRAGMA wal_checkpoint(PASSIVE)');
      }
    } catch {
      // A full disk, as a rule: the log stays as it is, and the next look comes.
    }
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

/**
 * Would whoever writes much do better to wait? By how much is not moved yet: under steady writing there is always a
 * page or two, and waiting for none would be waiting for ever.
 */
export function isLogBehind(database: DatabaseSync): boolean {
  const { log, checkpointed } = database.prepare(LOOK).get() as Log;
  return log - checkpointed >= BEHIND_PAGES;
}

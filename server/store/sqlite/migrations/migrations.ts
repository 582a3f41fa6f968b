/**
 * How a database comes to the present version: each step in one transaction, `user_version` the number of steps
 * taken. A step that was released is never changed. Store's thread.
 */
import type { DatabaseSync } from 'node:sqlite';
import { FIRST_TABLES } from './0001-first-tables.ts';
import { WHAT_A_START_NEEDS } from './0002-what-a-start-needs.ts';
import { REPLAY_WINDOWS } from './0003-replay-windows.ts';

const MIGRATIONS: readonly string[] = [FIRST_TABLES, WHAT_A_START_NEEDS, REPLAY_WINDOWS];

/** The version this program reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** "PuWa", in the file's header: other applications' databases are not touched. */
export const APPLICATION_ID = 0x50755761;

export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()!.user_version);
}

/** Takes the steps that are missing. Throws what SQLite throws; the database is then at the step before. */
export function migrate(database: DatabaseSync): void {
  for (let version = versionOf(database); version < SCHEMA_VERSION; version++) {
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(MIGRATIONS[version]!);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      database.exec(`PRAGMA user_version = ${version + 1}`);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
}

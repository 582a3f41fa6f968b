/**
 * `npm run reset-password -- NAME`: a new password for somebody who has lost theirs, by whoever may write the
 * server's folder. The server has to be stopped: only one process writes the database.
 */
import { existsSync } from 'node:fs';
import { resetPassword } from './auth/password-reset.ts';
import { ConfigError, readConfig } from './config.ts';
import { databaseIn } from './store/sqlite/database-file.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import { StoreFileError, StoreUnavailable } from './store/store.ts';

const USAGE = 'usage: npm run reset-password -- NAME [--data-dir FOLDER]';

/** What there is to tell the operator. Throws an Error with one line for what is a mistake of theirs. */
async function run([name, ...settings]: readonly string[]): Promise<string> {
  if (name === undefined || name.startsWith('-')) throw new ConfigError(USAGE);
  const path = databaseIn(readConfig(settings).dataDir);
  if (!existsSync(path)) throw new ConfigError(`there is no database ${path}; DATA_DIR names its folder`);
  const store = await openSqliteStore({ path });
  try {
    const nowMs = Date.now();
    const { accounts } = await store.load(nowMs);
    const reset = await resetPassword(accounts, name, nowMs);
    if (reset.type === 'unknown') {
      const known = reset.names.length === 0 ? 'there are none yet' : `there are ${reset.names.join(', ')}`;
      throw new ConfigError(`there is no user ${JSON.stringify(name.slice(0, 100))}; ${known}`);
    }
    await store.changeAccounts(reset.changes, [reset.audit]);
    return [
      `The new password of ${reset.name}: ${reset.password}`,
      'All sessions of that user have ended. Start the server, sign in, and change the password in the settings.',
    ].join('\n');
  } finally {
    await store.close();
  }
}

try {
  console.log(await run(process.argv.slice(2)));
} catch (error) {
  const isExpected =
    error instanceof ConfigError || error instanceof StoreFileError || error instanceof StoreUnavailable;
  if (!isExpected) throw error;
  process.stderr.write(`pulsewatch: ${error.message}\n`);
  process.exitCode = 2;
}

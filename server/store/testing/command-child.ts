/**
 * Writes one command after the other to the database named by its first argument, numbered
 * from the second, and says which were answered.
 */
import { openSqliteStore } from '../sqlite/sqlite-store.ts';
import { commandBatch } from './samples.ts';

const store = await openSqliteStore({ path: process.argv[2]! });
await store.load(Date.now());
process.stdout.write('ready\n');
for (let number = Number(process.argv[3]); ; number++) {
  await store.append(commandBatch(number), 'command');
  process.stdout.write(`${number}\n`);
}

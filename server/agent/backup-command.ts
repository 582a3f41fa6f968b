/**
 * `pulsewatch backup`: a copy of the database in DATA_DIR, whole also while the server runs. The one command that
 * needs the server's own code and disk; it is loaded when it is asked for.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import type { Console } from './agent.ts';
import type { Command, Environment } from './command.ts';
import { type OptionTable, parseOptions, UsageError } from './command-line.ts';
import { HELP_OPTION } from './heartbeat-options.ts';
import { printable } from './printable-text.ts';

const OPTIONS = {
  'data-dir': {
    kind: 'value',
    placeholder: 'PATH',
    help: "The server's data folder; DATA_DIR or ./data unless given",
    takes: 'a path',
  },
  ...HELP_OPTION,
} as const satisfies OptionTable;

const OPERANDS = { atMost: 1, takes: 'the file to write' };

function sizeInWords(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

async function backup(args: readonly string[], environment: Environment, console: Console): Promise<number> {
  const options = parseOptions(OPTIONS, args, OPERANDS);
  const [file] = options.operands;
  if (file === undefined || file === '') throw new UsageError(`FILE is missing; it takes ${OPERANDS.takes}`);
  const fallback =
    environment.dataDir === undefined || environment.dataDir === '' ? 'data' : environment.dataDir;
  const dataDir = options.value('data-dir', (text) => (text === '' ? null : text), fallback);
  const target = path.resolve(file);
  const { backupDatabase } = await import('../store/sqlite/backup.ts');
  const { databaseIn } = await import('../store/sqlite/database-file.ts');
  try {
    await backupDatabase(databaseIn(path.resolve(dataDir)), target);
  } catch (error) {
    console.warn(`pulsewatch backup: ${printable(error instanceof Error ? error.message : String(error))}`);
    return 1;
  }
  console.print(`${printable(target)}: ${sizeInWords(statSync(target).size)}`);
  return 0;
}

export const backupCommand: Command = {
  usage: 'pulsewatch backup FILE [options]',
  about: "Copies the server's database, also while it runs.",
  table: OPTIONS,
  run: backup,
};

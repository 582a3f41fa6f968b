/** `--by` of the commands that act on alerts and hosts: in whose name, where the server does not ask who comes. */
import type { Environment } from './command.ts';
import { type OptionTable, UsageError } from './command-line.ts';

const MAX_NAME_LENGTH = 64;

export const BY_OPTION = {
  by: {
    kind: 'value',
    placeholder: 'NAME',
    help: "Who does it, where the server does not ask; this account's name unless given",
    takes: `1 to ${MAX_NAME_LENGTH} characters`,
  },
} as const satisfies OptionTable;

/** The name to go by; undefined: none is known. */
export function nameOf(text: string | undefined, environment: Environment): string | undefined {
  const name = text ?? environment.userName ?? '';
  if (text !== undefined && (name.trim() === '' || name.length > MAX_NAME_LENGTH)) {
    throw new UsageError(`--by got ${JSON.stringify(text.slice(0, 80))}; it takes ${BY_OPTION.by.takes}`);
  }
  return name.trim() === '' ? undefined : name.slice(0, MAX_NAME_LENGTH);
}

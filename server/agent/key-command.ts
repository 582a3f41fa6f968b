/** `pulsewatch key`: the keys that hosts hold, derived from the server's masters. Nothing is sent anywhere. */
import { isHostName } from '../../lib/protocol/host.ts';
import { hostIdBytes } from '../host-id.ts';
import { hostKey } from '../host-keys.ts';
import type { Console } from './agent.ts';
import type { Command, Environment } from './command.ts';
import { type OptionTable, parseOptions, UsageError } from './command-line.ts';
import { type FleetMaster, parseMaster } from './fleet-keys.ts';
import { HELP_OPTION } from './heartbeat-options.ts';
import { formatHostSecret } from './host-secret.ts';
import { wholeNumber } from './option-values.ts';

const MAX_NAMES = 10_000;
const MAX_KEY_ID = 255;

const KEY_OPTIONS = {
  id: {
    kind: 'value',
    placeholder: 'ID',
    help: 'Of which master, where there are several; the last one unless given',
    takes: 'one of the key ids in HEARTBEAT_KEYS',
  },
  ...HELP_OPTION,
} as const satisfies OptionTable;

const NAME_TAKES = 'names of hosts: 1 to 63 characters of A-Z a-z 0-9 . _ -, the first a letter or digit';

/** Never repeats what stands there. */
function mastersOf({ heartbeatKeys = '' }: Environment): readonly FleetMaster[] {
  const masters =
    heartbeatKeys === '' ? [] : heartbeatKeys.split(',').map((part) => parseMaster(part.trim()));
  if (masters.length === 0 || masters.includes(null)) {
    const what = masters.length === 0 ? 'is not set' : 'cannot be read';
    throw new UsageError(
      `the environment variable HEARTBEAT_KEYS ${what}; it takes the server's own: ID:HEX[,ID:HEX…], an id from 1 to 255, then 32 to 128 hex digits`,
    );
  }
  return masters as readonly FleetMaster[];
}

async function key(args: readonly string[], environment: Environment, console: Console): Promise<number> {
  const options = parseOptions(KEY_OPTIONS, args, { atMost: MAX_NAMES, takes: NAME_TAKES });
  const names = options.operands;
  if (names.length === 0) throw new UsageError(`no name was given; it takes ${NAME_TAKES}`);
  const wrong = names.find((name) => !isHostName(name));
  if (wrong !== undefined)
    throw new UsageError(`${JSON.stringify(wrong)} is no name; it takes ${NAME_TAKES}`);
  const masters = mastersOf(environment);
  const among = (text: string): FleetMaster | null => {
    const id = wholeNumber(1, MAX_KEY_ID)(text);
    return masters.find(({ keyId }) => keyId === id) ?? null;
  };
  const { keyId, master } = options.value('id', among, masters.at(-1)!);
  for (const name of names) {
    const secret = formatHostSecret({ keyId, key: hostKey(master, keyId, hostIdBytes(name)) });
    // One is for a variable, several are for a table.
    console.print(names.length === 1 ? secret : `${name} ${secret}`);
  }
  return 0;
}

export const keyCommand: Command = {
  usage: 'pulsewatch key NAME…',
  about: "Prints the keys that hosts tag their heartbeats with, from the server's masters in HEARTBEAT_KEYS.",
  table: KEY_OPTIONS,
  run: key,
};

/** `pulsewatch agent`: its options, and what they mean. */
import { parseInterval } from '../../lib/protocol/heartbeat.ts';
import { canonicalLabels, isHostName, MAX_LABELS } from '../../lib/protocol/host.ts';
import { type Console, runAgent } from './agent.ts';
import type { Command, Environment } from './command.ts';
import { type OptionTable, parseOptions, UsageError } from './command-line.ts';
import { HELP_OPTION, INTERVAL_TAKES, SERVER_TAKES } from './heartbeat-options.ts';
import { HOST_SECRET_TAKES, type HostSecret, parseHostSecret } from './host-secret.ts';
import { defaultStateFile } from './incarnation-file.ts';
import { cleanHostName, DEFAULT_HEARTBEAT_PORT, parseLabel, parseServerAddress } from './option-values.ts';

const AGENT_OPTIONS = {
  server: {
    kind: 'value',
    placeholder: 'HOST:PORT',
    help: `Where the heartbeats go; the port is ${DEFAULT_HEARTBEAT_PORT} unless given`,
    takes: SERVER_TAKES,
  },
  name: {
    kind: 'value',
    placeholder: 'NAME',
    help: "This host's name; the machine's own unless given",
    takes: '1 to 63 characters of A-Z a-z 0-9 . _ -, the first a letter or digit',
  },
  interval: {
    kind: 'value',
    placeholder: 'TIME',
    help: 'How often: 10ms to 655s; 1s unless given',
    takes: INTERVAL_TAKES,
  },
  label: {
    kind: 'values',
    placeholder: 'KEY=VALUE',
    help: `Says something about the host, as rack=r17; up to ${MAX_LABELS}`,
    takes:
      'KEY=VALUE: the key a-z first, then a-z 0-9 . _ - (not interval, seq or bye), the value 1 to 64 bytes without spaces and quotes',
  },
  key: {
    kind: 'value',
    placeholder: 'ID:HEX',
    help: "This host's key, with which its heartbeats are tagged; else HEARTBEAT_KEY, which other users do not see",
    takes: HOST_SECRET_TAKES,
  },
  tcp: {
    kind: 'flag',
    help: 'Over TCP, where UDP does not pass: the server then also knows at once when this process ends',
  },
  'state-file': {
    kind: 'value',
    placeholder: 'PATH',
    help: 'Where the start is remembered; under ~/.local/state/pulsewatch unless given',
    takes: 'a path',
  },
  ...HELP_OPTION,
} as const satisfies OptionTable;

/** What is wrong of a key is not repeated. */
function secretOf(flag: string | undefined, variable: string | undefined): HostSecret | null {
  const [name, text] = flag === undefined ? ['HEARTBEAT_KEY', variable] : ['--key', flag];
  if (text === undefined || (text === '' && flag === undefined)) return null;
  const secret = parseHostSecret(text);
  if (secret === null) throw new UsageError(`${name} cannot be read; it takes ${HOST_SECRET_TAKES}`);
  return secret;
}

async function agent(args: readonly string[], environment: Environment, console: Console): Promise<number> {
  const options = parseOptions(AGENT_OPTIONS, args);
  const server = options.required('server', parseServerAddress);
  const name = options.value(
    'name',
    (text) => (isHostName(text) ? text : null),
    cleanHostName(environment.hostname),
  );
  const pairs = options.values('label', parseLabel);
  const labels = canonicalLabels(pairs);
  if (pairs.length > MAX_LABELS) {
    throw new UsageError(`--label got ${pairs.length} labels; it takes at most ${MAX_LABELS}`);
  }
  if (Object.keys(labels).length < pairs.length) {
    throw new UsageError('--label got the same key twice; it takes each key once');
  }
  const stateFile = options.value(
    'state-file',
    (text) => (text === '' ? null : text),
    defaultStateFile(name, environment.stateHome),
  );
  const intervalMs = options.value('interval', parseInterval, 1_000);
  const secret = secretOf(options.text('key'), environment.heartbeatKey);
  const tcp = options.has('tcp');
  return runAgent({ server, name, intervalMs, labels, stateFile, secret, tcp }, console);
}

export const agentCommand: Command = {
  usage: 'pulsewatch agent --server HOST:PORT [options]',
  about: "Sends this machine's heartbeats until it is stopped, then says bye.",
  table: AGENT_OPTIONS,
  run: agent,
};

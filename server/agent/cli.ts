/**
 * The command `pulsewatch`: agent, simulate, status. Options → typed settings → one run, and the exit code:
 * 0 done, 1 failed, 2 a wrong option (one line that names it). Knows no bytes and no socket.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseInterval } from '../../lib/protocol/heartbeat.ts';
import { canonicalLabels, isHostName, MAX_LABELS } from '../../lib/protocol/host.ts';
import { type Console, runAgent } from './agent.ts';
import { type OptionTable, optionsHelp, parseOptions, UsageError } from './command-line.ts';
import { defaultRacks, type FleetOptions, hostName, rackName } from './fleet-plan.ts';
import { defaultStateFile } from './incarnation-file.ts';
import {
  cleanHostName,
  DEFAULT_HEARTBEAT_PORT,
  parseCountAt,
  parseHttpUrl,
  parseLabel,
  parseOutage,
  parseServerAddress,
  parseShare,
  parseSpan,
  type ServerAddress,
  SPAN_TAKES,
  wholeNumber,
} from './option-values.ts';
import { runSimulate } from './simulate.ts';
import { runStatus } from './status.ts';
import { endWithParent } from './stop-signal.ts';

const MAX_SIMULATED_HOSTS = 1_000_000;
const MAX_RACKS = 100_000;
const DEFAULT_SERVER: ServerAddress = { host: '127.0.0.1', port: DEFAULT_HEARTBEAT_PORT };
const SERVER_TAKES = 'HOST or HOST:PORT, like 10.0.0.5:9990, pulse.example.net or [::1]:9990';
const INTERVAL_TAKES = 'a time from 10ms to 655s, like 1s, 500ms or 2m';
const COUNT_AT_TAKES = 'N@T, a number of hosts (at most as many as there are) and a time, like 500@60s';

const help = { kind: 'flag', help: 'This text' } as const;

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
  'state-file': {
    kind: 'value',
    placeholder: 'PATH',
    help: 'Where the start is remembered; under ~/.local/state/pulsewatch unless given',
    takes: 'a path',
  },
  help,
} as const satisfies OptionTable;

const SIMULATE_OPTIONS = {
  hosts: {
    kind: 'value',
    placeholder: 'N',
    help: 'How many hosts',
    takes: `a whole number from 1 to ${MAX_SIMULATED_HOSTS}`,
  },
  interval: {
    kind: 'value',
    placeholder: 'TIME',
    help: 'How often each host sends: 10ms to 655s; 1s unless given',
    takes: INTERVAL_TAKES,
  },
  server: {
    kind: 'value',
    placeholder: 'HOST:PORT',
    help: `Where the heartbeats go; 127.0.0.1:${DEFAULT_HEARTBEAT_PORT} unless given`,
    takes: SERVER_TAKES,
  },
  loss: {
    kind: 'value',
    placeholder: 'SHARE',
    help: 'Share of heartbeats that get lost, as 0.01 or 1%',
    takes: 'a share from 0 to 1, like 0.01 or 1%',
  },
  kill: {
    kind: 'values',
    placeholder: 'N@T',
    help: 'N random hosts stop silently at time T, as 500@60s',
    takes: COUNT_AT_TAKES,
  },
  restart: {
    kind: 'values',
    placeholder: 'N@T',
    help: 'N random hosts restart at time T',
    takes: COUNT_AT_TAKES,
  },
  revive: {
    kind: 'values',
    placeholder: 'T',
    help: 'All stopped hosts start again at time T',
    takes: SPAN_TAKES,
  },
  outage: {
    kind: 'values',
    placeholder: 'RACK@T+TIME',
    help: "A rack's network is cut at time T for so long, as r03@60s+20s",
    takes: 'RACK@T+TIME, like r03@60s+20s',
  },
  flap: {
    kind: 'value',
    placeholder: 'N',
    help: 'N random hosts are cut off again and again',
    takes: 'a whole number from 0 to the number of hosts',
  },
  racks: {
    kind: 'value',
    placeholder: 'N',
    help: 'How many racks; one for each 40 hosts unless given',
    takes: `a whole number from 1 to the number of hosts, at most ${MAX_RACKS}`,
  },
  prefix: {
    kind: 'value',
    placeholder: 'TEXT',
    help: 'How the names begin; host- unless given',
    takes: 'letters, digits, . _ and -, the first a letter or digit, at most 50',
  },
  seed: {
    kind: 'value',
    placeholder: 'N',
    help: 'The same seed gives the same fleet and the same events; 1 unless given',
    takes: 'a whole number from 0 to 4294967295',
  },
  duration: {
    kind: 'value',
    placeholder: 'TIME',
    help: 'Ends by itself after so long; runs until stopped unless given',
    takes: SPAN_TAKES,
  },
  bye: {
    kind: 'flag',
    help: 'At the end every running host says bye, so that it leaves instead of going down',
  },
  help,
} as const satisfies OptionTable;

const STATUS_OPTIONS = {
  url: {
    kind: 'value',
    placeholder: 'URL',
    help: "The server's address; http://127.0.0.1:3000 unless given",
    takes: 'an http or https address, like http://127.0.0.1:3000',
  },
  json: { kind: 'flag', help: 'The whole report as JSON' },
  help,
} as const satisfies OptionTable;

type Command = {
  readonly usage: string;
  readonly about: string;
  readonly table: OptionTable;
  readonly run: (args: readonly string[], environment: Environment, console: Console) => Promise<number>;
};

/** What the commands take from outside their arguments. */
export type Environment = { readonly hostname: string; readonly stateHome: string | undefined };

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
  return runAgent({ server, name, intervalMs, labels, stateFile }, console);
}

/** The fleet that the options describe; throws a UsageError. */
export function fleetOptionsOf(
  options: ReturnType<typeof parseOptions<keyof typeof SIMULATE_OPTIONS>>,
): FleetOptions {
  const hosts = options.required('hosts', wholeNumber(1, MAX_SIMULATED_HOSTS));
  const racks = options.value(
    'racks',
    wholeNumber(1, Math.min(hosts, MAX_RACKS)),
    Math.min(defaultRacks(hosts), MAX_RACKS),
  );
  const rackNames = new Set(Array.from({ length: racks }, (_, rack) => rackName(rack, racks)));
  const outages = options.values('outage', parseOutage);
  const unknown = outages.find((each) => !rackNames.has(each.rack));
  if (unknown !== undefined) {
    throw new UsageError(
      `--outage got rack ${JSON.stringify(unknown.rack)}; it takes ${rackName(0, racks)} to ${rackName(racks - 1, racks)}`,
    );
  }
  const count = (option: 'kill' | 'restart') =>
    options.values(option, (text) => {
      const at = parseCountAt(text);
      return at !== null && at.count <= hosts ? at : null;
    });
  return {
    hosts,
    racks,
    outages,
    intervalMs: options.value('interval', parseInterval, 1_000),
    lossShare: options.value('loss', parseShare, 0),
    seed: options.value('seed', wholeNumber(0, 0xffffffff), 1),
    prefix: options.value(
      'prefix',
      (text) => (text.length <= 50 && isHostName(hostName(hosts - 1, { hosts, prefix: text })) ? text : null),
      'host-',
    ),
    kills: count('kill'),
    restarts: count('restart'),
    revivesAtMs: options.values('revive', parseSpan),
    flapping: options.value('flap', wholeNumber(0, hosts), 0),
  };
}

async function simulate(
  args: readonly string[],
  _environment: Environment,
  console: Console,
): Promise<number> {
  const options = parseOptions(SIMULATE_OPTIONS, args);
  return runSimulate(
    {
      ...fleetOptionsOf(options),
      server: options.value('server', parseServerAddress, DEFAULT_SERVER),
      durationMs: options.value<number | null>('duration', parseSpan, null),
      bye: options.has('bye'),
    },
    console,
  );
}

async function status(args: readonly string[], _environment: Environment, console: Console): Promise<number> {
  const options = parseOptions(STATUS_OPTIONS, args);
  const url = options.value('url', parseHttpUrl, new URL('http://127.0.0.1:3000'));
  return runStatus({ url, json: options.has('json') }, console);
}

const COMMANDS: Readonly<Record<string, Command>> = {
  agent: {
    usage: 'pulsewatch agent --server HOST:PORT [options]',
    about: "Sends this machine's heartbeats until it is stopped, then says bye.",
    table: AGENT_OPTIONS,
    run: agent,
  },
  simulate: {
    usage: 'pulsewatch simulate --hosts N [options]',
    about: 'Plays a whole fleet of hosts, for demos and load tests.',
    table: SIMULATE_OPTIONS,
    run: simulate,
  },
  status: {
    usage: 'pulsewatch status [options]',
    about: 'Says how the fleet and the server are doing.',
    table: STATUS_OPTIONS,
    run: status,
  },
};

const GENERAL_HELP = `pulsewatch: heartbeats for the Pulsewatch server

${Object.values(COMMANDS)
  .map((command) => `  ${command.usage}\n      ${command.about}`)
  .join('\n')}
  pulsewatch --version

\`pulsewatch agent --help\` and so on lists a command's options.`;

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest))
    throw new Error('package.json has no version');
  return String(manifest.version);
}

/** Runs one command line; resolves with the exit code when the command has ended. */
export async function runCommandLine(
  args: readonly string[],
  environment: Environment,
  console: Console,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    console.print(GENERAL_HELP);
    return 0;
  }
  if (name === '--version') {
    console.print(version());
    return 0;
  }
  const known = Object.keys(COMMANDS).join(', ');
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const got = name === undefined ? 'no command given' : `${JSON.stringify(name)} is not a command`;
    console.warn(`pulsewatch: ${got}; the commands are ${known} (see pulsewatch --help)`);
    return 2;
  }
  if (rest.includes('--help')) {
    console.print(`${command.usage}\n\n${command.about}\n\n${optionsHelp(command.table)}`);
    return 0;
  }
  try {
    return await command.run(rest, environment, console);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.warn(`pulsewatch ${name}: ${error.message}`);
    return 2;
  }
}

/** After the command has ended a name lookup may still hang in the name service; nobody waits for that. */
const LINGER_MS = 100;

/** The whole process: its arguments, its streams, its exit code. */
export async function runFromProcess(): Promise<void> {
  endWithParent();
  // A reader that went away (`| head`) must not end a fleet.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.exitCode = await runCommandLine(
    process.argv.slice(2),
    { hostname: hostname(), stateHome: process.env.XDG_STATE_HOME },
    {
      print: (line) => process.stdout.write(`${line}\n`),
      warn: (line) => process.stderr.write(`${line}\n`),
    },
  );
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

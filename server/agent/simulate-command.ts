/** `pulsewatch simulate`: its options, and the fleet they describe. */
import { parseInterval } from '../../lib/protocol/heartbeat.ts';
import { isHostName } from '../../lib/protocol/host.ts';
import type { Console } from './agent.ts';
import type { Command, Environment } from './command.ts';
import { type OptionTable, parseOptions, UsageError } from './command-line.ts';
import { defaultRacks, type FleetOptions, hostName, rackName } from './fleet-plan.ts';
import { HELP_OPTION, INTERVAL_TAKES, SERVER_TAKES } from './heartbeat-options.ts';
import {
  DEFAULT_HEARTBEAT_PORT,
  parseCountAt,
  parseOutage,
  parseServerAddress,
  parseShare,
  parseSpan,
  type ServerAddress,
  SPAN_TAKES,
  wholeNumber,
} from './option-values.ts';
import { runSimulate } from './simulate.ts';

const MAX_SIMULATED_HOSTS = 1_000_000;
const MAX_RACKS = 100_000;
const DEFAULT_SERVER: ServerAddress = { host: '127.0.0.1', port: DEFAULT_HEARTBEAT_PORT };
const COUNT_AT_TAKES = 'N@T, a number of hosts (at most as many as there are) and a time, like 500@60s';

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
  ...HELP_OPTION,
} as const satisfies OptionTable;

/** The fleet that the options describe; throws a UsageError. */
function fleetOptionsOf(
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

export const simulateCommand: Command = {
  usage: 'pulsewatch simulate --hosts N [options]',
  about: 'Plays a whole fleet of hosts, for demos and load tests.',
  table: SIMULATE_OPTIONS,
  run: simulate,
};

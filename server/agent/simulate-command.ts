/** `pulsewatch simulate`: from its options to the fleet they describe. */
import { parseInterval } from '../../lib/protocol/heartbeat.ts';
import { isHostName } from '../../lib/protocol/host.ts';
import type { Console } from './agent.ts';
import type { Command, Environment } from './command.ts';
import { type ParsedOptions, parseOptions, UsageError } from './command-line.ts';
import { type FleetMaster, KEY_TAKES, parseMaster } from './fleet-keys.ts';
import { SEGMENT_CHOICES, SENDER_CHOICES } from './fleet-load.ts';
import { defaultRacks, type FleetOptions, hostName, rackName } from './fleet-plan.ts';
import {
  DEFAULT_HEARTBEAT_PORT,
  parseOutage,
  parseServerAddress,
  parseShare,
  parseSpan,
  type ServerAddress,
  wholeNumber,
} from './option-values.ts';
import { runSimulate } from './simulate.ts';
import {
  MAX_RACKS,
  MAX_SIMULATED_HOSTS,
  oneOf,
  parseChosenAt,
  SIMULATE_OPTIONS,
  type SimulateOption,
} from './simulate-options.ts';

const DEFAULT_SERVER: ServerAddress = { host: '127.0.0.1', port: DEFAULT_HEARTBEAT_PORT };

/** The fleet that the options describe; throws a UsageError. */
function fleetOptionsOf(options: ParsedOptions<SimulateOption>): FleetOptions {
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
  const chosenAt = parseChosenAt({ hosts, racks });
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
    kills: options.values('kill', chosenAt),
    restarts: options.values('restart', chosenAt),
    revivesAtMs: options.values('revive', parseSpan),
    flapping: options.value('flap', wholeNumber(0, hosts), 0),
  };
}

/** Its error does not repeat what may be most of a secret. */
function masterOf(text: string | undefined): FleetMaster | null {
  if (text === undefined) return null;
  const master = parseMaster(text);
  if (master === null) throw new UsageError(`--key is not of its form; it takes ${KEY_TAKES}`);
  return master;
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
      master: masterOf(options.text('key')),
      relay: options.has('relay'),
      segment: options.value('segment', oneOf(SEGMENT_CHOICES), 'auto'),
      sender: options.value('sender', oneOf(SENDER_CHOICES), 'auto'),
      strict: options.has('strict'),
      ownNetwork: options.has('own-network'),
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

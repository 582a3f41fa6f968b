/**
 * The program `pulsewatch`: the list of its commands, and one command line → one run and its exit code: 0 done,
 * 1 failed or refused, 2 a wrong option (one line that names it). Knows no option of a command.
 */
import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { ackCommand } from './ack-command.ts';
import type { Console } from './agent.ts';
import { agentCommand } from './agent-command.ts';
import { alertsCommand } from './alerts-command.ts';
import { backupCommand } from './backup-command.ts';
import type { Command, Environment, Terminal } from './command.ts';
import { optionsHelp, UsageError } from './command-line.ts';
import { hostsCommand } from './hosts-command.ts';
import { keyCommand } from './key-command.ts';
import { removeCommand } from './remove-command.ts';
import { simulateCommand } from './simulate-command.ts';
import { statusCommand } from './status.ts';
import { endWithParent } from './stop-signal.ts';
import { unackCommand } from './unack-command.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  agent: agentCommand,
  simulate: simulateCommand,
  status: statusCommand,
  hosts: hostsCommand,
  alerts: alertsCommand,
  ack: ackCommand,
  unack: unackCommand,
  remove: removeCommand,
  backup: backupCommand,
  key: keyCommand,
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

/** A token or a key in the wrong place, as after a forgotten --token, is not repeated. */
function withoutSecrets(text: string): string {
  return text.replaceAll(/pwt_[A-Za-z0-9_-]+/g, 'pwt_…').replaceAll(/[0-9a-fA-F]{32,}/g, '…');
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
    console.warn(`pulsewatch ${name}: ${withoutSecrets(error.message)}`);
    return 2;
  }
}

/** After the command has ended a name lookup may still hang in the name service; nobody waits for that. */
const LINGER_MS = 100;

function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    // Containers run as numbers that have no name.
    return null;
  }
}

async function askOnTerminal(question: string): Promise<string> {
  // What is asked is no part of the output.
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } catch {
    // Ctrl-C or Ctrl-D: no answer.
    return '';
  } finally {
    lines.close();
  }
}

function terminalOfProcess(): Terminal {
  let isAbandoned = false;
  process.stdout.once('error', () => {
    isAbandoned = true;
  });
  return {
    columns: process.stdout.isTTY ? Math.max(1, process.stdout.columns) : null,
    ask: process.stdin.isTTY && process.stderr.isTTY ? askOnTerminal : null,
    isAbandoned: () => isAbandoned,
  };
}

/** The whole process: its arguments, its streams, its exit code. */
export async function runFromProcess(): Promise<void> {
  endWithParent();
  // A reader that went away (`| head`) must not end a fleet.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.exitCode = await runCommandLine(
    process.argv.slice(2),
    {
      hostname: hostname(),
      userName: userName(),
      stateHome: process.env.XDG_STATE_HOME,
      token: process.env.PULSEWATCH_TOKEN,
      dataDir: process.env.DATA_DIR,
      heartbeatKey: process.env.HEARTBEAT_KEY,
      heartbeatKeys: process.env.HEARTBEAT_KEYS,
      terminal: terminalOfProcess(),
    },
    {
      print: (line) => process.stdout.write(`${line}\n`),
      warn: (line) => process.stderr.write(`${line}\n`),
    },
  );
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

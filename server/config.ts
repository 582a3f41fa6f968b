/**
 * Owns the settings: the only reader of process.env. Every one is an environment variable and the same name as a
 * --kebab-case flag; flags win. A mistake is one sentence that names the variable, what it got and what it takes.
 */
import { lookup } from 'node:dns/promises';
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { availableParallelism, networkInterfaces } from 'node:os';
import { dirname, resolve } from 'node:path';
import {
  allowedHost,
  allowedOrigin,
  auth,
  hostName,
  integer,
  listOf,
  nonEmpty,
  onOff,
  port,
  type Read,
  receiver,
} from './config-values.ts';
import { type EngineOptions, readKeys, readPlainFrom, readPolicies } from './engine/index.ts';
import { proxyRange } from './http/client-address.ts';
import { isLoopback } from './reachable-addresses.ts';

/** An operator's mistake: shown as its message alone, exit code 2. */
export class ConfigError extends Error {}

export type Config = {
  readonly port: number;
  /** As set: shown, and the bound name in the default of ALLOWED_HOSTS. */
  readonly host: string;
  readonly heartbeatPort: number;
  readonly heartbeatHost: string;
  readonly dataDir: string;
  readonly receiver: EngineOptions['receiver'];
  readonly shards: number;
  readonly misses: number;
  readonly minTimeoutMs: number;
  readonly maxTimeoutMs: number;
  readonly tickMs: number;
  readonly maxHosts: number;
  readonly maxViewers: number;
  /** null = the bound host and the loopback names; see guardRules for HOSTs that stand for several. */
  readonly allowedHosts: readonly string[] | null;
  /** null = the allowed hosts at this server's port. */
  readonly allowedOrigins: readonly string[] | null;
  /** Addresses and CIDR ranges of the proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** `none`: everyone who gets in may do everything, so HOST has to be a loopback address. */
  readonly auth: 'none' | 'password';
  readonly retentionDays: number;
  /** Which detector watches which hosts, by their labels. */
  readonly policies: NonNullable<EngineOptions['policies']>;
  /** Secrets. null: heartbeats are taken as they are. */
  readonly tags: NonNullable<EngineOptions['tags']> | null;
  /** Internal (npm run demo): a simulated fleet feeds this server, and every page says so. */
  readonly demo: boolean;
  /** Internal (npm run dev): pages are compiled when asked for and replaced while they are open. */
  readonly dev: boolean;
};

/** As the engine takes them. */
const MAX_SHARDS = 64;

type Setting<T> = {
  readonly fallback: string;
  readonly read: (text: string) => Read<T>;
  /** What an empty fallback stands for, in words. */
  readonly unlessGiven: string;
};

function define<T>(fallback: string, read: (text: string) => Read<T>, unlessGiven = fallback): Setting<T> {
  return { fallback, read, unlessGiven };
}

const SETTINGS = {
  PORT: define('3000', port),
  HOST: define('127.0.0.1', hostName),
  HEARTBEAT_PORT: define('9990', port),
  /** Empty = HOST. */
  HEARTBEAT_HOST: define('', (text) => (text === '' ? { value: '' } : hostName(text)), 'HOST'),
  DATA_DIR: define('./data', nonEmpty),
  RECEIVER: define('auto', receiver),
  SHARDS: define(
    String(Math.min(MAX_SHARDS, Math.max(1, availableParallelism() - 1))),
    integer(1, MAX_SHARDS),
  ),
  MISSES: define('5', integer(1, 1_000)),
  MIN_TIMEOUT_MS: define('500', integer(10, 86_400_000)),
  MAX_TIMEOUT_MS: define('3600000', integer(10, 86_400_000)),
  TICK_MS: define('100', integer(10, 10_000)),
  MAX_HOSTS: define('1000000', integer(1, 10_000_000)),
  MAX_VIEWERS: define('10000', integer(1, 1_000_000)),
  ALLOWED_HOSTS: define(
    '',
    listOf('host names with or without a port, such as pulse.example.com', allowedHost),
    'HOST and the loopback names; for 0.0.0.0 and :: the addresses this machine has at the start',
  ),
  ALLOWED_ORIGINS: define(
    '',
    listOf('origins such as https://pulse.example.com', allowedOrigin),
    'ALLOWED_HOSTS with http and PORT',
  ),
  TRUSTED_PROXIES: define('', listOf('addresses or CIDR ranges such as 127.0.0.1 or 10.0.0.0/8', proxyRange)),
  POLICIES: define('', readPolicies),
  HEARTBEAT_KEYS: define('', readKeys),
  HEARTBEAT_PLAIN_FROM: define('', readPlainFrom),
  AUTH: define('none', auth),
  RETENTION_DAYS: define('30', integer(1, 36_500)),
  PULSEWATCH_DEMO: define('0', onOff),
  PULSEWATCH_DEV: define('0', onOff),
} satisfies Record<string, Setting<unknown>>;

type Name = keyof typeof SETTINGS;
type Values = { [K in Name]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never };

/** Flags that need no value. */
const SWITCHES: Readonly<Record<string, Name>> = { '--demo': 'PULSEWATCH_DEMO', '--dev': 'PULSEWATCH_DEV' };

function flagOf(name: Name): string {
  return `--${name.toLowerCase().replaceAll('_', '-')}`;
}

const NAME_OF_FLAG = new Map((Object.keys(SETTINGS) as Name[]).map((name) => [flagOf(name), name]));

function readFlags(args: readonly string[]): Map<Name, string> {
  const given = new Map<Name, string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const equals = arg.indexOf('=');
    const flag = equals === -1 ? arg : arg.slice(0, equals);
    const bare = equals === -1 ? SWITCHES[arg] : undefined;
    if (bare !== undefined) {
      given.set(bare, '1');
      continue;
    }
    const name = NAME_OF_FLAG.get(flag);
    if (name === undefined) {
      const known = [...NAME_OF_FLAG.keys()].filter((each) => !each.startsWith('--pulsewatch')).join(' ');
      throw new ConfigError(`${JSON.stringify(flag)} is not a setting; the flags are ${known}`);
    }
    const text = equals === -1 ? args[++i] : arg.slice(equals + 1);
    // The next flag is no value of this one: it was forgotten.
    if (text === undefined || (equals === -1 && NAME_OF_FLAG.has(text)))
      throw new ConfigError(`${name} (${flag}) got no value; it takes ${takesOf(name)}`);
    given.set(name, text);
  }
  return given;
}

/** Did `npm start`, `npm run …` start this process, rather than a service manager or a person? */
export function startedByNpm(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return (environment.npm_lifecycle_event ?? '') !== '';
}

/** What a setting accepts, in its own words. */
function takesOf(name: Name): string {
  for (const wrong of ['\n', '', '?']) {
    const read = SETTINGS[name].read(wrong);
    // Without what policies add about the very rule that is wrong.
    if ('takes' in read) return read.takes.replace(/; [^;]* in "\?"$/, '');
  }
  return 'a value';
}

/** What `--help` prints: every setting as its flag, what it takes and its default. */
export function settingsHelp(): string {
  const shown = (Object.keys(SETTINGS) as Name[]).filter((name) => !name.startsWith('PULSEWATCH_'));
  const width = Math.max(...shown.map((name) => flagOf(name).length));
  const lines = shown.map((name) => {
    const { unlessGiven } = SETTINGS[name];
    return `  ${flagOf(name).padEnd(width)}  ${takesOf(name)}${unlessGiven === '' ? '' : `; ${unlessGiven} unless given`}`;
  });
  return [
    'Settings of the Pulsewatch server. Each is also an environment variable: --heartbeat-port is HEARTBEAT_PORT.',
    '',
    ...lines,
    '',
    'docs/operations.md says what they mean.',
    '',
  ].join('\n');
}

function mistake(name: Name, got: string, takes: string): ConfigError {
  // Keys are secrets: what was set is not repeated.
  const said = name === 'HEARTBEAT_KEYS' ? 'cannot be read' : `is ${JSON.stringify(got.slice(0, 200))}`;
  return new ConfigError(`${name} ${said}; it takes ${takes}`);
}

/** Throws a ConfigError. Reads no file and opens nothing. */
export function readConfig(
  args: readonly string[] = process.argv.slice(2),
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const flags = readFlags(args);
  const texts = new Map<Name, string>();
  const values: Partial<Record<Name, unknown>> = {};
  for (const name of Object.keys(SETTINGS) as Name[]) {
    const setting: Setting<unknown> = SETTINGS[name];
    const text = (flags.get(name) ?? environment[name] ?? setting.fallback).trim();
    const read = setting.read(text === '' ? setting.fallback : text);
    if ('takes' in read) throw mistake(name, text, read.takes);
    texts.set(name, text);
    values[name] = read.value;
  }
  const v = values as Values;
  if (v.HEARTBEAT_PLAIN_FROM.length > 0 && v.HEARTBEAT_KEYS.length === 0) {
    const takes = 'nothing while HEARTBEAT_KEYS is not set: without keys every sender may speak plainly';
    throw mistake('HEARTBEAT_PLAIN_FROM', texts.get('HEARTBEAT_PLAIN_FROM')!, takes);
  }
  if (v.MAX_TIMEOUT_MS < v.MIN_TIMEOUT_MS) {
    // Names what was set, not the default beside it.
    if (v.MAX_TIMEOUT_MS === Number(SETTINGS.MAX_TIMEOUT_MS.fallback)) {
      const takes = `a whole number not above MAX_TIMEOUT_MS (${v.MAX_TIMEOUT_MS})`;
      throw mistake('MIN_TIMEOUT_MS', texts.get('MIN_TIMEOUT_MS')!, takes);
    }
    const takes = `a whole number not below MIN_TIMEOUT_MS (${v.MIN_TIMEOUT_MS})`;
    throw mistake('MAX_TIMEOUT_MS', texts.get('MAX_TIMEOUT_MS')!, takes);
  }
  return {
    port: v.PORT,
    host: v.HOST,
    heartbeatPort: v.HEARTBEAT_PORT,
    heartbeatHost: v.HEARTBEAT_HOST === '' ? v.HOST : v.HEARTBEAT_HOST,
    dataDir: resolve(v.DATA_DIR),
    receiver: v.RECEIVER,
    shards: v.SHARDS,
    misses: v.MISSES,
    minTimeoutMs: v.MIN_TIMEOUT_MS,
    maxTimeoutMs: v.MAX_TIMEOUT_MS,
    tickMs: v.TICK_MS,
    maxHosts: v.MAX_HOSTS,
    maxViewers: v.MAX_VIEWERS,
    allowedHosts: v.ALLOWED_HOSTS,
    allowedOrigins: v.ALLOWED_ORIGINS,
    trustedProxies: v.TRUSTED_PROXIES ?? [],
    auth: v.AUTH,
    retentionDays: v.RETENTION_DAYS,
    policies: v.POLICIES,
    tags:
      v.HEARTBEAT_KEYS.length === 0 ? null : { keys: v.HEARTBEAT_KEYS, plainFrom: v.HEARTBEAT_PLAIN_FROM },
    demo: v.PULSEWATCH_DEMO,
    dev: v.PULSEWATCH_DEV,
  };
}

function machineHasIpv6Loopback(): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
}

/**
 * The addresses a HOST stands for. 127.0.0.1 and localhost are both loopback addresses where the machine has ::1:
 * programs try ::1 first for `localhost`. Throws a ConfigError when a name has no address.
 */
async function addressesOf(variable: 'HOST' | 'HEARTBEAT_HOST', host: string): Promise<string[]> {
  if (host === '127.0.0.1' || host === 'localhost') {
    return machineHasIpv6Loopback() ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
  }
  try {
    return [(await lookup(host)).address];
  } catch {
    throw mistake(variable, host, 'an address of this machine or a name that resolves to one');
  }
}

/** Without sign-in whoever reaches the pages may do everything, so nobody but this machine may. */
function requireLoopback(host: string, addresses: readonly string[]): void {
  if (addresses.every(isLoopback)) return;
  const takes =
    'a loopback address such as 127.0.0.1 or localhost, or with AUTH=password any address of this machine';
  throw mistake('HOST', host, takes);
}

/** What a failed bind means to the operator; null when it is a fault of ours. */
export function explainSystemError(
  variables: { readonly port: 'PORT' | 'HEARTBEAT_PORT'; readonly host: 'HOST' | 'HEARTBEAT_HOST' },
  host: string,
  port: number,
  error: unknown,
): ConfigError | null {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'EADDRINUSE') {
    return mistake(
      variables.port,
      String(port),
      `a port that is free on ${host} (this one is in use), or 0 for any`,
    );
  }
  if (code === 'EACCES') {
    return mistake(variables.port, String(port), 'a port this user may open, usually above 1023');
  }
  if (code === 'EADDRNOTAVAIL' || code === 'EINVAL' || code === 'ENOTFOUND') {
    return mistake(variables.host, host, 'an address of this machine (this one is not)');
  }
  return null;
}

function requireWritable(dataDir: string): void {
  try {
    makeFolder(dataDir);
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw mistake('DATA_DIR', dataDir, `a folder this user can write to (${code})`);
  }
}

/** Like mkdir -p. Node's own `recursive` never returns where the system lets nobody create anything, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    return;
  }
  makeFolder(dirname(path));
  mkdirSync(path);
}

export type Machine = {
  readonly addresses: readonly string[];
  readonly heartbeatAddresses: readonly string[];
};

/**
 * What the settings mean on this machine: resolved addresses, a folder to write to (created when it is missing).
 * Throws a ConfigError. Opens no socket.
 */
export async function checkMachine(config: Config): Promise<Machine> {
  const addresses = await addressesOf('HOST', config.host);
  if (config.auth === 'none') requireLoopback(config.host, addresses);
  const heartbeatAddresses = await addressesOf('HEARTBEAT_HOST', config.heartbeatHost);
  requireWritable(config.dataDir);
  return { addresses, heartbeatAddresses };
}

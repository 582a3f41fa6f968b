import { describe, expect, test } from 'vitest';
import { ConfigError, checkMachine, explainSystemError, readConfig, settingsHelp } from './config.ts';

const message = (args: string[], environment = {}): string => {
  try {
    readConfig(args, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  return 'accepted';
};

describe('settings', () => {
  test('H40: the defaults', () => {
    expect(readConfig([], {})).toMatchObject({
      port: 3_000,
      host: '127.0.0.1',
      heartbeatPort: 9_990,
      heartbeatHost: '127.0.0.1',
      misses: 5,
      minTimeoutMs: 500,
      maxTimeoutMs: 3_600_000,
      tickMs: 100,
      maxHosts: 1_000_000,
      maxViewers: 10_000,
      allowedHosts: null,
      allowedOrigins: null,
      trustedProxies: [],
      auth: 'none',
      retentionDays: 30,
      demo: false,
      dev: false,
    });
  });

  test('H40: flags win over the environment, an empty variable counts as not set', () => {
    const environment = { PORT: '4000', HEARTBEAT_PORT: '4001', MISSES: '', HOST: 'localhost' };
    const config = readConfig(['--port', '5000', '--tick-ms=50', '--demo'], environment);
    expect(config).toMatchObject({ port: 5_000, heartbeatPort: 4_001, misses: 5, tickMs: 50, demo: true });
    expect(config.heartbeatHost).toBe('localhost');
  });

  test.each([
    [['--port', '65536'], 'PORT is "65536"; it takes a port number from 1 to 65535, or 0 for any free port'],
    [['--port', '-1'], 'PORT is "-1"; it takes a port number from 1 to 65535, or 0 for any free port'],
    [['--misses=1.5'], 'MISSES is "1.5"; it takes a whole number from 1 to 1000'],
    [
      ['--max-timeout-ms', '400'],
      'MAX_TIMEOUT_MS is "400"; it takes a whole number not below MIN_TIMEOUT_MS (500)',
    ],
    [['--allowed-origins', 'pulse.example.com'], 'it takes origins such as https://pulse.example.com'],
    [['--allowed-hosts', 'a b'], 'ALLOWED_HOSTS is "a b"; it takes host names'],
    [
      ['--min-timeout-ms', '4000000'],
      'MIN_TIMEOUT_MS is "4000000"; it takes a whole number not above MAX_TIMEOUT_MS (3600000)',
    ],
    [['--allowed-hosts', 'pulse:99999'], 'ALLOWED_HOSTS is "pulse:99999"; it takes host names'],
    [
      ['--trusted-proxies', '127.0.0.1,nginx.local'],
      'TRUSTED_PROXIES is "127.0.0.1,nginx.local"; it takes addresses or CIDR ranges such as 127.0.0.1 or 10.0.0.0/8, separated by commas',
    ],
    [['--trusted-proxies=10.0.0.0/33'], 'TRUSTED_PROXIES is "10.0.0.0/33"; it takes addresses'],
    [['--trusted-proxies', '::1,'], 'TRUSTED_PROXIES is "::1,"; it takes addresses'],
    [['--allowed-hosts', '[1:2:3]'], 'ALLOWED_HOSTS is "[1:2:3]"; it takes host names'],
    [['--auth', 'basic'], 'AUTH is "basic"; it takes none, while HOST is a loopback address, or password'],
    [['--port'], 'PORT (--port) got no value; it takes a port number'],
    [['--port', '--misses', '3'], 'PORT (--port) got no value; it takes a port number'],
    [['--data-dir'], 'DATA_DIR (--data-dir) got no value; it takes the path of a folder'],
    [['--prot', '1'], '"--prot" is not a setting; the flags are --port '],
    [['3000'], '"3000" is not a setting'],
  ])('H40: %j is refused with its name, what it got and what it takes', (args, expected) => {
    expect(message(args)).toContain(expected);
    expect(message(args)).not.toContain('\n');
  });

  test('H40: keys are read, and a wrong one is refused without repeating it', () => {
    const key = `${'5ec2e7'.repeat(10)}abcd`;
    const { tags } = readConfig([], {
      HEARTBEAT_KEYS: `1:${key}, 2:${key}`,
      HEARTBEAT_PLAIN_FROM: '10.0.0.0/8',
    });
    expect(tags?.keys.map(({ id, master }) => [id, Buffer.from(master).toString('hex')])).toEqual([
      [1, key],
      [2, key],
    ]);
    expect(tags?.plainFrom).toHaveLength(1);
    expect(readConfig([], {}).tags).toBeNull();
    expect(message([], { HEARTBEAT_KEYS: '1:5ec2e7' })).toMatch(
      /^HEARTBEAT_KEYS cannot be read; it takes id:hex/,
    );
    expect(message([], { HEARTBEAT_KEYS: '1:5ec2e7' })).not.toContain('5ec2e7');
    expect(message([], { HEARTBEAT_PLAIN_FROM: '10.0.0.0/8' })).toContain('while HEARTBEAT_KEYS is not set');
  });

  test('H40: policies are read, and the rule that is wrong is named', () => {
    const { policies } = readConfig(
      ['--policies', 'link=wifi loss-window received=10 of=20; env=dev fixed misses=9'],
      {},
    );
    expect(policies.map(({ detector }) => detector.kind)).toEqual(['loss-window', 'fixed']);
    expect(message(['--policies', 'link=wifi sometimes'])).toContain('in "link=wifi sometimes"');
  });

  test('H82: --help says of every setting what it takes, and what holds without it', () => {
    const lines = settingsHelp()
      .split('\n')
      .filter((line) => line.startsWith('  --'));
    expect(lines.length).toBeGreaterThan(15);
    expect(lines.filter((line) => / a value(;|$)/.test(line))).toEqual([]);
    const lineOf = (flag: string) => lines.find((line) => line.trim().startsWith(`${flag} `));
    expect(lineOf('--policies')).toMatch(
      / {2}up to 15 rules .*"loss-window received=m of=n".*floor=2s\] \[cap=60s\]"$/,
    );
    expect(lineOf('--heartbeat-host')).toMatch(/; HOST unless given$/);
  });

  test('lists are split, trimmed and put into their canonical form', () => {
    const args = [
      '--allowed-hosts',
      'Pulse.Example.com, [::1]:3000',
      '--allowed-origins',
      'https://pulse.example.com/',
      '--trusted-proxies',
      '0:0::1, 10.0.0.0/8',
    ];
    expect(readConfig(args, {})).toMatchObject({
      allowedHosts: ['pulse.example.com', '[::1]:3000'],
      allowedOrigins: ['https://pulse.example.com'],
      trustedProxies: ['::1', '10.0.0.0/8'],
    });
  });
});

describe('the machine', () => {
  const config = (...args: string[]) => readConfig(['--data-dir', '.', ...args], {});

  test('H42: without sign-in pages are refused on other than loopback addresses, heartbeats are not', async () => {
    const machine = await checkMachine(config('--heartbeat-host', '0.0.0.0'));
    expect(machine.heartbeatAddresses).toEqual(['0.0.0.0']);
    expect(machine.addresses[0]).toBe('127.0.0.1');
  });

  test.each(['0.0.0.0', '::', '192.0.2.1'])(
    'U57: HOST %s is refused without sign-in, in one line that says how, and taken with it',
    async (host) => {
      const refused = await checkMachine(config('--host', host)).catch((error: Error) => error);
      expect(refused).toBeInstanceOf(ConfigError);
      expect((refused as Error).message).toBe(
        `HOST is "${host}"; it takes a loopback address such as 127.0.0.1 or localhost, or with AUTH=password any address of this machine`,
      );
      const machine = await checkMachine(config('--host', host, '--auth', 'password'));
      expect(machine.addresses).toEqual([host]);
    },
  );

  test('H41: a DATA_DIR nobody can write to is named, also where creating a folder never succeeds', async () => {
    await expect(checkMachine(config('--data-dir', '/proc/pulsewatch'))).rejects.toThrow(
      /^DATA_DIR is "\/proc/,
    );
    await expect(checkMachine(config('--data-dir', 'package.json'))).rejects.toThrow(
      /^DATA_DIR is .*ENOTDIR/,
    );
  });

  test('H41: a failed bind names the port or the host, anything else is not an operator’s mistake', () => {
    const variables = { port: 'HEARTBEAT_PORT', host: 'HEARTBEAT_HOST' } as const;
    const explain = (code: string) => explainSystemError(variables, '127.0.0.1', 9_990, { code })?.message;
    expect(explain('EADDRINUSE')).toBe(
      'HEARTBEAT_PORT is "9990"; it takes a port that is free on 127.0.0.1 (this one is in use), or 0 for any',
    );
    expect(explain('EACCES')).toContain('HEARTBEAT_PORT is "9990"');
    expect(explain('EADDRNOTAVAIL')).toContain('HEARTBEAT_HOST is "127.0.0.1"');
    expect(explain('EMFILE')).toBeUndefined();
  });
});

import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import { MessageType } from '../../lib/protocol/heartbeat.ts';
import { whyNoLibc } from '../libc/libc.ts';
import { runCommand } from '../testing/command-run.ts';
import { freeUdpPort } from '../testing/free-port.ts';
import {
  beatsIn,
  ELSEWHERE,
  endlessFleet,
  HOSTS,
  INTERVAL_MS,
  shortFleet,
  startSimulate,
  summaryOf,
} from '../testing/simulate-run.ts';
import type { SpawnedProcess } from '../testing/spawned-process.ts';
import { UdpListener } from '../testing/udp-listener.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(): Promise<UdpListener> {
  const listener = await UdpListener.bind();
  closing.push(() => listener.close());
  return listener;
}

function start(...args: Parameters<typeof startSimulate>): SpawnedProcess {
  const child = startSimulate(...args);
  closing.push(() => child.end());
  return child;
}

describe('what it says of itself', () => {
  test('G100 G102: lateness as p50, p99 and maximum; with --strict the exit code follows the pace', async () => {
    const listener = await listen();
    const child = start(shortFleet(listener.port, '--strict'));
    const { p50, p99, worst, skipped, code } = await summaryOf(child);
    expect(p50).toBeLessThanOrEqual(p99);
    expect(p99).toBeLessThanOrEqual(worst);
    expect(worst).toBeGreaterThan(0);
    const keptPace = skipped === 0 && p99 <= 50;
    expect(code).toBe(keptPace ? 0 : 1);
    expect(child.stderr.some((line) => line.includes('did not keep its pace'))).toBe(!keptPace);
  });

  test.each([
    [[], 0],
    [['--strict'], 1],
  ] as const)(
    'G100 G102: stopped for more than an interval it says so; with options %j the exit code is %i',
    async (more, expected) => {
      const listener = await listen();
      const child = start(shortFleet(listener.port, ...more));
      await listener.until((arrivals) => arrivals.length > 100);
      child.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 2.5 * INTERVAL_MS));
      child.kill('SIGCONT');
      const { due, sent, skipped, worst, code } = await summaryOf(child);
      expect(due).toBe(sent + skipped);
      expect(skipped).toBeGreaterThanOrEqual(HOSTS);
      expect(worst).toBeGreaterThan(100);
      expect(code).toBe(expected);
      expect(child.stderr.join('\n')).toMatch(/did not keep its pace: [\d,]+ heartbeats were skipped/);
    },
  );

  test('G109: with nobody listening it goes on, says so once, and works when somebody does', async () => {
    const port = await freeUdpPort();
    const child = start(endlessFleet(port));
    await child.line(/cannot send to 127\.0\.0\.1:\d+: nothing is listening there \(ECONNREFUSED\)/);
    const listener = await UdpListener.bind(port);
    closing.push(() => listener.close());
    await listener.until((arrivals) => arrivals.length > 1_000);
    child.kill('SIGTERM');
    expect((await child.exit).code).toBe(0);
    expect(child.stderr.filter((line) => line.includes('cannot send'))).toHaveLength(1);
  });

  const network = (script: string) =>
    ['unshare', '--net', '--user', '--map-root-user', 'sh', '-c', script] as [string, ...string[]];
  // Nobody answers for the address, so what is sent waits in the sender's own buffers until these are full.
  const NOBODY = [
    'ip link add v0 type veth peer name v1',
    'ip addr add 10.9.0.1/24 dev v0',
    'ip link set v0 up && ip link set v1 up',
    'echo 100000000 > /proc/sys/net/ipv4/neigh/v0/unres_qlen_bytes',
  ].join(' && ');
  const [command, ...args] = network(NOBODY);
  const canHaveNetworks = whyNoLibc() === null && spawnSync(command, args).status === 0;

  test.skipIf(!canHaveNetworks)(
    'G101: what the kernel does not take is counted as refused, neither sent nor sent later',
    async () => {
      const child = start(
        [
          ...['--server', '10.9.0.2', '--hosts', '2500', '--interval', '100ms'],
          ...['--duration', '2s', '--strict'],
        ],
        [],
        [...network(`${NOBODY} && exec "$@"`), 'sh'],
      );
      const { due, sent, skipped, refused, unsent, code } = await summaryOf(child);
      expect(refused).toBeGreaterThan(0);
      expect(sent).toBeGreaterThan(0);
      expect(due).toBe(sent + skipped + refused + unsent);
      expect(code).toBe(1);
      expect(child.stderr.join('\n')).toMatch(/did not keep its pace: .*the kernel refused [\d,]+/);
    },
  );

  test('G107: the byes of a large fleet come spread, not as a burst', async () => {
    const listener = await listen();
    const child = start(shortFleet(listener.port, '--bye'));
    await summaryOf(child);
    const byesIn = () => beatsIn(listener).filter(({ type }) => type === MessageType.bye);
    await listener.until(() => byesIn().length >= HOSTS);
    const byes = byesIn();
    expect(new Set(byes.map(({ id }) => id)).size).toBe(HOSTS);
    // 8 a ms, the fleet's own rate, which is more than all of them within a second.
    const clocks = byes.map(({ clockMs }) => clockMs);
    expect(Math.max(...clocks) - Math.min(...clocks)).toBeGreaterThan(0.9 * INTERVAL_MS);
    const most = Math.max(...[...Map.groupBy(clocks, (clock) => clock).values()].map((of) => of.length));
    expect(most).toBeLessThanOrEqual(20 * 8);
  });
});

describe('options', () => {
  test.each([
    [
      ['--hosts', '50001', '--server', '192.0.2.1'],
      /50,001 heartbeats\/s would go to 192\.0\.2\.1, which is not this machine; beyond 50,000\/s that takes --own-network/,
    ],
  ] as const)('G103: %j is refused in one line, and nothing is sent', async (args, message) => {
    const child = start(args);
    expect(await child.exit).toEqual({ code: 2, signal: null });
    expect(child.stdout).toEqual([]);
    expect(child.stderr).toHaveLength(1);
    expect(child.stderr[0]).toMatch(message);
  });

  test('G103: not beyond 50,000/s, or to this machine, or with --own-network it is not refused', async () => {
    for (const args of [
      ['--hosts', '50000', '--server', '192.0.2.1'],
      ['--hosts', '50001', '--server', '127.0.0.1', '--sender', 'dgram'],
      ['--hosts', '50001', '--server', '192.0.2.1', '--own-network'],
    ]) {
      // No time at all: nothing leaves.
      const child = start([...args, '--duration', '0s']);
      expect((await child.exit).code, args.join(' ')).toBe(0);
    }
  });

  const ASKED = ['simulate', '--hosts', '10'];
  test.each([
    [['--segment', 'yes'], /--segment got "yes"; it takes auto, on, off/],
    [['--sender', 'sendto'], /--sender got "sendto"; it takes auto, sendmmsg, dgram/],
    [['--relay=1'], /--relay got "1"; it takes no value/],
    [['--kill', 'rack=r02@1s'], /--kill got "rack=r02@1s"; it takes N@T, SHARE%@T or LABEL=VALUE@T/],
    [['--kill', 'zone=a@1s'], /--kill got "zone=a@1s"/],
    [['--kill', '0%@1s'], /--kill got "0%@1s"/],
    [['--restart', '10%@x'], /--restart got "10%@x"/],
    [['--key', '1:secret'], /--key is not of its form; it takes ID:HEX/],
  ] as const)('G93 G97 G105 G106: %j is one line and exit code 2', async (args, message) => {
    const { code, printed, warned } = await runCommand([...ASKED, ...args]);
    expect([code, printed]).toEqual([2, []]);
    expect(warned).toHaveLength(1);
    expect(warned[0]).toMatch(message);
    expect(warned[0]).not.toContain('secret');
  });

  test('G93: sendmmsg where it cannot be had is refused with the reason', async () => {
    const child = start(['--hosts', '10', '--sender', 'sendmmsg'], ELSEWHERE);
    expect(await child.exit).toEqual({ code: 2, signal: null });
    expect(child.stderr).toEqual([
      'pulsewatch simulate: --sender got "sendmmsg", which cannot be had: the system is darwin, not Linux; it takes auto or dgram here',
    ]);
  });
});

test('G105 G106: a tagged fleet is killed by share and by label; its beats are 48 bytes and marked', async () => {
  const listener = await listen();
  const child = start(
    shortFleet(
      listener.port,
      ...['--key', `7:${'ab'.repeat(32)}`, '--kill', '50%@500ms', '--kill', 'dc=fra1@500ms'],
    ),
  );
  const { due, sent, skipped } = await summaryOf(child);
  await listener.until((arrivals) => arrivals.length >= sent);
  expect(due).toBe(sent + skipped);
  for (const { bytes } of listener.arrivals) {
    expect([bytes[2], bytes[3]]).toEqual([1, 7]);
    if ((bytes[1]! & 15) === MessageType.beat) expect(bytes.length).toBe(48);
  }
  // Half of them, and of the other half those in one of three datacentres.
  const lasting = [...Map.groupBy(beatsIn(listener, 48), ({ id }) => id).values()].filter(
    (of) => Math.max(...of.map(({ dueMs }) => dueMs)) > 600,
  );
  expect(lasting.length).toBeGreaterThan(HOSTS * 0.28);
  expect(lasting.length).toBeLessThan(HOSTS * 0.39);
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseHelloBody } from '../../lib/protocol/heartbeat.ts';
import { hostIdHex } from '../host-id.ts';
import { startAnswering } from '../testing/answering-server.ts';
import { runCommand } from '../testing/command-run.ts';
import { freeUdpPort } from '../testing/free-port.ts';
import { SpawnedProcess } from '../testing/spawned-process.ts';
import { type Arrival, UdpListener } from '../testing/udp-listener.ts';

const BIN = path.join(import.meta.dirname, 'pulsewatch.js');
/** Makes a Node look like one that cannot run TypeScript, to its own scripts alone. */
const OLD_NODE = [
  '--import',
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.9.0"}})',
];

let folder: string;
const running: SpawnedProcess[] = [];
const listeners: UdpListener[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pulsewatch-'));
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.end();
  for (const each of listeners.splice(0)) await each.close();
  rmSync(folder, { recursive: true });
});

function pulsewatch(args: readonly string[], nodeOptions: readonly string[] = []): SpawnedProcess {
  const child = new SpawnedProcess([...nodeOptions, BIN, ...args], { env: { XDG_STATE_HOME: folder } });
  running.push(child);
  return child;
}

async function listen(port = 0): Promise<UdpListener> {
  const listener = await UdpListener.bind(port);
  listeners.push(listener);
  return listener;
}

const typeOf = ({ bytes }: Arrival): number => bytes[1]! & 15;
const seqOf = ({ bytes }: Arrival): number => bytes.readUInt32LE(20);
const incarnationOf = ({ bytes }: Arrival): number => Number(bytes.readBigUInt64LE(12));
const agentArgs = (port: number, ...more: string[]) => [
  'agent',
  '--server',
  `127.0.0.1:${port}`,
  '--name',
  'web-01',
  '--interval',
  '50ms',
  ...more,
];

describe('agent', () => {
  test('G1: hello, then beats with seq + 1 each; its name, labels and interval are what was asked for', async () => {
    const listener = await listen();
    const child = pulsewatch(agentArgs(listener.port, '--label', 'rack=r17', '--label', 'dc=fra1'));
    await listener.until((arrivals) => arrivals.length >= 8);
    const [hello, ...beats] = listener.arrivals;
    expect(typeOf(hello!)).toBe(2);
    expect(parseHelloBody(hello!.bytes.subarray(32))).toEqual({
      name: 'web-01',
      labels: { dc: 'fra1', rack: 'r17' },
    });
    expect(hello!.bytes.subarray(4, 12).toString('hex')).toBe(hostIdHex('web-01'));
    expect(hello!.bytes.readUInt16LE(28)).toBe(5);
    expect(beats.every((each) => typeOf(each) === 1 && each.bytes.length === 32)).toBe(true);
    expect(listener.arrivals.map(seqOf)).toEqual(listener.arrivals.map((_, i) => i + 1));
    expect(child.stdout).toEqual([
      `pulsewatch agent: web-01 sends a heartbeat every 50 ms to 127.0.0.1:${listener.port}`,
    ]);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('G7: %s ends it with a bye and exit code 0', async (signal) => {
    const listener = await listen();
    const child = pulsewatch(agentArgs(listener.port));
    await listener.until((arrivals) => arrivals.length >= 3);
    child.kill(signal);
    await listener.until((arrivals) => typeOf(arrivals.at(-1)!) === 3);
    expect(await child.exit).toEqual({ code: 0, signal: null });
    const [before, bye] = listener.arrivals.slice(-2);
    expect(bye!.bytes.length).toBe(32);
    expect(seqOf(bye!)).toBe(seqOf(before!) + 1);
    expect(child.stderr).toEqual([]);
  });

  test('G8: the incarnation is above the last one even when that lies in the future', async () => {
    const listener = await listen();
    const stateFile = path.join(folder, 'state');
    const ahead = Date.now() + 3_600_000;
    writeFileSync(stateFile, `${ahead}\n`);
    pulsewatch(agentArgs(listener.port, '--state-file', stateFile));
    await listener.until((arrivals) => arrivals.length >= 1);
    expect(incarnationOf(listener.arrivals[0]!)).toBe(ahead + 1);
    expect(readFileSync(stateFile, 'utf8')).toBe(`${ahead + 1}\n`);
  });

  test('G8: by default it is kept in the state folder under the name', async () => {
    const listener = await listen();
    const before = Date.now();
    pulsewatch(agentArgs(listener.port));
    await listener.until((arrivals) => arrivals.length >= 1);
    const kept = Number(readFileSync(path.join(folder, 'pulsewatch', 'web-01.incarnation'), 'utf8'));
    expect(kept).toBe(incarnationOf(listener.arrivals[0]!));
    expect(kept).toBeGreaterThanOrEqual(before);
  });

  test('G9: a state file that cannot be written is said once; heartbeats go on', async () => {
    const listener = await listen();
    writeFileSync(path.join(folder, 'file'), '');
    const stateFile = path.join(folder, 'file', 'state');
    const child = pulsewatch(agentArgs(listener.port, '--state-file', stateFile));
    await listener.until((arrivals) => arrivals.length >= 5);
    expect(child.stderr).toHaveLength(1);
    expect(child.stderr[0]).toContain(`cannot keep the incarnation in ${stateFile}`);
  });

  test('G11 G12: with nobody listening it goes on, says so once, and says hello when somebody does', async () => {
    const port = await freeUdpPort();
    const child = pulsewatch(agentArgs(port));
    await child.line(/nothing is listening there \(ECONNREFUSED\)/);
    const listener = await listen(port);
    await listener.until((arrivals) => arrivals.length >= 10);
    expect(typeOf(listener.arrivals[0]!)).toBe(2);
    expect(seqOf(listener.arrivals[0]!)).toBeGreaterThan(1);
    await child.line(/works again/);
    expect(child.stderr).toHaveLength(2);
    // The server restarts on the same port: whoever listens then is told the name at once.
    await listener.close();
    listeners.splice(0);
    await child.lines('stderr', 3);
    const reopened = await listen(port);
    await reopened.until((arrivals) => arrivals.length > 0);
    expect(typeOf(reopened.arrivals[0]!)).toBe(2);
  });

  test('G4: a stopped agent says afterwards how late it was', async () => {
    const listener = await listen();
    const child = pulsewatch(agentArgs(listener.port));
    await listener.until((arrivals) => arrivals.length >= 3);
    child.kill('SIGSTOP');
    const stoppedAt = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 600));
    const heard = listener.arrivals.length;
    child.kill('SIGCONT');
    await listener.until((arrivals) => arrivals.length > heard);
    const stoppedMs = performance.now() - stoppedAt;
    const lateMs = Math.max(...listener.arrivals.slice(heard).map((each) => each.bytes.readUInt16LE(30)));
    expect(lateMs).toBeGreaterThan(400);
    expect(lateMs).toBeLessThanOrEqual(stoppedMs + 1);
  });
});

describe('simulate', () => {
  const simulateArgs = (port: number, ...more: string[]) => [
    'simulate',
    '--server',
    `127.0.0.1:${port}`,
    '--interval',
    '100ms',
    ...more,
  ];
  const summary = /heartbeats due = ([\d,]+) sent \+ ([\d,]+) lost \+ ([\d,]+) cut off \+ ([\d,]+) skipped/;

  test('G21: what arrives is what it says it sent; sent + lost + skipped = hosts × intervals', async () => {
    const listener = await listen();
    const child = pulsewatch(
      simulateArgs(listener.port, '--hosts', '200', '--duration', '2s', '--loss', '25%'),
    );
    const [sent, lost, cutOff, skipped] = (await child.line(summary))
      .slice(1)
      .map((text) => Number(text.replaceAll(',', '')));
    expect(await child.exit).toEqual({ code: 0, signal: null });
    expect(sent! + lost! + skipped!).toBe(4_000);
    expect(cutOff).toBe(0);
    // 25 % of 4,000 ± 5 standard deviations of 27; what was skipped cannot be lost.
    expect(Math.abs(lost! - 0.25 * (4_000 - skipped!))).toBeLessThan(140);
    await listener.until((arrivals) => arrivals.length >= sent!);
    expect(listener.arrivals.length).toBe(sent);
    expect(new Set(listener.arrivals.map((each) => each.bytes.toString('hex', 4, 12))).size).toBe(200);
  });

  test('G22: killed hosts fall silent at their time, without a bye', async () => {
    const listener = await listen();
    const child = pulsewatch(
      simulateArgs(listener.port, '--hosts', '50', '--kill', '20@1s', '--duration', '2s'),
    );
    await child.line(summary);
    const ofHost = Map.groupBy(listener.arrivals, (each) => each.bytes.toString('hex', 4, 12));
    const counts = [...ofHost.values()].map((each) => seqOf(each.at(-1)!));
    // Whole intervals may be skipped on a busy machine, so seqs are bounds: 10 in the first second, 20 in two.
    expect(counts.filter((last) => last <= 10).length).toBeGreaterThanOrEqual(20);
    const lastAtMs = Math.max(...listener.arrivals.map((each) => each.atMs));
    const silent = [...ofHost.values()].filter((each) => lastAtMs - each.at(-1)!.atMs > 500);
    expect(silent.length).toBe(20);
    expect(listener.arrivals.some((each) => typeOf(each) === 3)).toBe(false);
  });

  test.each([
    [['--bye'], 30],
    [[], 0],
  ] as const)(
    'G26: SIGTERM ends it with a summary; with options %j there are %i byes',
    async (more, byes) => {
      const listener = await listen();
      const child = pulsewatch(simulateArgs(listener.port, '--hosts', '30', ...more));
      await listener.until((arrivals) => arrivals.length >= 60);
      child.kill('SIGTERM');
      await child.line(summary);
      expect(await child.exit).toEqual({ code: 0, signal: null });
      await listener.until((arrivals) => arrivals.filter((each) => typeOf(each) === 3).length >= byes);
      expect(listener.arrivals.filter((each) => typeOf(each) === 3).length).toBe(byes);
    },
  );

  test('G26: a line every 5 s', async () => {
    const listener = await listen();
    const child = pulsewatch(simulateArgs(listener.port, '--hosts', '10'));
    await child.line(/^[5-9] s: 10 of 10 hosts run, \d+ sent\/s, 0 lost\/s, worst lateness [\d.]+ ms/);
  });
});

describe('options', () => {
  test.each([
    [
      [],
      /no command given; the commands are agent, simulate, status, hosts, alerts, ack, unack, remove, backup/,
    ],
    [['watch'], /"watch" is not a command/],
    [['agent'], /--server is missing; it takes HOST or HOST:PORT/],
    [['agent', '--server', 'a:b'], /--server got "a:b"; it takes/],
    [
      ['agent', '--server', 'x', '--interval', '5ms'],
      /--interval got "5ms"; it takes a time from 10ms to 655s/,
    ],
    [['agent', '--server', 'x', '--interval', '656s'], /--interval got "656s"/],
    [['agent', '--server', 'x', '--label', 'seq=1'], /--label got "seq=1"/],
    [['agent', '--server', 'x', '--label', 'a=1', '--label', 'a=2'], /the same key twice/],
    [['agent', '--server', 'x', '--name', '-x y'], /--name got "-x y"/],
    [['agent', '--server', '--name'], /--server got no value/],
    [['agent', '--server', 'x', '--server', 'y'], /--server is given twice/],
    [['agent', '--server', 'x', '--bogus'], /"--bogus" is not an option; the options are --server/],
    [['simulate', '--hosts', '10', '--kill', '11@1s'], /--kill got "11@1s"; it takes N@T/],
    [['simulate', '--hosts', '10', '--outage', 'r9@1s+1s'], /--outage got rack "r9"; it takes r01/],
    [['status', '--json=1'], /--json got "1"; it takes no value/],
  ] as const)('G18: %j is one line and exit code 2', async (args, message) => {
    const { code, printed, warned } = await runCommand(args);
    expect([code, printed]).toEqual([2, []]);
    expect(warned).toHaveLength(1);
    expect(warned[0]).not.toContain('\n');
    expect(warned[0]).toMatch(message);
  });

  test('G18: the process ends with that code', async () => {
    const child = pulsewatch(['simulate', '--hosts', '0']);
    expect(await child.exit).toEqual({ code: 2, signal: null });
    expect(child.stdout).toEqual([]);
    expect(child.stderr).toEqual([
      'pulsewatch simulate: --hosts got "0"; it takes a whole number from 1 to 1000000',
    ]);
  });

  test('G15 G17: limits of interval and labels', async () => {
    const labels = Array.from({ length: 17 }, (_, i) => ['--label', `k${i}=v`]).flat();
    const { warned } = await runCommand(['agent', '--server', 'x', '--interval', '10ms', ...labels]);
    expect(warned[0]).toMatch(/--label got 17 labels; it takes at most 16/);
  });

  test.each([
    [['--help'], 'pulsewatch agent --server'],
    [['agent', '--help'], '--state-file PATH'],
    [['simulate', '--help'], '--outage RACK@T+TIME'],
    [['status', '--help'], '--url URL'],
  ] as const)('G18: %j lists what there is', async (args, part) => {
    const { code, printed, warned } = await runCommand(args);
    expect([code, warned]).toEqual([0, []]);
    expect(printed.join('\n')).toContain(part);
  });
});

describe('status', () => {
  const health = {
    status: 'ok',
    epoch: '0123456789abcdef',
    seq: 9,
    uptimeMs: 7_200_000,
    hosts: {
      total: 10_000,
      pending: 0,
      up: 9_498,
      late: 0,
      down: 500,
      left: 2,
      acknowledged: 3,
      maintenance: 0,
    },
    transitions: { up: 1, late: 1, down: 1, left: 1 },
    ingest: {
      receiver: 'dgram',
      shards: 1,
      heartbeatsPerSecond: 9_501.4,
      accepted: 1_234_567,
      rejected: { bad_length: 10, replay: 0 },
      kernelDrops: 0,
      blind: false,
      blindMs: 0,
    },
    store: { kind: 'sqlite', writable: true, detail: null, waiting: 0, dropped: 0 },
  };

  async function statusOf(body: string, status: number, ...more: string[]) {
    const server = await startAnswering(({ url }) => ({
      status: url === '/api/health' ? status : 404,
      body,
    }));
    const child = pulsewatch(['status', '--url', server.origin, ...more]);
    const { code: exitCode } = await child.exit;
    await server.stop();
    return { child, exitCode, url: server.origin };
  }

  test('G27: the table', async () => {
    const { child, exitCode, url } = await statusOf(JSON.stringify(health), 200);
    expect(child.stdout).toEqual([
      `server      ${url}, ok, running for 120 min`,
      'hosts       10,000: 9,498 up, 0 late, 500 down (3 acknowledged), 2 left',
      'heartbeats  9,501/s, 1,234,567 accepted in all',
      'rejected    bad_length 10',
      'receiver    dgram, 1 shard, drops by the kernel not known',
      'blind       no',
      'store       sqlite',
    ]);
    expect(exitCode).toBe(0);
  });

  test.each([
    [
      { kind: 'sqlite', writable: false, detail: 'the disk is full\u001b[2J', waiting: 1_200, dropped: 3 },
      'sqlite, CANNOT STORE: the disk is full\\u{1b}[2J, 1,200 rows wait, 3 rows of history given up',
    ],
    [
      { kind: 'memory', writable: true, detail: null, waiting: 0, dropped: 0 },
      'memory: what is acknowledged ends with the server',
    ],
  ])('G27: a store that keeps nothing says so (%#)', async (store, words) => {
    const { child, exitCode } = await statusOf(JSON.stringify({ ...health, store }), 200);
    expect(child.stdout.at(-1)).toBe(`store       ${words}`);
    expect(exitCode).toBe(0);
  });

  test('G27: as JSON', async () => {
    const { child, exitCode } = await statusOf(JSON.stringify(health), 200, '--json');
    expect(JSON.parse(child.stdout.join('\n'))).toEqual(health);
    expect(exitCode).toBe(0);
  });

  test.each([
    ['{}', 200, /its answer to \/api\/health is not one of Pulsewatch's/],
    ['<html>', 200, /its answer is not JSON/],
    ['', 503, /it answered 503/],
  ])('G27: %j with %i is one line and exit code 1', async (body, code, message) => {
    const { child, exitCode } = await statusOf(body, code);
    expect(exitCode).toBe(1);
    expect(child.stdout).toEqual([]);
    expect(child.stderr).toHaveLength(1);
    expect(child.stderr[0]).toMatch(message);
  });

  test('G27: nobody there', async () => {
    const child = pulsewatch(['status', '--url', 'http://127.0.0.1:1024']);
    expect(await child.exit).toEqual({ code: 1, signal: null });
    expect(child.stderr).toEqual(['pulsewatch status: no Pulsewatch at http://127.0.0.1:1024: ECONNREFUSED']);
  });
});

describe('on an older Node', () => {
  test('G28: output and exit code come through', async () => {
    const wrong = pulsewatch(['watch'], OLD_NODE);
    expect(await wrong.exit).toEqual({ code: 2, signal: null });
    expect(wrong.stderr[0]).toContain('"watch" is not a command');
    const right = pulsewatch(['--version'], OLD_NODE);
    expect(await right.exit).toEqual({ code: 0, signal: null });
    expect(right.stdout[0]).toMatch(/^\d+\.\d+\.\d+/);
  });

  test('G28: SIGTERM comes through: a bye and exit code 0', async () => {
    const listener = await listen();
    const child = pulsewatch(agentArgs(listener.port), OLD_NODE);
    await listener.until((arrivals) => arrivals.length >= 3);
    child.kill('SIGTERM');
    expect(await child.exit).toEqual({ code: 0, signal: null });
    await listener.until((arrivals) => typeOf(arrivals.at(-1)!) === 3);
  });

  test.each([
    ['a current Node', []],
    ['an older Node', OLD_NODE],
  ])('G29: on %s, the shell of npx goes and the host says bye', async (_, nodeOptions) => {
    const listener = await listen();
    const command = [process.execPath, ...nodeOptions, BIN, ...agentArgs(listener.port)];
    // More than one command, so that the shell stays in between.
    const script = `${command.map((word) => `'${word}'`).join(' ')}; true`;
    const shell = new SpawnedProcess(
      ['-c', script],
      { env: { XDG_STATE_HOME: folder, npm_lifecycle_event: 'npx' } },
      'sh',
    );
    running.push(shell);
    await listener.until((arrivals) => arrivals.length >= 3);
    shell.kill('SIGTERM');
    // Its output closes when the agent, which holds it too, has ended.
    expect((await shell.exit).signal).toBe('SIGTERM');
    await listener.until((arrivals) => typeOf(arrivals.at(-1)!) === 3);
  });

  test('G28: killed outright, the agent behind it ends too, without a bye', async () => {
    const listener = await listen();
    const child = pulsewatch(agentArgs(listener.port), OLD_NODE);
    await listener.until((arrivals) => arrivals.length >= 3);
    child.kill('SIGKILL');
    // Its output closes when the last process that holds it has ended.
    expect((await child.exit).signal).toBe('SIGKILL');
    const heard = listener.arrivals.length;
    const probe = await listen();
    const second = pulsewatch(agentArgs(probe.port));
    await probe.until((arrivals) => arrivals.length >= 6);
    second.kill('SIGTERM');
    expect(listener.arrivals.length).toBeLessThanOrEqual(heard + 1);
    expect(listener.arrivals.every((each) => typeOf(each) !== 3)).toBe(true);
  });
});

/** The server as a process: its one line, its exit codes, its sockets, its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import * as parser from 'socket.io-msgpack-parser';
import { afterEach, expect, test } from 'vitest';
import { startTestServer } from './testing/running-server.ts';

const PROGRAM = join(import.meta.dirname, 'testing', 'serve-without-pages.ts');
const READY =
  /^Pulsewatch is ready: http:\/\/127\.0\.0\.1:([0-9]+) \(heartbeats: UDP 127\.0\.0\.1:([0-9]+)\)\n$/;

const children: ChildProcess[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function start(...args: string[]) {
  // One server uses a folder at a time.
  const dataDir = mkdtempSync(join(tmpdir(), 'pulsewatch-main-'));
  folders.push(dataDir);
  const all = ['--port', '0', '--heartbeat-port', '0', '--data-dir', dataDir, ...args];
  const child = spawn(process.execPath, [PROGRAM, ...all], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { NODE_ENV: 'production' },
  });
  children.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  return { child, output, ended };
}

async function startReady(...args: string[]) {
  const started = start(...args);
  await expect.poll(() => started.output.stdout, { timeout: 10_000 }).toMatch(READY);
  const [, port, heartbeatPort] = READY.exec(started.output.stdout)!;
  return { ...started, port: Number(port), heartbeatPort: Number(heartbeatPort) };
}

function refused(result: { code: number | null; stdout: string; stderr: string }, start: string): void {
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(/^[^\n]+\n$/);
  expect(result.stderr.startsWith(`pulsewatch: ${start}`), result.stderr).toBe(true);
}

test('H40, H41: mistakes end the start with one line and exit code 2', async () => {
  const [wrong, unknown, folder, host] = await Promise.all([
    start('--misses', 'five').ended,
    start('--mises', '5').ended,
    start('--data-dir', '/proc/pulsewatch').ended,
    start('--heartbeat-host', '192.0.2.1').ended,
  ]);
  refused(wrong, 'MISSES is "five"; it takes a whole number');
  refused(unknown, '"--mises" is not a setting');
  refused(folder, 'DATA_DIR is "/proc/pulsewatch"; it takes a folder');
  refused(host, 'HEARTBEAT_HOST is "192.0.2.1"; it takes an address of this machine');
});

test('H45: --help prints every setting and ends with 0', async () => {
  const { code, stdout, stderr } = await start('--help').ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /^ {2}--port +a port number from 1 to 65535, or 0 for any free port; 3000 unless given$/m,
  );
  expect(stdout).toContain('--retention-days');
  expect(stdout).not.toContain('--pulsewatch');
});

test('H41: ports in use are named, TCP and UDP', async () => {
  const tcp = createServer().listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const udp = createSocket('udp4');
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as { port: number };
  const results = await Promise.all([
    start('--port', String(port)).ended,
    start('--heartbeat-port', String(udp.address().port)).ended,
  ]);
  tcp.close();
  udp.close();
  refused(results[0], `PORT is "${port}"; it takes a port that is free on 127.0.0.1`);
  refused(results[1], 'HEARTBEAT_PORT is "');
});

test('H43: SIGTERM and SIGINT end it cleanly, with a viewer connected', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { child, port, ended } = await startReady();
    const viewer = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], parser, reconnection: false });
    await new Promise((resolve) => viewer.once('frame', resolve));
    const keptAlive = await fetch(`http://127.0.0.1:${port}/api/health`);
    await keptAlive.json();
    const askedAtMs = performance.now();
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(READY) });
    expect(performance.now() - askedAtMs).toBeLessThan(2_000);
    viewer.close();
  }
});

test('H42: it listens on the loopback addresses alone, TCP and UDP, and hears both', async () => {
  const server = await startTestServer();
  try {
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const hasIpv6 = addresses.some(({ address }) => address === '::1');
    const expected = hasIpv6 ? ['127.0.0.1', '[::1]'] : ['127.0.0.1'];
    for (const host of expected) {
      expect((await fetch(`http://${host}:${server.port}/api/health`)).status).toBe(200);
      const ipv6 = host === '[::1]';
      const socket = createSocket(ipv6 ? 'udp6' : 'udp4');
      const name = ipv6 ? 'six' : 'four';
      socket.send(name, server.heartbeatPort, ipv6 ? '::1' : host);
      const { host: heard } = await server.until(`/api/hosts/${name}`, (body) => body.host !== undefined);
      expect(heard.source).toBe(ipv6 ? '::1' : '127.0.0.1');
      socket.close();
    }
    const others = addresses.filter(({ internal, address }) => !internal && !address.startsWith('fe80'));
    for (const { address, family } of others) {
      const host = family === 'IPv6' ? `[${address}]` : address;
      await expect(fetch(`http://${host}:${server.port}/api/health`)).rejects.toThrow();
    }
  } finally {
    await server.stop();
  }
});

test('a stopped server has given back its ports', async () => {
  const first = await startTestServer();
  await first.stop();
  const ports = ['--port', String(first.port), '--heartbeat-port', String(first.heartbeatPort)];
  const second = await startTestServer(...ports);
  expect([second.port, second.epoch === first.epoch]).toEqual([first.port, false]);
  await second.stop();
});

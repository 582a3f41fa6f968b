import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SpawnedProcess } from '../testing/spawned-process.ts';
import { UdpListener } from '../testing/udp-listener.ts';

const BIN = path.join(import.meta.dirname, 'pulsewatch.js');
const KEY = '9578e760fbeff57829c75cc0071ebaff2217464f54580ec68f11a7a703f2e6c5';

let folder: string;
const ends: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pulsewatch-'));
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  rmSync(folder, { recursive: true });
});

function agent(port: number, args: readonly string[], env: Record<string, string> = {}): SpawnedProcess {
  const common = ['--server', `127.0.0.1:${port}`, '--name', 'web-01', '--interval', '50ms'];
  const child = new SpawnedProcess([BIN, 'agent', ...common, ...args], {
    env: { XDG_STATE_HOME: folder, ...env },
  });
  ends.push(() => child.end());
  return child;
}

const typeOf = (message: Uint8Array): number => message[1]! & 15;

function isSigned(message: Buffer): boolean {
  const body = message.subarray(0, -16);
  const tag = createHmac('sha256', Buffer.from(KEY, 'hex')).update(body).digest().subarray(0, 16);
  return message[2] === 1 && message[3] === 1 && tag.equals(message.subarray(-16));
}

/** What came over one connection, without the lengths. */
function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at);
    if (at + 2 + length > bytes.length) break;
    frames.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return frames;
}

test.each([
  ['--key', ['--key', `1:${KEY}`], {}],
  ['HEARTBEAT_KEY', [], { HEARTBEAT_KEY: `1:${KEY}` }],
])('G80 G81: by %s all of it is signed, to the bye, and the key is said nowhere', async (_, args, env) => {
  const listener = await UdpListener.bind(0);
  ends.push(() => listener.close());
  const child = agent(listener.port, args, env);
  await listener.until((arrivals) => arrivals.length >= 5);
  child.kill('SIGTERM');
  await listener.until((arrivals) => arrivals.some(({ bytes }) => typeOf(bytes) === 3));
  expect((await child.exit).code).toBe(0);
  expect(listener.arrivals.every(({ bytes }) => isSigned(bytes))).toBe(true);
  expect(listener.arrivals.map(({ bytes }) => typeOf(bytes)).slice(0, 2)).toEqual([2, 1]);
  expect([...child.stdout, ...child.stderr].join('\n')).not.toContain(KEY.slice(0, 8));
});

test('G83: over TCP the same messages come behind their lengths, and at the end a bye', async () => {
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (bytes: Buffer) => received.push(bytes));
    socket.on('end', () => resolve());
    socket.on('error', () => resolve());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const child = agent(port, ['--tcp', '--key', `1:${KEY}`]);
  await expect.poll(() => framesOf(Buffer.concat(received)).length, { timeout: 10_000 }).toBeGreaterThan(5);
  child.kill('SIGTERM');
  await gone;
  expect((await child.exit).code).toBe(0);
  const frames = framesOf(Buffer.concat(received));
  expect(frames.every(isSigned)).toBe(true);
  // Where connecting takes longer than an interval the hello is a later one, but it comes first all the same.
  expect([typeOf(frames[0]!), typeOf(frames.at(-2)!), typeOf(frames.at(-1)!)]).toEqual([2, 1, 3]);
  const seqs = frames.map((frame) => frame.readUInt32LE(20));
  expect(seqs).toEqual(seqs.map((_, i) => seqs[0]! + i));
  expect(child.stdout[0]).toContain('over TCP');
});

import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beatBytes, helloBytes } from '../engine/testing/shard-probe.ts';
import { KEY_1, tagged } from '../engine/testing/tagged-bytes.ts';
import { ServerProcess } from './server-process.ts';

const env = { HEARTBEAT_KEYS: `${KEY_1.id}:${Buffer.from(KEY_1.master).toString('hex')}` };
const INTERVAL_MS = 100;

let folder: string;
let socket: Socket;
let server: ServerProcess;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewatch-replay-'));
  socket = createSocket('udp4');
});
afterAll(async () => {
  socket.close();
  await server?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const send = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.send(bytes, server.heartbeatPort, '127.0.0.1', (error) =>
      error === null ? resolve() : reject(error),
    );
  });

const state = async (name: string) => (await server.get(`/api/hosts/${name}`)).host.state;

test('E138: a capture of an earlier run, sent again to the real server after a stop and a start, makes nobody up', {
  timeout: 60_000,
}, async () => {
  server = await ServerProcess.start(folder, { env });
  const startedAtMs = Date.now();
  const capture = Array.from({ length: 40 }, (_, i) => {
    const fields = { seq: i + 1, incarnation: startedAtMs, intervalMs: INTERVAL_MS };
    return tagged(i === 0 ? helloBytes('web-01', {}, fields) : beatBytes('web-01', fields));
  });
  for (const message of capture) await send(message);
  await server.until('/api/hosts', ({ total }) => total === 1);
  await server.until('/api/health', ({ ingest }) => ingest.accepted === capture.length);
  // Forged, of another key and without one: counted, and the host stays as it is.
  const forged = tagged(beatBytes('web-01', { seq: 99, incarnation: startedAtMs }), KEY_1, 'web-02');
  for (const message of [
    forged,
    beatBytes('web-01', { seq: 99 }),
    tagged(beatBytes('x'), { ...KEY_1, id: 9 }),
  ]) {
    await send(message);
  }
  await server.until('/api/health', ({ ingest: { rejected: counts } }) =>
    ['bad_tag', 'untagged', 'unknown_key'].every((reason) => counts[reason] === 1),
  );
  await server.until('/api/hosts/web-01', ({ host }) => host.state === 'down');
  await server.kill('SIGTERM');

  server = await ServerProcess.start(folder, { env });
  // The register is written at the stop too: the host is known, and down.
  expect(await state('web-01')).toBe('down');
  for (let round = 1; round <= 3; round++) {
    for (const message of capture) await send(message);
    await server.until('/api/health', ({ ingest }) => ingest.rejected.replay === round * capture.length);
  }
  expect([await state('web-01'), (await server.get('/api/health')).ingest.accepted]).toEqual(['down', 0]);

  // Its clock was set back: refused, and the page can say so.
  for (const seq of [1, 2, 3]) {
    await send(
      tagged(beatBytes('web-01', { seq, incarnation: startedAtMs - 60_000, intervalMs: INTERVAL_MS })),
    );
  }
  await server.until('/api/hosts/web-01', ({ olderIncarnationRefused }) => olderIncarnationRefused === true);
  await server.until('/api/health', ({ ingest }) => ingest.rejected.old_incarnation === 3);
  expect(await state('web-01')).toBe('down');

  // The agent itself, started anew, is heard at once.
  await send(tagged(beatBytes('web-01', { seq: 1, incarnation: startedAtMs + 1, intervalMs: 60_000 })));
  await server.until('/api/hosts/web-01', ({ host }) => host.state === 'up');
  expect((await server.get('/api/hosts/web-01')).olderIncarnationRefused).toBe(false);
  await server.kill('SIGTERM');
});

/**
 * Viewers that never read, on every way frames are carried, on the real clock and all at once: what they cost, and
 * when they are closed. Beside them viewers that come back earlier.
 */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { MAX_ALERTS_PER_FRAME } from '#lib/protocol/frames.ts';
import { MAX_UNACKED_FRAMES } from '../live/viewer.ts';
import { bytesInUse } from '../testing/memory-in-use.ts';
import { pollAdapter } from './contract-poll.ts';
import { ContractServer } from './contract-server.ts';
import { socketIoAdapter } from './contract-socketio.ts';
import { sseAdapter } from './contract-sse.ts';
import type { ContractViewer } from './contract-viewer.ts';

const UP = 2;
const DOWN = 4;
const SLOTS = 20_000;
const TICK_MS = 100;
/** What the kernel takes of an unread stream, at most 4 MB here, is full after so many diffs of 40 kB. */
const FILLING_TICKS = 120;
const LONG_REASON = 'x'.repeat(24_000);
const MEMORY_SLACK_BYTES = 3_000_000;
const CLOSED_AFTER_MS = 10_000;
/** Looked for every half second; the rest is for a busy machine. */
const CLOSED_WITHIN_MS = 5_000;
const BACK_AFTER_MS = 4_000;
/** When memory is looked at again. */
const AGAIN_AFTER_MS = 9_000;

const stops: (() => unknown)[] = [];
let server: ContractServer;
/** Of another fleet, whose whole answer is more than the kernel takes. */
let bulky: ContractServer;
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await server.close();
  await bulky.close();
});

const states = [DOWN, UP].map((state) =>
  Array.from({ length: SLOTS }, (_, slot): [number, number] => [slot, state]),
);
let ticks = 0;
function tick(): void {
  server.set(...states[ticks++ % 2]!);
}

/** The server's socket of what `connect` opens, and when it closes. */
async function watched<T>(
  { http }: ContractServer,
  connect: () => Promise<T>,
): Promise<{ viewer: T; closedAtMs: Promise<number> }> {
  const [[socket], viewer] = await Promise.all([once(http, 'connection') as Promise<[Socket]>, connect()]);
  return { viewer, closedAtMs: once(socket, 'close').then(() => performance.now()) };
}

async function currentViewer(connect: () => Promise<ContractViewer>): Promise<ContractViewer> {
  const viewer = await connect();
  await viewer.until(({ position }) => position?.s === server.log.seq);
  viewer.view.frames.length = 0;
  return viewer;
}

/** Alerts: as large as a snapshot of ten million hosts, and sooner made. */
async function startBulky(): Promise<void> {
  bulky = await new ContractServer().listen();
  for (let number = 0; number < MAX_ALERTS_PER_FRAME; number++) {
    const hostId = number.toString(16).padStart(16, '0');
    bulky.log.stageAlert({
      ...{ id: `${hostId}-1`, hostId, host: `web-${number}`, episode: 1, openedAt: number, closedAt: null },
      ...{ reason: LONG_REASON, evidence: null, incidentId: null, ack: null },
    });
  }
  bulky.publish();
}

async function unreadPoll(): Promise<IncomingMessage> {
  const asked = request(`${bulky.origin}/rt/poll`, { agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.on('error', () => {}); // it is cut off
  return response;
}

test('L23, L31: who never reads costs nothing more and is closed after ten seconds; who comes back gets one merged diff', async () => {
  await startBulky();
  server = await new ContractServer().listen();
  server.addHosts(SLOTS);
  const adapters = [socketIoAdapter, sseAdapter, pollAdapter('long polling', 25)];
  const returning = await Promise.all(
    adapters.map((adapter) => currentViewer(() => adapter.connect(server))),
  );
  const lost = [];
  for (const adapter of [socketIoAdapter, sseAdapter]) {
    lost.push(await watched(server, () => currentViewer(() => adapter.connect(server))));
  }
  for (const viewer of [...returning, ...lost.map(({ viewer }) => viewer)]) await viewer.stopReading();
  const stoppedAtMs = performance.now();
  const stoppedAt = server.log.seq;
  const poll = await watched(bulky, unreadPoll);

  for (let i = 0; i < FILLING_TICKS; i++) {
    tick();
    await turn();
  }
  const filledAtMs = performance.now();
  const settledAt = server.log.seq;
  const before = await bytesInUse();
  const ticking = setInterval(tick, TICK_MS);
  stops.push(() => clearInterval(ticking));
  const until = (afterMs: number) => pause(Math.max(0, stoppedAtMs + afterMs - performance.now()));
  await until(BACK_AFTER_MS);
  // On a busy machine none may have come since: what is merged has to be later than what is in flight.
  tick();
  const comesBack = async (viewer: ContractViewer, acknowledges: boolean): Promise<void> => {
    const seq = server.log.seq;
    viewer.resumeReading();
    await viewer.until(({ position }) => position!.s >= seq);
    const spans = viewer.view.frames.flatMap((frame) => (frame.t === 'D' ? [[frame.f, frame.s]] : []));
    const inFlight = spans.filter(([, s]) => s! <= settledAt);
    if (acknowledges) expect(inFlight.length).toBeLessThanOrEqual(MAX_UNACKED_FRAMES);
    const [[f, s] = []] = spans.slice(inFlight.length);
    expect(f).toBe(inFlight.at(-1)?.[1] ?? stoppedAt);
    expect(s).toBeGreaterThanOrEqual(seq);
    viewer.abort();
    viewer.view.frames.length = 0;
  };
  await Promise.all(returning.map((viewer, i) => comesBack(viewer, adapters[i]!.acknowledges)));

  await until(AGAIN_AFTER_MS);
  expect((await bytesInUse()) - before).toBeLessThan(MEMORY_SLACK_BYTES);
  expect(server.bufferedBytes + bulky.bufferedBytes).toBeLessThan(MEMORY_SLACK_BYTES);
  for (const { closedAtMs } of [...lost, poll]) {
    const atMs = await closedAtMs;
    expect(atMs - stoppedAtMs).toBeGreaterThanOrEqual(CLOSED_AFTER_MS);
    expect(atMs - filledAtMs).toBeLessThan(CLOSED_AFTER_MS + CLOSED_WITHIN_MS);
  }
  clearInterval(ticking);
  await vi.waitFor(() =>
    expect([server.sockets.size, server.viewers.size, bulky.sockets.size]).toEqual([0, 0, 0]),
  );
  expect((await bytesInUse()) - before).toBeLessThan(MEMORY_SLACK_BYTES);
}, 40_000);

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as IoServer, type Socket } from 'socket.io';
import * as parser from 'socket.io-msgpack-parser';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Position } from '#lib/protocol/position.ts';
import type { OpenSource, Source } from '../source.ts';
import { ModelServer } from '../testing/model-server.ts';
import { type ObservedSource, observe } from '../testing/observed-source.ts';
import { openPoll } from './poll.ts';
import { openSocketIo } from './socketio.ts';

let http: Server;
let io: IoServer;
let origin: string;
let handler: (request: IncomingMessage, response: ServerResponse) => void;
const sources: Source[] = [];
const model = new ModelServer(() => 1_700_000_000_000);

beforeEach(async () => {
  http = createServer((request, response) => handler(request, response));
  io = new IoServer(http, { parser: 'default' in parser ? (parser.default as typeof parser) : parser });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const source of sources.splice(0)) source.stop();
  http.closeAllConnections();
  await io.close();
});

function open(openSource: OpenSource, position: () => Position | null = () => null): ObservedSource {
  const observed = observe(openSource, { origin, position });
  sources.push(observed.source);
  return observed;
}

const viewer = async (): Promise<Socket> => (await once(io, 'connection'))[0] as Socket;

test('C26: Socket.IO uses WebSocket alone, the position in auth, one binary frame an event', async () => {
  const first = viewer();
  const fresh = open(openSocketIo);
  const socket = await first;
  expect(socket.conn.transport.name).toBe('websocket');
  expect(socket.handshake.auth).toEqual({});
  expect(socket.handshake.query.transport).toBe('websocket');
  model.change([[300, 4]]);
  const [, snapshot] = model.snapshot();
  socket.emit('frame', snapshot);
  await fresh.until(() => fresh.frames.length === 1);
  const got = fresh.frames[0] as { t: string; data: Uint8Array };
  expect(got.t).toBe('S');
  expect(Buffer.from(got.data)).toEqual(Buffer.from(model.states));
  const second = viewer();
  open(openSocketIo, () => ({ e: '0123456789abcdef', s: 7 }));
  expect((await second).handshake.auth).toEqual({ e: '0123456789abcdef', s: 7 });
});

test('C40: Socket.IO’s handshake carries the query, and its position stays in auth', async () => {
  const connected = viewer();
  const position: Position = { e: '0123456789abcdef', s: 7 };
  const query = { feed: '00000000000000ff', meter: 'a b&c' };
  sources.push(observe(openSocketIo, { origin, position: () => position, query }).source);
  const { handshake } = await connected;
  expect(handshake.query).toMatchObject({ ...query, transport: 'websocket' });
  expect(handshake.auth).toEqual(position);
});

test('C26: acks go after four frames at once, and after fewer within 250 ms', async () => {
  const connected = viewer();
  const { source, until, frames } = open(openSocketIo);
  const socket = await connected;
  const acks: number[] = [];
  socket.on('ack', (s: number) => acks.push(s));
  for (let s = 1; s <= 5; s++) socket.emit('frame', { t: 'X' });
  await until(() => frames.length === 5);
  const acked = once(socket, 'ack');
  const startedMs = performance.now();
  for (let s = 1; s <= 4; s++) source.ack(s);
  await acked;
  expect(acks).toEqual([4]);
  expect(performance.now() - startedMs).toBeLessThan(200);
  const later = once(socket, 'ack');
  source.ack(5);
  await later;
  expect(acks).toEqual([4, 5]);
  expect(performance.now() - startedMs).toBeGreaterThan(200);
});

test('C26: a refusal by the server and the end of a connection are told, once', async () => {
  io.use((_, next) => next(Object.assign(new Error('too many'), { data: { retryAfterMs: 4_000 } })));
  const refused = open(openSocketIo);
  await refused.until(() => refused.reason() !== null);
  expect(refused.reason()).toEqual({ kind: 'refused', detail: 'Socket.IO: too many', retryAfterMs: 4_000 });
  handler = (_, response) => response.writeHead(403).end();
  origin = 'http://127.0.0.1:1';
  const nobody = open(openSocketIo);
  await nobody.until(() => nobody.reason() !== null);
  expect(nobody.reason()!.kind).toBe('lost');
  expect(nobody.log).toEqual(['closed']);
});

test('C26: a cut WebSocket ends the source', async () => {
  const connected = viewer();
  const source = open(openSocketIo);
  const socket = await connected;
  await source.until(() => source.log.includes('opened'));
  socket.conn.close();
  await source.until(() => source.reason() !== null);
  expect(source.reason()!.kind).toBe('lost');
});

test('C27: polling asks from the current position, again after POLL_MS, and hands the frames on', async () => {
  const asked: string[] = [];
  handler = (request, response) => {
    asked.push(request.url!);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ frames: [{ t: 'B' }, { t: 'X' }] }));
  };
  let position: Position | null = null;
  const polling = open(
    (options) => openPoll(options, 50),
    () => position,
  );
  await polling.until(() => polling.frames.length === 2);
  position = { e: '0123456789abcdef', s: 7 };
  await polling.until(() => polling.frames.length === 4);
  expect(asked).toEqual(['/rt/poll?wait=0', '/rt/poll?e=0123456789abcdef&s=7&wait=0']);
  expect(polling.log.filter((what) => what === 'opened').length).toBe(1);
});

test.each([
  ['the interval counts from request to request', 800, 600, 800, 1_300],
  ['a slow answer is followed by a pause of a quarter', 800, 1_000, 1_200, 1_700],
])('C27: %s', async (_, pollMs, answerMs, earliestMs, latestMs) => {
  const askedAtMs: number[] = [];
  handler = (_request, response) => {
    askedAtMs.push(performance.now());
    response.setHeader('content-type', 'application/json');
    setTimeout(() => response.end('{"frames":[{"t":"B"}]}'), answerMs);
  };
  const polling = open((options) => openPoll(options, pollMs));
  await polling.until(() => polling.frames.length === 2);
  const apartMs = askedAtMs[1]! - askedAtMs[0]!;
  // Timers are exact to a millisecond or two.
  expect(apartMs).toBeGreaterThan(earliestMs - 20);
  expect(apartMs).toBeLessThan(latestMs);
});

test.each([
  [
    503,
    { 'retry-after': '7' },
    '{"detail":"full"}',
    { kind: 'refused', detail: 'polling: full', retryAfterMs: 7_000 },
  ],
  [502, {}, '<html>', { kind: 'refused', detail: 'polling: status 502' }],
  [200, {}, '{"frames":7}', { kind: 'refused', detail: 'polling: the answer is not {"frames":[…]}' }],
])('C27: an answer %i %o %s ends polling with its reason', async (status, headers, body, reason) => {
  handler = (_, response) => response.writeHead(status, headers).end(body);
  const polling = open(openPoll);
  await polling.until(() => polling.reason() !== null);
  expect(polling.reason()).toEqual(reason);
  expect(polling.log).toEqual(['closed']);
});

test('C27: no server, no JSON: lost', async () => {
  handler = (_, response) => response.end('{');
  const noJson = open(openPoll);
  await noJson.until(() => noJson.reason() !== null);
  expect(noJson.reason()!.kind).toBe('lost');
  origin = 'http://127.0.0.1:1';
  const nobody = open(openPoll);
  await nobody.until(() => nobody.reason() !== null);
  expect(nobody.reason()!.kind).toBe('lost');
});

test('C28: a stopped source ends its request or socket and says nothing more', async () => {
  const requested = once(http, 'request');
  handler = () => {};
  const polling = open(openPoll);
  const [request] = (await requested) as [IncomingMessage];
  const aborted = new Promise((resolve) => request.socket.once('close', resolve));
  polling.source.stop();
  await aborted;
  const connected = viewer();
  const pushing = open(openSocketIo);
  const socket = await connected;
  await pushing.until(() => pushing.log.includes('opened'));
  const gone = once(socket, 'disconnect');
  pushing.source.stop();
  await gone;
  const early = open(openSocketIo);
  early.source.stop();
  early.source.ack(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect([polling.log, pushing.log, early.log]).toEqual([[], ['opened'], []]);
});

/** How each transport recognises that nobody is signed in, against real servers that let nobody in. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as IoServer } from 'socket.io';
import * as parser from 'socket.io-msgpack-parser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SessionInfo } from '#lib/protocol/account.ts';
import { problemOf } from '#lib/protocol/errors.ts';
import type { OpenSource, Source } from '../source.ts';
import { type ObservedSource, observe } from '../testing/observed-source.ts';
import { openLongPoll } from './long-poll.ts';
import { openPoll } from './poll.ts';
import { openSocketIo } from './socketio.ts';
import { openSse } from './sse.ts';

const NOBODY: SessionInfo = { auth: 'password', setupNeeded: false, user: null };

let http: Server;
let io: IoServer;
let origin: string;
let handler: (request: IncomingMessage, response: ServerResponse) => void;
let asked: string[];
/** What the upgrade of a WebSocket is refused with; null: it is let in. */
let refusesUpgrade: string | null;
const sources: Source[] = [];

beforeEach(async () => {
  asked = [];
  refusesUpgrade = 'HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n';
  http = createServer((request, response) => {
    asked.push(request.url!);
    handler(request, response);
  });
  io = new IoServer({ parser: 'default' in parser ? (parser.default as typeof parser) : parser });
  io.attach(http);
  const [letIn] = http.listeners('upgrade') as ((...args: unknown[]) => void)[];
  http.removeAllListeners('upgrade');
  http.on('upgrade', (request, socket, head) => {
    if (refusesUpgrade === null) letIn!(request, socket, head);
    else socket.end(refusesUpgrade);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const source of sources.splice(0)) source.stop();
  http.closeAllConnections();
  await io.close();
});

function open(openSource: OpenSource): ObservedSource {
  const observed = observe(openSource, { origin, position: () => null });
  sources.push(observed.source);
  return observed;
}

async function endOf(openSource: OpenSource): Promise<ReturnType<ObservedSource['reason']>> {
  const observed = open(openSource);
  await observed.until(() => observed.reason() !== null);
  expect(observed.log.filter((what) => what === 'closed')).toHaveLength(1);
  return observed.reason();
}

const answerJson = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

describe.each([
  ['SSE', openSse],
  ['polling', openPoll],
  ['long polling', openLongPoll],
] as const)('C76: %s', (name, openSource) => {
  test('the server’s own 401 ends it as signed out', async () => {
    handler = (_, response) => answerJson(response, 401, problemOf('unauthenticated', 'sign in at /login'));
    expect(await endOf(openSource)).toEqual({ kind: 'signed-out', detail: `${name}: sign in at /login` });
  });

  test.each([
    ['a proxy’s 401', 401, { error: 'who are you' }],
    ['another problem of the server', 403, problemOf('foreign_origin', 'not from there')],
  ])('%s is a refusal', async (_, status, body) => {
    handler = (_request, response) => answerJson(response, status, body);
    expect((await endOf(openSource))!.kind).toBe('refused');
  });
});

describe('C76: Socket.IO', () => {
  test('a refused upgrade asks once whether somebody is signed in', async () => {
    handler = (_, response) => answerJson(response, 200, NOBODY);
    expect((await endOf(openSocketIo))!.kind).toBe('signed-out');
    expect(asked).toEqual(['/api/session']);
  });

  test('so does a connection that the server ends', async () => {
    refusesUpgrade = null;
    handler = (_, response) => answerJson(response, 200, NOBODY);
    const connected = once(io, 'connection');
    const observed = open(openSocketIo);
    await observed.until(() => observed.log.includes('opened'));
    const [socket] = await connected;
    socket.emit('frame', { t: 'B' });
    await observed.until(() => observed.frames.length === 1);
    socket.conn.close();
    await observed.until(() => observed.reason() !== null);
    expect(observed.reason()!.kind).toBe('signed-out');
    expect(asked).toEqual(['/api/session']);
  });

  const somebody: SessionInfo = { ...NOBODY, user: { name: 'ada', role: 'viewer' } };
  test.each<readonly [string, number, unknown]>([
    ['somebody is signed in', 200, somebody],
    ['there is no sign-in', 200, { ...NOBODY, auth: 'none' } satisfies SessionInfo],
    ['the server knows no such call', 404, problemOf('not_found', 'nothing here')],
    ['the server failed', 500, null],
    ['it is no session', 200, ['?']],
  ])('where %s the connection is lost, as before', async (_, status, body) => {
    handler = (_request, response) => answerJson(response, status, body);
    expect((await endOf(openSocketIo))!.kind).toBe('lost');
  });

  test('an answer that does not come holds nothing up for more than two seconds', async () => {
    handler = () => {};
    expect((await endOf(openSocketIo))!.kind).toBe('lost');
  });

  test('stopped while it asks, it says nothing', async () => {
    const arrived = new Promise<IncomingMessage>((resolve) => {
      handler = (request) => resolve(request);
    });
    const observed = open(openSocketIo);
    const request = await arrived;
    const gone = once(request.socket, 'close');
    observed.source.stop();
    await gone;
    expect(observed.log).toEqual([]);
  });
});

/** What stands before the API: connections that do not keep to HTTP, or take their time. Bare sockets. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EVERYONE } from '../auth/identity.ts';
import { startTestServer, type TestServer } from '../testing/running-server.ts';
import { type HttpPatience, type HttpServer, startHttpServer } from './http-server.ts';

type RawAnswer = { readonly status: number; readonly head: string; readonly code: string | null };

/** Sends `text` as it is; resolves when the server has closed. */
async function raw(port: number, text: string | Buffer): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  const [head = '', ...body] = answer.split('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 ([0-9]{3}) /.exec(head)?.[1] ?? 0);
  return { status, head, code: /"code":"([a-z_]+)"/.exec(body.join(''))?.[1] ?? null };
}

const HOST = 'Host: localhost\r\nConnection: close\r\n';
const UPGRADE = 'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
const JSON_BODY = `${HOST}Content-Type: application/json\r\n`;

function post(path: string, body: string | Buffer): Buffer {
  const head = `POST ${path} HTTP/1.1\r\n${JSON_BODY}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const cursor = (parts: string): string => Buffer.from(parts).toString('base64url');

describe('a whole server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    await server.beat('web-1 interval=600s');
    await server.until('/api/health', ({ hosts }) => hosts.up === 1);
  });
  afterAll(() => server.stop());

  const refused: [name: string, request: string | Buffer, status: number, code: string][] = [
    ['H6: no HTTP', '\x00\x01\x02\r\n\r\n', 400, 'invalid_request'],
    ['H6: an unknown method', `BLAH / HTTP/1.1\r\n${HOST}\r\n`, 400, 'invalid_request'],
    [
      'H6: 100 kB of q',
      `GET /api/hosts?q=${'x'.repeat(100_000)} HTTP/1.1\r\n${HOST}\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'H6: a length and chunks',
      `POST /api/alerts/ack HTTP/1.1\r\n${JSON_BODY}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'invalid_request',
    ],
    [
      'H6: a broken chunk',
      `POST /api/alerts/ack HTTP/1.1\r\n${JSON_BODY}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
      'invalid_request',
    ],
    ['H1: no Host in HTTP/1.1', 'GET /api/health HTTP/1.1\r\nConnection: close\r\n\r\n', 403, 'foreign_host'],
    ['H1: no Host in HTTP/1.0', 'GET /api/health HTTP/1.0\r\n\r\n', 403, 'foreign_host'],
    ['H1: two Hosts', `GET /api/health HTTP/1.1\r\n${HOST}Host: evil.example\r\n\r\n`, 403, 'foreign_host'],
    [
      'H1: a Host with a name before it',
      'GET / HTTP/1.1\r\nHost: a@localhost\r\nConnection: close\r\n\r\n',
      403,
      'foreign_host',
    ],
    [
      'H1: a foreign upgrade',
      `GET /socket.io/ HTTP/1.1\r\n${UPGRADE.replace('localhost', 'evil')}\r\n`,
      403,
      'foreign_host',
    ],
    [
      'H2: an Origin with a path',
      `GET /api/health HTTP/1.1\r\n${HOST}Origin: http://localhost/x\r\n\r\n`,
      403,
      'foreign_origin',
    ],
    ['H11: a whole URL', `GET http://localhost/api/health HTTP/1.1\r\n${HOST}\r\n`, 404, 'not_found'],
    ['H11: another host’s path', `GET //evil.example/api/health HTTP/1.1\r\n${HOST}\r\n`, 404, 'not_found'],
    ['H11: * for all', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 404, 'not_found'],
    [
      'H11: Socket.IO without WebSocket',
      `GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n${HOST}\r\n`,
      404,
      'not_found',
    ],
    ['H11: an upgrade elsewhere', `GET /api/health HTTP/1.1\r\n${UPGRADE}\r\n`, 404, 'not_found'],
    ['H11: OPTIONS', `OPTIONS /api/health HTTP/1.1\r\n${HOST}\r\n`, 405, 'method_not_allowed'],
    ['H24: an encoded slash', `GET /api/hosts/a%2Fb HTTP/1.1\r\n${HOST}\r\n`, 404, 'host_not_found'],
    ['H24: no percent code', `GET /api/hosts/%zz HTTP/1.1\r\n${HOST}\r\n`, 404, 'host_not_found'],
    ['H24: __proto__', `GET /api/hosts/__proto__/events HTTP/1.1\r\n${HOST}\r\n`, 404, 'host_not_found'],
    [
      'H10: a label __proto__',
      `GET /api/hosts?label=__proto__:x HTTP/1.1\r\n${HOST}\r\n`,
      400,
      'invalid_parameter',
    ],
    ['H10: limit as a list', `GET /api/hosts?limit[]=1 HTTP/1.1\r\n${HOST}\r\n`, 400, 'invalid_parameter'],
    [
      'H10: a limit beyond numbers',
      `GET /api/hosts?limit=${'9'.repeat(400)} HTTP/1.1\r\n${HOST}\r\n`,
      400,
      'invalid_parameter',
    ],
    [
      'H10: a cursor of another sort',
      `GET /api/hosts?sort=-name&cursor=${cursor('["name",0,"a","b"]')} HTTP/1.1\r\n${HOST}\r\n`,
      400,
      'invalid_parameter',
    ],
    [
      'H10: an endless cursor',
      `GET /api/hosts?cursor=${cursor('["name",1e999,"a","b"]')} HTTP/1.1\r\n${HOST}\r\n`,
      400,
      'invalid_parameter',
    ],
    [
      'H10: half an event’s cursor',
      `GET /api/events?cursor=${cursor('[1.5]')} HTTP/1.1\r\n${HOST}\r\n`,
      400,
      'invalid_parameter',
    ],
    [
      'H10: a cursor before all',
      `GET /api/events?cursor=${cursor('[-5]')} HTTP/1.1\r\n${HOST}\r\n`,
      400,
      'invalid_parameter',
    ],
    ['H10: a deep body', post('/api/alerts/ack', nested(30_000)), 400, 'invalid_parameter'],
    ['H10: deep ids', post('/api/alerts/ack', `{"ids":${nested(30_000)}}`), 400, 'invalid_parameter'],
    [
      'H10: a filter of __proto__',
      post('/api/alerts/ack', '{"filter":{"__proto__":{}}}'),
      400,
      'invalid_parameter',
    ],
    [
      'H10: a field with a long name',
      post('/api/alerts/ack', `{"${'x'.repeat(60_000)}":1}`),
      400,
      'invalid_parameter',
    ],
    [
      'H4: a body that is not UTF-8',
      post('/api/alerts/unack', Buffer.from('{"batchId":"\xff\xfe"}', 'latin1')),
      400,
      'invalid_json',
    ],
    ['H4: no body', post('/api/alerts/ack', ''), 400, 'invalid_json'],
    [
      'L35: Engine.IO 3',
      `GET /socket.io/?EIO=3&transport=websocket HTTP/1.1\r\n${UPGRADE}\r\n`,
      400,
      'invalid_parameter',
    ],
    [
      'L35: a key that is none',
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${UPGRADE}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n`,
      400,
      'invalid_parameter',
    ],
    [
      'L37: a poll without numbers',
      `GET /rt/poll?e=%00&s=NaN HTTP/1.1\r\n${HOST}\r\n`,
      400,
      'invalid_parameter',
    ],
  ];

  test.each(refused)('H5: %s is a problem document', async (_name, request, status, code) => {
    const answer = await raw(server.port, request);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.head).toMatch(/^content-type: application\/problem\+json$/im);
    expect(answer.head).toMatch(/^cache-control: no-store/im);
    expect(answer.head).toMatch(/^x-content-type-options: nosniff$/im);
    expect(Buffer.byteLength(answer.head)).toBeLessThan(2_000);
    // None of it is a bug of ours.
    expect(server.faults).toEqual([]);
  });

  const refusedLive: [name: string, request: string][] = [
    ['a foreign Host of a poll', 'GET /rt/poll HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n'],
    ['a foreign Origin of a stream', `GET /rt/sse HTTP/1.1\r\n${HOST}Origin: null\r\n\r\n`],
    ['a write', `POST /rt/poll HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`],
    ['Socket.IO without WebSocket', `GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n${HOST}\r\n`],
    ['an upgrade of a stream', `GET /rt/sse HTTP/1.1\r\n${UPGRADE}\r\n`],
    ['a foreign upgrade', `GET /socket.io/ HTTP/1.1\r\n${UPGRADE}Origin: http://evil\r\n\r\n`],
  ];

  test.each(refusedLive)('L40: the refusal of %s is as every live answer', async (_name, request) => {
    const { status, head } = await raw(server.port, request);
    expect(status).toBeGreaterThanOrEqual(403);
    expect(head.match(/^cache-control: .*$/gim)).toEqual(['Cache-Control: no-store, no-transform']);
    expect(head).toMatch(/^x-accel-buffering: no$/im);
  });

  const taken: [name: string, request: string | Buffer][] = [
    [
      'H7: an upgrade to HTTP/2',
      `GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    ],
    [
      'H7: an expectation',
      `POST /api/alerts/unack HTTP/1.1\r\n${JSON_BODY}Expect: nonsense\r\nContent-Length: 15\r\n\r\n{"batchId":"x"}`,
    ],
    [
      'H3: JSON with its charset',
      `POST /api/alerts/unack HTTP/1.1\r\n${HOST}Content-Type: Application/JSON ; charset=utf-8\r\nContent-Length: 15\r\n\r\n{"batchId":"x"}`,
    ],
    [
      'H4: a body in chunks',
      `POST /api/alerts/unack HTTP/1.1\r\n${JSON_BODY}Transfer-Encoding: chunked\r\n\r\n5\r\n{"bat\r\na\r\nchId":"x"}\r\n0\r\n\r\n`,
    ],
    [
      'H1: a Host in capitals with a port',
      'GET /api/health HTTP/1.1\r\nHost: LocalHost:99\r\nConnection: close\r\n\r\n',
    ],
    ['H1: an IPv6 Host', 'GET /api/health HTTP/1.1\r\nHost: [::1]:3000\r\nConnection: close\r\n\r\n'],
    ['H11: HEAD', `HEAD /api/health HTTP/1.1\r\n${HOST}\r\n`],
    [
      'H22: the cursor of a host that is gone',
      `GET /api/hosts?cursor=${cursor('["name",0,"gone","0123456789abcdef"]')} HTTP/1.1\r\n${HOST}\r\n`,
    ],
  ];

  test.each(taken)('%s is taken', async (_name, request) => {
    const { status, head } = await raw(server.port, request);
    expect(status).toBe(200);
    expect(head).toMatch(/^cache-control: no-store$/im);
    expect(head).toMatch(/^x-content-type-options: nosniff$/im);
    expect(server.faults).toEqual([]);
  });
});

describe('patience', () => {
  let server: HttpServer | null = null;
  afterEach(() => server?.close());

  const start = async (patience: HttpPatience): Promise<number> => {
    const unused = (): never => {
      throw new Error('nothing gets so far');
    };
    const rules = () => ({ allowedHosts: ['localhost'], allowedOrigins: [] });
    const handlers = {
      authenticate: () => EVERYONE,
      live: unused,
      // Answers once the body is there.
      api: (request: NodeJS.ReadableStream, response: { end(): void }) =>
        void request
          .resume()
          .on('end', () => response.end())
          .on('error', () => {}),
      pages: null,
      socketIo: unused,
      otherUpgrade: null,
      onError: unused,
    };
    server = await startHttpServer(['127.0.0.1'], 0, rules, handlers, patience);
    return server.port;
  };
  const short = { headersTimeout: 50, requestTimeout: 100, connectionsCheckingInterval: 20, timeout: 60_000 };

  test('H6: headers that do not end, and a body that does not, get 408', async () => {
    const port = await start(short);
    expect(await raw(port, 'GET /api/x HTTP/1.1\r\nHost: loc')).toMatchObject({
      status: 408,
      code: 'request_timeout',
    });
    const body = `POST /api/x HTTP/1.1\r\n${JSON_BODY}Content-Length: 10\r\n\r\n{`;
    expect(await raw(port, body)).toMatchObject({ status: 408, code: 'request_timeout' });
  });

  test('H6: a connection that says nothing is closed without a word', async () => {
    const port = await start(short);
    expect(await raw(port, '')).toEqual({ status: 0, head: '', code: null });
  });

  test('H6: a connection on which nothing moves is closed', async () => {
    const port = await start({ ...short, headersTimeout: 9_000, requestTimeout: 9_000, timeout: 50 });
    const body = `POST /api/x HTTP/1.1\r\n${JSON_BODY}Content-Length: 10\r\n\r\n{`;
    expect(await raw(port, body)).toMatchObject({ status: 0 });
  });
});

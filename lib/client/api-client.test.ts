import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { problemOf } from '#lib/protocol/errors.ts';
import { createApiClient } from './api-client.ts';

let handler: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => handler(request, response));
let origin: string;

beforeEach(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

test('C33: a problem carries its code, status and detail', async () => {
  handler = (_, response) => {
    response.writeHead(409, { 'content-type': 'application/problem+json' });
    const problem = problemOf('stale_position', 'read the list again');
    response.end(JSON.stringify(problem));
  };
  const call = createApiClient({ origin }).ack({ filter: { state: 'unhandled' } });
  const problem = { name: 'ApiError', code: 'stale_position', status: 409, detail: 'read the list again' };
  await expect(call).rejects.toMatchObject(problem);
});

test.each([
  [502, '<html>gone</html>'],
  [500, '{"code":"made_up"}'],
  [500, '{"code":"not_found","type":"about:blank"}'],
  [500, '{"code":"toString"}'],
  [200, 'not json'],
])('C33: an answer %i %s that is not of the API is bad_answer', async (status, body) => {
  handler = (_, response) => response.writeHead(status).end(body);
  await expect(createApiClient({ origin }).about()).rejects.toMatchObject({ code: 'bad_answer', status });
});

test('C33: no answer is network; an aborted call rejects with the reason of its signal', async () => {
  const nobody = createApiClient({ origin: 'http://127.0.0.1:1' });
  await expect(nobody.health()).rejects.toMatchObject({ code: 'network', status: 0 });
  const requested = once(server, 'request');
  handler = () => {};
  const aborting = new AbortController();
  const call = createApiClient({ origin }).health(aborting.signal);
  await requested;
  aborting.abort(new Error('left the page'));
  await expect(call).rejects.toThrow('left the page');
});

test('C33: queries and bodies are sent as the API takes them', async () => {
  const seen: string[] = [];
  handler = async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push(`${request.method} ${request.url} ${request.headers['content-type'] ?? ''} ${body}`.trim());
    response.end('{}');
  };
  const api = createApiClient({ origin });
  await api.hosts({ state: 'down', q: '', label: ['rack:r1', 'dc:a b'], limit: 5 });
  await api.hostsBySlot([17, 18]);
  await api.host('web/01');
  await api.samples(7);
  await api.unack({ ids: ['a-1'] });
  expect(seen).toEqual([
    'GET /api/hosts?state=down&label=rack%3Ar1&label=dc%3Aa+b&limit=5',
    'GET /api/hosts?slots=17%2C18',
    'GET /api/hosts/web%2F01',
    'GET /api/samples?since=7',
    'POST /api/alerts/unack application/json {"ids":["a-1"]}',
  ]);
});

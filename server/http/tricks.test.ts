/** What people and hosts may write to look like something else: over real datagrams and real HTTP. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask } from '../testing/raw-request.ts';
import { startTestServer, type TestServer } from '../testing/running-server.ts';

let server: TestServer;
const logged: string[] = [];

beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    vi.spyOn(stream, 'write').mockImplementation((chunk, ...rest) => {
      logged.push(String(chunk));
      return write(chunk, ...(rest as []));
    });
  }
  server = await startTestServer('--min-timeout-ms', '200');
});
afterAll(async () => {
  await server.stop();
  vi.restoreAllMocks();
});

const SCRIPT = '<img/src=x/onerror=alert(1)>';
const BIDI = 'a\u202etxt.exe';

test('H74: a label that is HTML or a formula comes back as it is, as JSON that is no page', async () => {
  await server.beat(`html-1 interval=600s rack=${SCRIPT} sum==1+1`);
  await server.beat('constructor interval=600s');
  await server.beat('toString interval=600s');
  await server.until('/api/health', ({ hosts }) => hosts.up === 3);
  for (const path of ['/api/hosts', '/api/hosts/html-1', `/api/hosts?q=${encodeURIComponent(SCRIPT)}`]) {
    const { status, headers, body } = await server.get(path);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.any(String),
    });
    const host = body.host ?? body.hosts.find(({ name }: { name: string }) => name === 'html-1');
    expect(host.labels).toEqual({ rack: SCRIPT, sum: '=1+1' });
  }
  const found = await server.get(`/api/hosts?label=${encodeURIComponent(`rack:${SCRIPT}`)}`);
  expect(found.body.total).toBe(1);
});

test('H74: names that every object has are hosts like any other, and no host where there is none', async () => {
  expect((await server.get('/api/hosts/constructor')).body.host).toMatchObject({
    name: 'constructor',
    labels: {},
  });
  expect((await server.get('/api/hosts?q=tostring')).body.total).toBe(1);
  for (const name of ['__proto__', 'hasOwnProperty', 'prototype']) {
    expect((await server.get(`/api/hosts/${name}`)).status, name).toBe(404);
  }
  for (const label of ['constructor:x', '__proto__:x', 'prototype:x']) {
    expect((await server.get(`/api/hosts?label=${label}`)).status, label).toBe(400);
  }
});

test('H74: labels no host may carry are counted as refused heartbeats', async () => {
  const before = (await server.get('/api/health')).body.ingest.rejected.bad_label;
  await server.beat('trick-1 interval=600s __proto__=x');
  await server.beat('trick-1 interval=600s constructor=x');
  await server.beat(`trick-1 interval=600s rack=${BIDI}`);
  await server.until('/api/health', ({ ingest }) => ingest.rejected.bad_label === before + 3);
  expect((await server.get('/api/hosts/trick-1')).status).toBe(404);
});

test.each([
  ['/api/alerts/ack', { filter: {}, comment: 'all good\nhost db-1 is down' }, 'comment is "all good\\nhost'],
  ['/api/alerts/ack', { filter: {}, comment: BIDI }, 'comment is "a\\u{202e}txt.exe"'],
  ['/api/alerts/ack', { filter: {}, comment: '\u0000' }, 'comment is "\\u0000"'],
  ['/api/alerts/ack', { filter: {}, comment: 'x'.repeat(1_001) }, 'at most 1000 characters'],
  ['/api/alerts/ack', { filter: {}, by: 'ada\r\nx' }, 'by is "ada\\r\\nx"'],
  ['/api/alerts/ack', { filter: { label: '__proto__:x' } }, 'label is "__proto__:x"'],
  ['/api/alerts/ack', { filter: {}, [BIDI]: 1 }, 'a\\u{202e}txt.exe is not a field here'],
  ['/api/alerts/unack', { batchId: `b${'\u2066'}` }, 'batchId is "b\\u{2066}"'],
  ['/api/hosts', { name: SCRIPT }, `name is ${JSON.stringify(SCRIPT)}`],
  ['/api/hosts', { name: 'a', labels: { rack: BIDI } }, 'labels.rack is "a\\u{202e}txt.exe"'],
  ['/api/hosts', { name: 'a', labels: { [SCRIPT]: 'x' } }, 'a key of labels is '],
])('H74: POST %s %j is refused in words that show it', async (path, body, detail) => {
  const answer = await server.post(path, body);
  expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } });
  expect(answer.body.detail).toContain(detail);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  expect(JSON.stringify(answer.body)).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
});

test('H74: a __proto__ in a body is a field that nobody knows', async () => {
  const headers = { 'content-type': 'application/json' };
  for (const body of ['{"__proto__":{"filter":{}}}', '{"filter":{"__proto__":{"state":"down"}}}']) {
    const answer = await server.ask('/api/alerts/ack', { method: 'POST', headers, body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } });
    expect(answer.body.detail).toContain('__proto__ is not a field here');
  }
  expect(({} as { filter?: unknown }).filter).toBeUndefined();
});

test('H74: nothing in an address comes back as anything but text in JSON', async () => {
  for (const path of [
    '/api/hosts/%3Cscript%3Ealert(1)%3C%2Fscript%3E',
    '/api/%3Cscript%3E',
    '/api/hosts?%3Cb%3E=1',
    '/api/hosts/%E2%80%AEx',
    '/api/hosts/%',
    '/api/hosts/%E0%A4',
    `/api/hosts/${'x'.repeat(5_000)}`,
    '/api/events.csv?host=%0D%0Aset-cookie:a=b',
  ]) {
    const { status, headers, body } = await server.get(path);
    expect([400, 404], path).toContain(status);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['set-cookie']).toBeUndefined();
    expect(body.detail.length).toBeLessThan(500);
    expect(body.detail).not.toContain('\u202e');
  }
});

test('H67, H74: a name that is a formula is none in the export', async () => {
  const by = '=HYPERLINK("http://evil.example","ada")';
  const { body } = await server.post('/api/hosts/remove', { filter: { label: 'sum:=1+1' }, by });
  expect(body).toEqual({ removed: 1 });
  await server.until('/api/hosts/html-1/events', ({ events }) => events[0]?.kind === 'removed');
  const csv = (await ask(server.port, '/api/events.csv?host=html-1')).body.toString('utf8');
  expect(csv.split('\r\n')[1]).toMatch(/,"removed","","'=HYPERLINK\(""http:\/\/evil.example"",""ada""\)"$/);
});

test('H74: none of it was logged, and none of it was a fault', () => {
  expect(server.faults).toEqual([]);
  const text = logged.join('');
  for (const trick of [SCRIPT, BIDI, '\u202e', 'host db-1 is down', '<script>'])
    expect(text).not.toContain(trick);
});

/** The API over real sockets: real datagrams in, real HTTP out; no pages. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostIdHex } from '../host-id.ts';
import { startTestServer, type TestServer } from '../testing/running-server.ts';

let server: TestServer;

/** Three hosts that stay up for the length of the test, one in the state the test brings it to. */
beforeAll(async () => {
  server = await startTestServer('--misses', '5', '--min-timeout-ms', '200');
  const lasting = 'interval=600s';
  await server.beat(`web-1 ${lasting} rack=r1 role=Frontend`);
  await server.beat(`web-10 ${lasting} rack=r2`);
  await server.beat(`web-2 ${lasting} rack=r1`);
  await server.until('/api/health', ({ hosts }) => hosts.up === 3);
});
afterAll(() => server.stop());

const names = (body: { hosts: { name: string }[] }): string[] => body.hosts.map(({ name }) => name);

/** Down with an episode: two heartbeats, then silence. */
async function goDown(name: string): Promise<string> {
  await server.beat(`${name} interval=20ms seq=1`);
  await server.beat(`${name} interval=20ms seq=2`);
  const { host } = await server.until(`/api/hosts/${name}`, ({ host }) => host?.state === 'down');
  expect(host.alertId).toMatch(new RegExp(`^${hostIdHex(name)}-[0-9]+$`));
  return host.alertId;
}

describe('who may ask', () => {
  test.each([
    ['/api/health', {}],
    ['/rt/poll', {}],
    ['/', {}],
  ])('H1: a foreign Host is refused at %s', async (path) => {
    const answer = await server.ask(path, { headers: { host: 'evil.example' } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'foreign_host', status: 403 } });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body.detail).toContain('"evil.example"');
  });

  test('H1: the loopback names are accepted at any port', async () => {
    for (const host of ['localhost', '127.0.0.1:1', '[::1]:8080', 'LOCALHOST:3000']) {
      expect((await server.ask('/api/health', { headers: { host } })).status).toBe(200);
    }
  });

  test('H2: a foreign and a null Origin are refused, our own at this port is accepted', async () => {
    for (const origin of ['http://evil.example', 'null', `http://localhost:${server.port + 1}`, '']) {
      const answer = await server.ask('/api/health', { headers: { origin } });
      expect(answer, origin).toMatchObject({ status: 403, body: { code: 'foreign_origin' } });
    }
    for (const name of ['localhost', '127.0.0.1', '[::1]']) {
      const headers = { origin: `http://${name}:${server.port}` };
      expect((await server.ask('/api/health', { headers })).status).toBe(200);
    }
  });

  test.each([
    ['H1', 'Host: evil.example', 'foreign_host'],
    ['H2', 'Host: localhost\r\nOrigin: null', 'foreign_origin'],
  ])('H1, H2: a foreign upgrade is refused (%s)', async (_, headers, code) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.end(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${headers}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
    expect(text).toContain(`"code":"${code}"`);
  });

  test('H3: a write that is not JSON is refused, whatever it calls itself', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', undefined]) {
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
      const answer = await server.ask('/api/alerts/ack', { method: 'POST', headers, body: '{}' });
      expect(answer, type).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
    }
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const accepted = await server.ask('/api/alerts/unack', {
      method: 'POST',
      headers,
      body: '{"batchId":"x"}',
    });
    expect(accepted).toMatchObject({ status: 200, body: { unacked: 0, skipped: 0 } });
  });

  test('H4: a body that is too large or not JSON', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ batchId: 'x'.repeat(70_000) });
    for (const more of [{}, { 'transfer-encoding': 'chunked' }] as Record<string, string>[]) {
      const answer = await server.ask('/api/alerts/unack', {
        method: 'POST',
        headers: { ...headers, ...more },
        body,
      });
      expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
    }
    const broken = await server.ask('/api/alerts/unack', { method: 'POST', headers, body: '{"batchId":' });
    expect(broken).toMatchObject({ status: 400, body: { code: 'invalid_json' } });
  });

  test('H5: answers may not be framed, sniffed or shared', async () => {
    for (const path of ['/api/health', '/rt/clock?c0=1', '/api/nothing']) {
      expect((await server.get(path)).headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      });
    }
  });
});

describe('errors', () => {
  test.each([
    ['/api/hosts?limit=501', 'limit is "501"; it takes a whole number from 1 to 500'],
    ['/api/hosts?limit=0', 'limit is "0"'],
    ['/api/hosts?state=dead', 'state is "dead"; it takes one of pending, up, late, down'],
    ['/api/hosts?sort=rack', 'sort is "rack"; it takes one of name, -name'],
    ['/api/hosts?label=rack', 'label is "rack"; it takes key:value'],
    ['/api/hosts?cursor=abc', 'cursor is "abc"'],
    ['/api/hosts?slots=1,x', 'slots is "1,x"'],
    ['/api/hosts?state=up&state=down', 'state is ["up","down"]; it takes one value'],
    ['/api/hosts?labels=rack:r1', 'labels is not a parameter here; accepted: state, q, label'],
    [
      '/api/alerts?status=closed',
      'status is "closed"; it takes one of open, unhandled, acknowledged, resolved',
    ],
    ['/api/events?from=yesterday', 'from is "yesterday"'],
    ['/api/samples?since=-1', 'since is "-1"'],
    ['/api/health?x=1', 'x is not a parameter here; accepted: no parameter'],
  ])('H10: %s is refused by name', async (path, detail) => {
    const answer = await server.get(path);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } });
    expect(answer.body.detail).toContain(detail);
  });

  test('H11: unknown paths and methods', async () => {
    expect(await server.get('/api/nothing')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await server.get('/api')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const wrong = await server.get('/api/alerts/ack');
    expect(wrong).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
      body: { code: 'method_not_allowed' },
    });
    const other = await server.ask('/api/hosts/web-1', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
    });
    expect(other).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, DELETE' } });
    expect(await server.get('http://evil.example/')).toMatchObject({ status: 404 });
  });
});

describe('hosts', () => {
  test('H21: q and labels', async () => {
    const list = async (query: string) => names((await server.get(`/api/hosts?${query}`)).body);
    expect(await list('q=WEB-1&state=up')).toEqual(['web-1', 'web-10']);
    expect(await list('q=frontend')).toEqual(['web-1']);
    expect(await list('label=rack:r1')).toEqual(['web-1', 'web-2']);
    expect(await list('label=rack:r1&label=role:Frontend')).toEqual(['web-1']);
    expect(await list('label=rack:R1')).toEqual([]);
  });

  test('H22: every sort, page by page', async () => {
    for (const sort of ['name', '-name', 'state', 'lastSeenAt', '-changedAt', 'lossRatio']) {
      const whole = (await server.get(`/api/hosts?state=up&sort=${sort}`)).body;
      expect(whole).toMatchObject({ total: 3, nextCursor: null });
      const paged: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const { body } = await server.get(`/api/hosts?state=up&sort=${sort}&limit=2&cursor=${cursor}`);
        expect(body.total).toBe(3);
        paged.push(...names(body));
        cursor = body.nextCursor;
      }
      expect(paged).toEqual(names(whole));
    }
    expect(names((await server.get('/api/hosts?state=up')).body)).toEqual(['web-1', 'web-2', 'web-10']);
    expect(names((await server.get('/api/hosts?state=up&sort=-name')).body)).toEqual([
      'web-10',
      'web-2',
      'web-1',
    ]);
    const foreign = (await server.get('/api/hosts?sort=name&limit=1')).body.nextCursor;
    expect((await server.get(`/api/hosts?sort=-name&cursor=${foreign}`)).status).toBe(400);
  });

  test('H23: by slots', async () => {
    const { hosts } = (await server.get('/api/hosts?state=up')).body;
    const [first, second] = hosts;
    const { body } = await server.get(`/api/hosts?slots=${second.slot},999999,${first.slot}`);
    expect(names(body)).toEqual([second.name, first.name]);
    expect(body.position).toMatchObject({ e: server.epoch });
  });

  test('H24: by name and by id, with its events', async () => {
    const byName = await server.get('/api/hosts/web-1');
    expect(byName.body.host).toMatchObject({
      id: hostIdHex('web-1'),
      state: 'up',
      labels: { rack: 'r1', role: 'Frontend' },
      intervalMs: 600_000,
      timeoutMs: 3_000_000,
      source: '127.0.0.1',
      reason: null,
      evidence: null,
      alertId: null,
    });
    expect(byName.body.events).toMatchObject([{ kind: 'registered', host: 'web-1' }]);
    expect((await server.get(`/api/hosts/${hostIdHex('web-1')}`)).body.host.name).toBe('web-1');
    expect((await server.get('/api/hosts/web-1/events?limit=1')).body.events).toHaveLength(1);
    for (const path of ['/api/hosts/web-3', '/api/hosts/web-3/events', '/api/hosts/%00']) {
      expect(await server.get(path)).toMatchObject({ status: 404, body: { code: 'host_not_found' } });
    }
  });
});

describe('alerts', () => {
  test('A14, H20, H32: an acknowledgement is bit 16 and an A frame of one seq, and the host is still down', async () => {
    const id = await goDown('db-1');
    const before = (await server.get('/api/health')).body;
    expect(names((await server.get('/api/hosts?state=unhandled')).body)).toContain('db-1');
    const answer = await server.post('/api/alerts/ack', { ids: [id], by: 'ada', comment: 'disk' });
    expect(answer.body).toMatchObject({ acked: 1, alreadyAcked: 0, skipped: 0 });
    expect(answer.body.results).toMatchObject([{ id, outcome: 'acked', state: 'down', ack: { by: 'ada' } }]);
    const after = await server.until('/api/health', ({ seq }) => seq > before.seq);
    expect(after.hosts.down).toBe(before.hosts.down);
    expect(after.hosts.acknowledged).toBe(before.hosts.acknowledged + 1);
    const { frames } = (await server.get(`/rt/poll?e=${server.epoch}&s=${before.seq}`)).body;
    expect(frames.map(({ t }: { t: string }) => t)).toEqual(['A', 'D']);
    expect(frames[0].s).toBe(frames[1].s);
    expect(frames[0].alerts).toMatchObject([{ id, ack: { by: 'ada', comment: 'disk' } }]);
    expect([...Buffer.from(frames[1].states, 'base64')]).toEqual([4 | 16]);
    expect(names((await server.get('/api/hosts?state=acknowledged')).body)).toContain('db-1');
    expect(names((await server.get('/api/hosts?state=unhandled')).body)).not.toContain('db-1');
    expect((await server.get('/api/alerts?status=acknowledged')).body.alerts).toMatchObject([{ id }]);
    const undone = await server.post('/api/alerts/unack', { batchId: answer.body.batchId, by: 'ada' });
    expect(undone.body).toEqual({ unacked: 1, skipped: 0 });
    const { events } = (await server.get('/api/hosts/db-1/events')).body;
    expect(events.map((event: { kind: string; by: string }) => [event.kind, event.by])).toEqual([
      ['unacknowledged', 'ada'],
      ['acknowledged', 'ada'],
      ['down', null],
      ['registered', null],
    ]);
  });

  test('A22: by filter only hosts that are down are considered', async () => {
    await goDown('app-1');
    await goDown('app-2');
    await server.beat('app-3 interval=600s');
    await server.until('/api/hosts/app-3', ({ host }) => host !== undefined);
    const { body } = await server.post('/api/alerts/ack', { filter: { q: 'app-' }, by: 'bob' });
    expect(body).toMatchObject({ acked: 2, alreadyAcked: 0, skipped: 0 });
    expect(body.results).toBeUndefined();
    const again = await server.post('/api/alerts/ack', { filter: { q: 'app-' }, by: 'eve' });
    expect(again.body).toMatchObject({ acked: 0, alreadyAcked: 2, skipped: 0 });
  });

  test('H30: positions', async () => {
    const id = await goDown('pos-1');
    const { seq } = (await server.get('/api/health')).body;
    const ack = (at: object) => server.post('/api/alerts/ack', { ids: [id], at });
    expect(await ack({ e: '0'.repeat(16), s: 1 })).toMatchObject({
      status: 409,
      body: { code: 'stale_position' },
    });
    expect(await ack({ e: server.epoch, s: seq + 1_000 })).toMatchObject({ status: 400 });
    expect(await ack({ e: server.epoch })).toMatchObject({ status: 400 });
    expect((await ack({ e: server.epoch, s: 1 })).body).toMatchObject({ acked: 0, skipped: 1 });
    expect((await ack({ e: server.epoch, s: seq })).body).toMatchObject({ acked: 1 });
  });

  test.each([
    ['ack', {}, 'one of ids and filter is needed, and not both'],
    ['ack', { ids: [`${'0'.repeat(16)}-1`], filter: {} }, 'one of ids and filter'],
    ['ack', { ids: [] }, 'ids is []; it takes 1 to 500 alert ids'],
    ['ack', { ids: ['web-1'] }, 'ids is "web-1"'],
    ['ack', { filter: { limit: 1 } }, 'limit is not a field here'],
    ['ack', { filter: {}, expiresInMs: 1.5 }, 'expiresInMs is 1.5; it takes a whole number of ms'],
    ['ack', { filter: {}, by: 'a\u202eb' }, 'by is '],
    ['ack', { filter: {}, coment: 'x' }, 'coment is not a field here'],
    ['ack', [], 'the body is []'],
    ['unack', {}, 'one of batchId and ids is needed, and not both'],
  ])('H31, H10: POST %s %j is refused', async (call, body, detail) => {
    const answer = await server.post(`/api/alerts/${call}`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } });
    expect(answer.body.detail).toContain(detail);
  });

  test('an acknowledgement that expires is ended by the system and seen', async () => {
    const id = await goDown('exp-1');
    await server.post('/api/alerts/ack', { ids: [id], by: 'ada', expiresInMs: 1_000 });
    await server.until('/api/hosts/exp-1', ({ host }) => host.acknowledged);
    await server.until('/api/hosts/exp-1', ({ host }) => !host.acknowledged);
    // It holds at once and is stored with the next batch: the history may come a moment later.
    const { events } = await server.until(
      '/api/hosts/exp-1',
      (body) => body.events[0].kind !== 'acknowledged',
    );
    expect(events[0]).toMatchObject({ kind: 'unacknowledged', by: 'system' });
  });
});

describe('the server about itself', () => {
  test('health counts what happened', async () => {
    const { body } = await server.get('/api/health');
    const { read: _, ...ingest } = body.ingest;
    expect(body).toMatchObject({ status: 'ok', epoch: server.epoch });
    expect(ingest).toMatchObject({
      receiver: expect.stringMatching(/^(recvmmsg|dgram)$/),
      kernelDrops: 0,
      blind: false,
    });
    expect(body.transitions.up).toBeGreaterThanOrEqual(body.hosts.total);
    expect(body.transitions.down).toBeGreaterThanOrEqual(body.hosts.down);
    await server.beat('!');
    await server.until(
      '/api/health',
      ({ ingest: now }) => now.rejected.bad_magic === ingest.rejected.bad_magic + 1,
    );
  });

  test('about and samples', async () => {
    expect((await server.get('/api/about')).body).toMatchObject({
      version: expect.stringMatching(/^[0-9]+\.[0-9]+\.[0-9]+/),
      heartbeat: { host: '127.0.0.1', port: server.heartbeatPort, addresses: [] },
      demo: false,
      store: 'sqlite',
    });
    const { samples } = await server.until('/api/samples', (body) => body.samples.length > 0);
    expect(samples[0]).toMatchObject({ at: expect.any(Number), heartbeatsPerSecond: expect.any(Number) });
    const newer = await server.get(`/api/samples?since=${samples.at(-1).at + 60_000}`);
    expect(newer.body).toEqual({ everyMs: 2_000, samples: [] });
  });

  test('nothing went wrong behind the answers', () => {
    expect(server.faults).toEqual([]);
  });
});

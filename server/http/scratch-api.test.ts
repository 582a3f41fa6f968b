/** Scratch feeds over real sockets, beside a fleet that must not notice them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, startTestServer, type TestServer } from '../testing/running-server.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const NOBODY = '00112233445566aa';

let server: TestServer;
const made: string[] = [];

beforeAll(async () => {
  server = await startTestServer();
  await server.beat('web-1 interval=600s');
  await server.until('/api/health', ({ hosts }) => hosts.up === 1);
});
afterEach(async () => {
  for (const feed of made.splice(0)) await remove(feed);
});
afterAll(() => server.stop());

async function make(body: unknown): Promise<Answer> {
  const answer = await server.post('/api/scratch', body);
  if (answer.status === 201) made.push(answer.body.feed);
  return answer;
}

const put = (feed: string, body: unknown): Promise<Answer> =>
  server.ask(`/api/scratch/${feed}`, { method: 'PUT', headers: JSON_TYPE, body: JSON.stringify(body) });

const remove = (feed: string): Promise<Answer> =>
  server.ask(`/api/scratch/${feed}`, { method: 'DELETE', headers: JSON_TYPE });

describe('scratch feeds', () => {
  test('H46: one is made, with defaults and as asked, and serves its viewers', async () => {
    const usual = await make({});
    expect(usual.status).toBe(201);
    expect(usual.body).toEqual({
      feed: expect.stringMatching(/^[0-9a-f]{16}$/),
      epoch: expect.stringMatching(/^[0-9a-f]{16}$/),
      hosts: 1_000,
      changesPerSecond: 10,
    });
    const small = await make({ hosts: 7, changesPerSecond: 0 });
    expect(small.body).toMatchObject({ hosts: 7, changesPerSecond: 0 });
    const { frames } = (await server.get(`/rt/poll?feed=${small.body.feed}`)).body;
    expect(frames).toMatchObject([{ t: 'S', e: small.body.epoch, s: 1, n: 7 }]);
  });

  test('H46: the fleet knows nothing of it', async () => {
    const before = (await server.get('/api/health')).body;
    const { body } = await make({ hosts: 10, changesPerSecond: 1_000 });
    await server.until(`/rt/changes?feed=${body.feed}`, ({ s }) => s > 4);
    const after = (await server.get('/api/health')).body;
    expect(after).toMatchObject({ epoch: before.epoch, seq: before.seq, hosts: before.hosts });
    expect(after.transitions).toEqual(before.transitions);
    expect(after.epoch).not.toBe(body.epoch);
    expect((await server.get('/api/hosts')).body.total).toBe(1);
    expect((await server.get('/api/alerts')).body.alerts).toEqual([]);
    expect((await server.get('/api/events')).body.events).toHaveLength(1);
  });

  test('H47: another rate, from then on', async () => {
    const { body } = await make({ hosts: 10, changesPerSecond: 0 });
    expect(await put(body.feed, { changesPerSecond: 500 })).toMatchObject({
      status: 200,
      body: { ...body, changesPerSecond: 500 },
    });
    await server.until(`/rt/changes?feed=${body.feed}`, ({ s }) => s > 2);
    expect((await put(body.feed, { changesPerSecond: 0 })).body.changesPerSecond).toBe(0);
    expect(await put(NOBODY, { changesPerSecond: 1 })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });

  test('H48: removed, once', async () => {
    const { body } = await make({ hosts: 1 });
    expect(await remove(body.feed)).toMatchObject({ status: 200, body: { removed: true } });
    expect(await remove(body.feed)).toMatchObject({ status: 200, body: { removed: false } });
    expect((await server.get(`/rt/poll?feed=${body.feed}`)).status).toBe(404);
    expect((await put(body.feed, { changesPerSecond: 1 })).status).toBe(404);
  });

  test.each([
    [{ hosts: 0 }, 'hosts is 0; it takes a whole number from 1 to 10000'],
    [{ hosts: 10_001 }, 'hosts is 10001'],
    [{ hosts: 1.5 }, 'hosts is 1.5'],
    [{ hosts: '10' }, 'hosts is "10"'],
    [{ hosts: null }, 'hosts is null'],
    [{ changesPerSecond: -1 }, 'changesPerSecond is -1; it takes a whole number from 0 to 1000'],
    [{ changesPerSecond: 1_001 }, 'changesPerSecond is 1001'],
    [{ rate: 1 }, 'rate is not a field here'],
    [[], 'the body is []'],
  ])('H49: POST %j is refused', async (body, detail) => {
    const answer = await make(body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } });
    expect(answer.body.detail).toContain(detail);
  });

  test('H49: PUT and DELETE take a name and what they know, nothing else', async () => {
    const { body } = await make({ hosts: 1, changesPerSecond: 0 });
    for (const fields of [{}, { changesPerSecond: 0.5 }, { changesPerSecond: 1, hosts: 2 }]) {
      expect(await put(body.feed, fields), JSON.stringify(fields)).toMatchObject({
        status: 400,
        body: { code: 'invalid_parameter' },
      });
    }
    for (const name of ['xyz', NOBODY.toUpperCase(), `${NOBODY}0`]) {
      expect((await put(name, { changesPerSecond: 1 })).status, name).toBe(400);
      expect((await remove(name)).status, name).toBe(400);
    }
    expect((await server.post('/api/scratch?hosts=5', {})).status).toBe(400);
    expect((await remove(`${body.feed}?now=1`)).status).toBe(400);
  });

  test('H11: other methods are named', async () => {
    expect(await server.get('/api/scratch')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await server.get(`/api/scratch/${NOBODY}`)).toMatchObject({
      status: 405,
      headers: { allow: 'PUT, DELETE' },
    });
  });

  test('H50: a ninth has to wait', async () => {
    for (let i = 0; i < 8; i++) expect((await make({ hosts: 1 })).status).toBe(201);
    const refused = await make({ hosts: 1 });
    expect(refused).toMatchObject({
      status: 503,
      headers: { 'retry-after': '30' },
      body: { code: 'too_many_feeds' },
    });
    await remove(made[0]!);
    expect((await make({ hosts: 1 })).status).toBe(201);
  });
});

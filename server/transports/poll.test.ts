import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pollAdapter } from './contract-poll.ts';
import { ContractServer } from './contract-server.ts';
import { transportContract } from './transport.contract.ts';

transportContract(pollAdapter('polling', 0));
transportContract(pollAdapter('long polling', 1));

describe('the live endpoints over HTTP', () => {
  let server: ContractServer;

  beforeEach(async () => {
    server = await new ContractServer().listen();
    server.addHosts(3);
  });
  afterEach(() => server.close());

  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(server.origin + path, init);

  const kindsIn = async (response: Response): Promise<string> =>
    ((await response.json()) as { frames: { t: string }[] }).frames.map(({ t }) => t).join('');

  const cursor = (): string => `e=${server.log.epoch}&s=${server.log.seq}`;

  function expectLive(response: Response): void {
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
  }

  test('L37, L40: an answer at once, with or without a cursor', async () => {
    const first = await get('/rt/poll');
    expectLive(first);
    expect(first.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await kindsIn(first)).toBe('S');
    expect(await kindsIn(await get('/rt/poll?e=&s=&wait=0'))).toBe('S');
    expect(await kindsIn(await get(`/rt/poll?${cursor()}`))).toBe('B');
  });

  test.each([
    'e=xyz&s=1',
    'e=0123456789abcdef',
    's=1',
    'e=0123456789abcdef&s=-1',
    'e=0123456789ABCDEF&s=1',
    'e=0123456789abcdef&s=1e3',
    'wait=26',
    'wait=-1',
    'wait=1.5',
    'wait=',
    'wait=ten',
  ])('L37, L40: ?%s is refused as invalid_parameter', async (query) => {
    const response = await get(`/rt/poll?${query}`);
    expectLive(response);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'invalid_parameter', status: 400 });
  });

  test('L37: other methods and other addresses', async () => {
    const post = await get('/rt/poll', { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET']);
    expect(await post.json()).toMatchObject({ code: 'method_not_allowed' });
    const elsewhere = await get('/rt/elsewhere');
    expect(elsewhere.status).toBe(404);
    expect(await elsewhere.json()).toMatchObject({ code: 'not_found' });
  });

  /** A poll that is held now. */
  async function held(wait: number): Promise<{ asked: ClientRequest; kinds: Promise<string> }> {
    const before = server.viewers.size;
    const asked = request(`${server.origin}/rt/poll?${cursor()}&wait=${wait}`, { agent: false }).end();
    const kinds = once(asked, 'response').then(async ([response]) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      return (JSON.parse(text) as { frames: { t: string }[] }).frames.map(({ t }) => t).join('');
    });
    kinds.catch(() => {}); // cut on purpose in some tests
    await vi.waitFor(() => expect(server.viewers.size).toBe(before + 1));
    return { asked, kinds };
  }

  test('L38: held until the tick', async () => {
    const { kinds } = await held(25);
    server.set([0, 4]);
    expect(await kinds).toBe('D');
    await vi.waitFor(() => expect(server.viewers.size).toBe(0));
  });

  test('L38: held for wait to wait + 1/16, then a beat', async () => {
    const from = performance.now();
    expect(await kindsIn(await get(`/rt/poll?${cursor()}&wait=1`))).toBe('B');
    const elapsedMs = performance.now() - from;
    expect(elapsedMs).toBeGreaterThan(995);
    expect(elapsedMs).toBeLessThan(1_062 + 2_000);
    expect(server.viewers.size).toBe(0);
  });

  test('L38: news that is there already is answered at once', async () => {
    const before = cursor();
    server.set([0, 4]);
    expect(await kindsIn(await get(`/rt/poll?${before}&wait=25`))).toBe('D');
    expect(await kindsIn(await get('/rt/poll?wait=25'))).toBe('S');
    expect(await kindsIn(await get('/rt/poll?e=ffffffffffffffff&s=1&wait=25'))).toBe('RS');
  });

  test('L32, L38: who gives up while held leaves nothing behind', async () => {
    const { asked } = await held(25);
    asked.destroy();
    await vi.waitFor(() => expect(server.viewers.size).toBe(0));
    server.set([0, 4]);
    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
  });

  test('L38: a server that stops answers those it holds', async () => {
    const { kinds } = await held(25);
    server.viewers.stop();
    expect(await kinds).toBe('B');
  });

  test('L39, L40: the clock', async () => {
    const before = server.viewers.clock();
    const response = await get('/rt/clock?c0=1234.5');
    expectLive(response);
    const { c0, s1, s2, ...rest } = (await response.json()) as { c0: number; s1: number; s2: number };
    expect([c0, rest]).toEqual([1234.5, {}]);
    expect(s1).toBeGreaterThanOrEqual(before);
    expect(s2).toBeGreaterThanOrEqual(s1);
    expect(s2).toBeLessThanOrEqual(server.viewers.clock());
  });

  test.each(['', '?c0=', '?c0=now', '?c0=-1', '?c0=1e9', '?c0=NaN'])(
    'L39: clock%s is refused',
    async (query) => {
      const response = await get(`/rt/clock${query}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'invalid_parameter' });
    },
  );
});

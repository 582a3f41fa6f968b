import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { JsonFrame } from '#lib/protocol/frames.ts';
import { Publisher } from '../live/publisher.ts';
import { startTestServer } from '../testing/running-server.ts';
import { pollAdapter } from './contract-poll.ts';
import { ContractServer } from './contract-server.ts';
import { framesBody } from './live-response.ts';
import { runningTimers, transportContract } from './transport.contract.ts';

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

  async function kindsOf(asked: ClientRequest): Promise<string> {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += chunk;
    return (JSON.parse(text) as { frames: { t: string }[] }).frames.map(({ t }) => t).join('');
  }

  /** A poll that is held now. */
  async function held(wait: number): Promise<{ asked: ClientRequest; kinds: Promise<string> }> {
    const before = server.viewers.size;
    const asked = request(`${server.origin}/rt/poll?${cursor()}&wait=${wait}`, {
      agent: false,
      headers: { connection: 'keep-alive' },
    }).end();
    const kinds = kindsOf(asked);
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

  test('L38: one whose wait is over before its turn in the round of a tick gets the news, not a beat', async () => {
    const { viewers } = server;
    let until = 0;
    // More than a slice of viewers before it, the first of which takes until the wait is over.
    const ready = (): boolean => {
      while (performance.now() < until);
      return false;
    };
    const slow = { ready, send: () => {}, close: () => {} };
    for (let i = 0; i < 100; i++) {
      viewers.add({ link: slow, position: server.log.position, acknowledges: false, beats: false });
    }
    const { kinds } = await held(1);
    until = performance.now() + 1_100;
    // The next slice comes after the timers then.
    setImmediate(() => server.set([0, 4]));
    expect(await kinds).toBe('D');
  });

  test('L18: polls that are given the same frames share the bytes of the answer', () => {
    server.set([0, 4]);
    const answer = () => server.log.framesFrom({ e: server.log.epoch, s: 1 }, server.viewers.clock());
    expect(framesBody(answer())).toBe(framesBody(answer()));
    expect(JSON.parse(framesBody(answer()).toString())).toMatchObject({ frames: [{ t: 'D', f: 1, s: 2 }] });
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

  test('L38, L49: a server that stops answers those it holds, and ends their connections', async () => {
    const { asked, kinds } = await held(25);
    const response = once(asked, 'response').then(([it]) => it as IncomingMessage);
    server.viewers.stop();
    expect(await kinds).toBe('B');
    expect((await response).headers.connection).toBe('close');
    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
    // Who asks while it stops is not held.
    expect(await kindsIn(await get(`/rt/poll?${cursor()}&wait=25`))).toBe('B');
  });

  test('L49: so does the whole program when it stops', async () => {
    const running = await startTestServer();
    const { origin } = new URL(running.url);
    const [{ e, s }] = (await running.get('/rt/poll')).body.frames;
    const stream = await fetch(`${origin}/rt/sse?e=${e}&s=${s}`);
    const asked = request(`${origin}/rt/poll?e=${e}&s=${s}&wait=25`, { agent: false }).end();
    const kinds = kindsOf(asked);
    await once(asked, 'finish');
    // Whoever comes after it is answered after it has been read.
    await running.get('/rt/poll');
    await running.stop();
    expect(await kinds).toBe('B');
    expect(await stream.text()).toContain('data: {"t":"B"');
  });

  test('L48: under fast churn there is at most one answer a tick', async () => {
    const publisher = new Publisher({ log: server.log, clock: server.viewers.clock, tickMs: 20 });
    let churning = true;
    const churn = (state: number): void => {
      if (!churning) return;
      server.log.stageState(0, state);
      setImmediate(churn, state === 4 ? 2 : 4);
    };
    churn(4);
    try {
      const from = server.log.seq;
      let s = from;
      let answers = 0;
      while (s < from + 40) {
        const response = await get(`/rt/poll?e=${server.log.epoch}&s=${s}&wait=25`);
        const { frames } = (await response.json()) as { frames: JsonFrame[] };
        // None of them empty, none of them with what is known.
        expect(frames).toMatchObject([{ t: 'D', f: s }]);
        const [diff] = frames as [Extract<JsonFrame, { t: 'D' }>];
        expect(diff.s).toBeGreaterThan(s);
        s = diff.s;
        answers++;
      }
      expect(answers).toBeLessThanOrEqual(s - from);
    } finally {
      churning = false;
      publisher.stop();
    }
  });

  test('L32, L50: hundreds who give up while held leave nothing behind', async () => {
    const count = 300;
    await server.close();
    server = await new ContractServer({ maxViewers: count, maxPerAddress: count }).listen();
    server.addHosts(3);
    const timers = runningTimers();
    const asked = Array.from({ length: count }, () => {
      const one = request(`${server.origin}/rt/poll?${cursor()}&wait=25`, { agent: false }).end();
      one.on('error', () => {}); // cut on purpose
      return one;
    });
    await vi.waitFor(() => expect(server.viewers.size).toBe(count), 10_000);
    expect(runningTimers()).toBeGreaterThanOrEqual(count);
    expect((await get('/rt/poll')).status).toBe(503);
    for (const one of asked) one.destroy();
    await vi.waitFor(() => expect(server.viewers.size).toBe(0), 10_000);
    expect(runningTimers()).toBeLessThanOrEqual(timers);
    const places = Array.from({ length: count }, () => server.viewers.take('127.0.0.1'));
    expect(places).not.toContain(null);
    expect(server.viewers.take('127.0.0.1')).toBe(null);
  });

  test('L50: also one whose turn to be answered had not come', async () => {
    await server.close();
    server = await new ContractServer({ maxViewers: 2 }).listen();
    server.addHosts(3);
    const line = `GET /rt/poll?${cursor()}&wait=25 HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`;
    const socket = connect(server.port, '127.0.0.1');
    socket.write(line + line);
    await vi.waitFor(() => expect(server.viewers.size).toBe(2));
    socket.destroy();
    await vi.waitFor(() => expect(server.viewers.size).toBe(0));
    expect([server.viewers.take('127.0.0.1'), server.viewers.take('127.0.0.1')]).not.toContain(null);
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

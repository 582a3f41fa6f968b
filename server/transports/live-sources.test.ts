/** Which feed a viewer gets, on every transport, and when its changes happened. Real sockets. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { io } from 'socket.io-client';
import * as parser from 'socket.io-msgpack-parser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ScratchFeed } from '../live/scratch-feed.ts';
import { ContractServer } from './contract-server.ts';

const NOBODY = '00112233445566aa';

let server: ContractServer;
/** Ends what a test has opened. */
let ends: (() => void)[] = [];

beforeEach(async () => {
  server = await new ContractServer({ maxViewers: 3 }).listen();
  server.addHosts(20);
});
afterEach(async () => {
  for (const end of ends) end();
  ends = [];
  await server.close();
});

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it expects to be there
async function get(path: string): Promise<{ status: number; body: any }> {
  const response = await fetch(`${server.origin}${path}`);
  return { status: response.status, body: await response.json() };
}

/** What a viewer is told first: the epoch of its snapshot, or its refusal. */
type First = { epoch: string } | { status: number; code: string };

async function polled(query: string): Promise<First> {
  const { status, body } = await get(`/rt/poll?${query}`);
  return status === 200 ? { epoch: body.frames.at(-1).e } : { status, code: body.code };
}

async function streamed(query: string): Promise<First> {
  const asked = request(`${server.origin}/rt/sse?${query}`, { agent: false }).end();
  asked.on('error', () => {}); // it is cut at the end
  ends.push(() => asked.destroy());
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.on('error', () => {}).setEncoding('utf8');
  return new Promise((resolve) => {
    let text = '';
    response.on('data', (chunk: string) => {
      text += chunk;
      const [, snapshot] = /^data: (.*"t":"S".*)$/m.exec(text) ?? [];
      if (snapshot !== undefined) resolve({ epoch: JSON.parse(snapshot).e });
    });
    response.on('end', () => {
      if (response.statusCode !== 200) resolve({ status: response.statusCode!, code: JSON.parse(text).code });
    });
  });
}

function connected(query: string): Promise<First> {
  const socket = io(server.origin, {
    transports: ['websocket'],
    parser,
    query: Object.fromEntries(new URLSearchParams(query)),
    reconnection: false,
    forceNew: true,
  });
  ends.push(() => socket.disconnect());
  return new Promise((resolve) => {
    socket.once('frame', ({ e }: { e: string }) => resolve({ epoch: e }));
    socket.once('connect_error', (error) => {
      resolve((error as unknown as { data: { status: number; code: string } }).data);
    });
  });
}

describe.each([
  ['polling', polled],
  ['long polling', (query: string) => polled(`wait=25&${query}`)],
  ['SSE', streamed],
  ['Socket.IO', connected],
])('feeds by %s', (_name, first) => {
  let feed: ScratchFeed;

  beforeEach(() => {
    feed = server.scratch.create(50, 0)!;
  });

  test('L58: the fleet without a name, and the feed that is named', async () => {
    expect(await first('')).toEqual({ epoch: server.log.epoch });
    expect(await first('feed=')).toEqual({ epoch: server.log.epoch });
    expect(await first(`feed=${feed.id}`)).toEqual({ epoch: feed.info.epoch });
  });

  test('L58: a feed that is not there, or no more, is 404; a name that is none is 400', async () => {
    expect(await first(`feed=${NOBODY}`)).toEqual({ status: 404, code: 'not_found' });
    server.scratch.remove(feed.id);
    expect(await first(`feed=${feed.id}`)).toEqual({ status: 404, code: 'not_found' });
    for (const name of ['xyz', feed.id.slice(1), `${feed.id}0`, NOBODY.toUpperCase()]) {
      expect(await first(`feed=${name}`), name).toEqual({ status: 400, code: 'invalid_parameter' });
    }
  });

  test('L57: who comes to watch keeps the feed', async () => {
    server.aheadMs += 29_000;
    await first(`feed=${feed.id}`);
    server.aheadMs += 29_000;
    expect(server.scratch.get(feed.id)).toBe(feed);
  });
});

describe('feeds', () => {
  test('L51: viewers of a feed take places of all', async () => {
    const feed = server.scratch.create(1, 0)!;
    for (let i = 0; i < 3; i++) await streamed(`feed=${feed.id}`);
    expect(await polled('')).toEqual({ status: 503, code: 'too_many_viewers' });
    expect(await connected('')).toMatchObject({ status: 503 });
    server.scratch.remove(feed.id);
    await vi.waitFor(async () => expect(await polled('')).toEqual({ epoch: server.log.epoch }));
  });

  test('L57: removing a feed ends its viewers, on every transport', async () => {
    const feed = server.scratch.create(1, 0)!;
    const position = `e=${feed.info.epoch}&s=1`;
    const held = get(`/rt/poll?wait=25&feed=${feed.id}&${position}`);
    await streamed(`feed=${feed.id}`);
    await connected(`feed=${feed.id}`);
    await vi.waitFor(() => expect(feed.viewers.size).toBe(3));
    server.scratch.remove(feed.id);
    expect((await held).status).toBe(200);
    await vi.waitFor(() => expect([feed.viewers.size, server.socketIo.connections]).toEqual([0, 0]));
    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
  });

  test('L55: changes of a feed reach its viewers and nobody else', async () => {
    const feed = server.scratch.create(5, 1_000)!;
    const position = `e=${feed.info.epoch}&s=1`;
    const { body } = await get(`/rt/poll?wait=25&feed=${feed.id}&${position}`);
    expect(body.frames).toMatchObject([{ t: 'D', e: feed.info.epoch, f: 1 }]);
    expect(server.log.seq).toBe(1);
  });
});

describe('/rt/changes', () => {
  test('L53, L54: the ticks after a seq, of the fleet or of a feed', async () => {
    const nowMs = server.viewers.clock();
    server.log.stageState(3, 4, nowMs - 20.125);
    server.log.stageState(4, 4, nowMs - 10.25);
    server.log.publish(nowMs);
    server.log.stageState(3, 2, nowMs);
    server.log.publish(nowMs);
    const toMicroseconds = (ms: number): number => Math.round(ms * 1_000) / 1_000;
    const instants = [
      [toMicroseconds(nowMs - 20.125), 1],
      [toMicroseconds(nowMs - 10.25), 1],
    ];
    expect((await get('/rt/changes?after=1')).body).toEqual({
      e: server.log.epoch,
      s: 3,
      from: 1,
      ticks: [
        [2, toMicroseconds(nowMs), instants],
        [3, toMicroseconds(nowMs), [[toMicroseconds(nowMs), 1]]],
      ],
    });
    expect((await get('/rt/changes')).body.ticks).toHaveLength(3);
    expect((await get('/rt/changes?after=3')).body.ticks).toEqual([]);
    expect((await get('/rt/changes?after=99')).body).toMatchObject({ s: 3, ticks: [] });
    const feed = server.scratch.create(10, 0)!;
    const { body } = await get(`/rt/changes?after=0&feed=${feed.id}`);
    expect(body).toMatchObject({ e: feed.info.epoch, s: 1, from: 1 });
    expect(body.ticks).toMatchObject([[1, expect.any(Number), [[expect.any(Number), 10]]]]);
  });

  test('L54: what it does not take', async () => {
    for (const after of ['-1', '1.5', 'x', '1e3', '01', '9'.repeat(16)]) {
      const answer = await get(`/rt/changes?after=${after}`);
      expect(answer, after).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } });
    }
    expect((await get('/rt/changes?feed=xyz')).status).toBe(400);
    expect(await get(`/rt/changes?feed=${NOBODY}`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });

  test('L53: at most 4,096 ticks an answer; the asker goes on from the last one', async () => {
    for (let i = 0; i < 5_000; i++) server.set([0, i % 2 ? 2 : 4]);
    const first = (await get('/rt/changes?after=0')).body;
    expect([first.s, first.ticks.length, first.ticks[0][0]]).toEqual([5_001, 4_096, 1]);
    const rest = (await get(`/rt/changes?after=${first.ticks.at(-1)[0]}`)).body;
    expect([rest.ticks.length, rest.ticks[0][0], rest.ticks.at(-1)[0]]).toEqual([905, 4_097, 5_001]);
  });

  test('L57: asking when changes happened keeps a feed', async () => {
    const feed = server.scratch.create(1, 0)!;
    for (let i = 0; i < 3; i++) {
      server.aheadMs += 29_000;
      expect((await get(`/rt/changes?feed=${feed.id}`)).status).toBe(200);
    }
    server.aheadMs += 30_000;
    expect((await get(`/rt/changes?feed=${feed.id}`)).status).toBe(404);
  });
});

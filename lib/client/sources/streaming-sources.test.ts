/** SSE and long polling against real HTTP servers, and what all sources have in common with them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Position } from '#lib/protocol/position.ts';
import type { OpenSource, Source, SourceOptions } from '../source.ts';
import { type ObservedSource, observe } from '../testing/observed-source.ts';
import { lazySource } from './lazy-source.ts';
import { openLongPoll } from './long-poll.ts';
import { openPoll } from './poll.ts';
import { openSse } from './sse.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let http: Server;
let origin: string;
let handler: Handler;
const sources: Source[] = [];
const POSITION: Position = { e: '0123456789abcdef', s: 7 };
const BEAT = { t: 'B' };
const DIFF = { t: 'D' };

beforeEach(async () => {
  http = createServer((request, response) => handler(request, response));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const source of sources.splice(0)) source.stop();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

function open(openSource: OpenSource, options: Partial<SourceOptions> = {}): ObservedSource {
  const observed = observe(openSource, { origin, position: () => null, ...options });
  sources.push(observed.source);
  return observed;
}

const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8' };
const answer = (response: ServerResponse, frames: readonly unknown[]): void => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ frames }));
};

describe('SSE', () => {
  test('C38: asks from the position, stands with the headers, hands on each event in any pieces', async () => {
    let stream: ServerResponse | null = null;
    const asked: (string | undefined)[] = [];
    handler = (request, response) => {
      asked.push(request.url, request.headers.accept);
      stream = response.writeHead(200, EVENTS);
      response.flushHeaders();
    };
    const sse = open(openSse, { position: () => POSITION });
    await sse.until(() => sse.log.includes('opened'));
    expect(asked).toEqual(['/rt/sse?e=0123456789abcdef&s=7', 'text/event-stream']);
    expect(sse.frames).toEqual([]);
    stream!.write('retry: 2000\n\n: a comment\n\nid: e.8\ndata: {"t":"D","who');
    stream!.write('":"web-ü"}\n\n');
    await sse.until(() => sse.frames.length === 1);
    stream!.write('event: other\ndata: {"t":"X"}\n\ndata: {"t":"B"}\r\n\r\ndata: {"t":\ndata: "A"}\n\n');
    await sse.until(() => sse.frames.length === 3);
    expect(sse.frames).toEqual([{ t: 'D', who: 'web-ü' }, BEAT, { t: 'A' }]);
    expect(sse.log.filter((what) => what === 'opened')).toHaveLength(1);
  });

  test('C38: a character that two pieces share is whole', async () => {
    const bytes = Buffer.from('data: {"t":"D","who":"机器"}\n\n');
    const cut = bytes.indexOf('机') + 1;
    handler = (_, response) => {
      response.writeHead(200, EVENTS).write(bytes.subarray(0, cut), () => {
        setImmediate(() => response.write(bytes.subarray(cut)));
      });
    };
    const sse = open(openSse);
    await sse.until(() => sse.frames.length === 1);
    expect(sse.frames).toEqual([{ t: 'D', who: '机器' }]);
  });

  test('C38: what is not JSON is handed on, to be counted as a bad frame', async () => {
    handler = (_, response) => response.writeHead(200, EVENTS).write('data: {"t":\n\ndata: {"t":"B"}\n\n');
    const sse = open(openSse);
    await sse.until(() => sse.frames.length === 2);
    expect(sse.frames).toEqual(['{"t":', BEAT]);
  });

  test('C38: the end of the stream is the end of the source; it never asks again by itself', async () => {
    let requests = 0;
    handler = (_, response) => {
      requests++;
      response.writeHead(200, EVENTS).end('retry: 1\n\ndata: {"t":"B"}\n\ndata: {"t":"unfinished"}');
    };
    const sse = open(openSse);
    await sse.until(() => sse.reason() !== null);
    expect(sse.reason()).toEqual({ kind: 'lost', detail: 'SSE: the stream ended' });
    expect(sse.log).toEqual(['opened', 'frame', 'closed']);
    // A reconnection would have been asked for long ago when another source has come and gone.
    await open(openSse).until(() => requests === 2);
    expect(requests).toBe(2);
  });

  test('C38: a cut connection is lost', async () => {
    handler = (request, response) => {
      response.writeHead(200, EVENTS).write('data: {"t":"B"}\n\n', () => request.socket.destroy());
    };
    const sse = open(openSse);
    await sse.until(() => sse.reason() !== null);
    expect(sse.reason()!.kind).toBe('lost');
  });

  test.each([
    [
      503,
      { 'retry-after': '7', 'content-type': 'application/problem+json' },
      '{"detail":"full"}',
      { kind: 'refused', detail: 'SSE: full', retryAfterMs: 7_000 },
    ],
    [403, {}, '', { kind: 'refused', detail: 'SSE: status 403' }],
    [
      200,
      { 'content-type': 'text/html' },
      '<html>',
      { kind: 'refused', detail: 'SSE: the answer is not a stream of events' },
    ],
  ])('C38: an answer %i %o %s is a refusal with its reason', async (status, headers, body, reason) => {
    handler = (_, response) => response.writeHead(status, headers).end(body);
    const sse = open(openSse);
    await sse.until(() => sse.reason() !== null);
    expect([sse.reason(), sse.log]).toEqual([reason, ['closed']]);
  });
});

describe('long polling', () => {
  test('C39: the first request is not held, the next ones are, each at once after the answer, from the new position', async () => {
    const asked: (string | undefined)[] = [];
    const held: ServerResponse[] = [];
    handler = (request, response) => {
      asked.push(request.url);
      if (asked.length === 1) answer(response, [{ t: 'S' }]);
      else held.push(response);
    };
    let position: Position | null = null;
    const polling = open(openLongPoll, { position: () => position });
    await polling.until(() => polling.frames.length === 1);
    await expect.poll(() => held.length).toBe(1);
    position = POSITION;
    answer(held.shift()!, [DIFF]);
    await polling.until(() => polling.frames.length === 2);
    await expect.poll(() => held.length).toBe(1);
    expect(asked).toEqual(['/rt/poll?wait=0', '/rt/poll?wait=10', '/rt/poll?e=0123456789abcdef&s=7&wait=10']);
    expect(polling.log.filter((what) => what === 'opened')).toHaveLength(1);
  });

  test('C39: answers with news are asked for again at once, early ones without news after a second', async () => {
    const askedAtMs: number[] = [];
    const NEWS_UNTIL = 20;
    handler = (_, response) => {
      askedAtMs.push(performance.now());
      answer(response, [askedAtMs.length < NEWS_UNTIL ? DIFF : BEAT]);
    };
    const polling = open(openLongPoll);
    await polling.until(() => polling.frames.length === NEWS_UNTIL + 1);
    const gapMs = askedAtMs[NEWS_UNTIL]! - askedAtMs[NEWS_UNTIL - 1]!;
    expect(gapMs).toBeGreaterThan(950);
    expect(askedAtMs[NEWS_UNTIL - 1]! - askedAtMs[0]!, 'twenty with news').toBeLessThan(NEWS_UNTIL * 500);
  });

  test('C39: a refusal and a cut end it, with the reason', async () => {
    handler = (_, response) => response.writeHead(503, { 'retry-after': '7' }).end('{"detail":"full"}');
    const refused = open(openLongPoll);
    await refused.until(() => refused.reason() !== null);
    expect(refused.reason()).toEqual({ kind: 'refused', detail: 'long polling: full', retryAfterMs: 7_000 });
    handler = (request) => request.socket.destroy();
    const cut = open(openLongPoll);
    await cut.until(() => cut.reason() !== null);
    expect(cut.reason()!.kind).toBe('lost');
    expect([refused.log, cut.log]).toEqual([['closed'], ['closed']]);
  });
});

describe('all of them', () => {
  const BY_HTTP = { sse: openSse, 'long-polling': openLongPoll, polling: openPoll };

  test.each(Object.entries(BY_HTTP))(
    'C40: every request of %s carries the query and goes by the given fetch',
    async (name, openSource) => {
      const asked: URL[] = [];
      handler = (request, response) => {
        asked.push(new URL(request.url!, origin));
        if (name === 'sse') response.writeHead(200, EVENTS).write('data: {"t":"B"}\n\n');
        else answer(response, [DIFF]);
      };
      let fetched = 0;
      const source = open(openSource, {
        query: { feed: '00000000000000ff', meter: 'a b&c' },
        position: () => POSITION,
        fetch: (input, init) => {
          fetched++;
          return fetch(input, init);
        },
      });
      await source.until(() => source.frames.length > 0);
      expect(fetched).toBe(asked.length);
      for (const { searchParams } of asked) {
        expect(Object.fromEntries(searchParams)).toMatchObject({
          ...{ e: POSITION.e, s: '7' },
          feed: '00000000000000ff',
          meter: 'a b&c',
        });
      }
    },
  );

  test.each([
    ['SSE', openSse],
    ['long polling', openLongPoll],
  ] as const)('C28: stopped %s ends its request and says nothing more', async (_, openSource) => {
    const requested = once(http, 'request');
    handler = () => {};
    const source = open(openSource);
    const [request] = (await requested) as [IncomingMessage];
    const gone = once(request.socket, 'close');
    source.source.stop();
    source.source.ack(1);
    await gone;
    expect(source.log).toEqual([]);
  });

  test('C51: a source is loaded when it is opened, and silent when it was stopped before that', async () => {
    let loads = 0;
    const lazy = lazySource('SSE', async () => {
      loads++;
      return openSse;
    });
    handler = (_, response) => response.writeHead(200, EVENTS).write('data: {"t":"B"}\n\n');
    expect(loads).toBe(0);
    const early = open(lazy);
    early.source.stop();
    const sse = open(lazy);
    await sse.until(() => sse.frames.length === 1);
    expect([loads, early.log]).toEqual([2, []]);
    sse.source.stop();
  });

  test('C51: code that cannot be loaded is a lost connection, and the next try loads it again', async () => {
    let broken = true;
    const lazy = lazySource('SSE', async () => {
      if (broken) throw new Error('chunk 7 is gone');
      return openSse;
    });
    const failed = open(lazy);
    await failed.until(() => failed.reason() !== null);
    expect(failed.reason()).toEqual({ kind: 'lost', detail: 'SSE could not be loaded: chunk 7 is gone' });
    broken = false;
    handler = (_, response) => response.writeHead(200, EVENTS).write('data: {"t":"B"}\n\n');
    const sse = open(lazy);
    await sse.until(() => sse.frames.length === 1);
  });
});

import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Alert } from '#lib/protocol/alert.ts';
import type { JsonFrame } from '#lib/protocol/frames.ts';
import { STALLED_AFTER_MS } from '../live/viewer.ts';
import { ContractServer } from './contract-server.ts';
import { sseAdapter } from './contract-sse.ts';
import { sseEventOf } from './sse-event.ts';
import { transportContract } from './transport.contract.ts';

transportContract(sseAdapter);

const BREAKS = 'a\nb\r\nc\rd data: e\n\nid: 1\u2028\u2029\u0085';

function alertWith(comment: string, number = 1): Alert {
  return {
    id: `00112233445566aa-${number}`,
    hostId: '00112233445566aa',
    host: 'web-01',
    episode: number,
    openedAt: 5,
    closedAt: null,
    reason: 'no heartbeat for 5.0 s',
    evidence: null,
    incidentId: null,
    ack: { by: '王', at: 7, comment, expiresAt: null },
  };
}

describe('server-sent events', () => {
  let server: ContractServer;

  beforeEach(async () => {
    server = await new ContractServer().listen();
    server.addHosts(3);
  });
  afterEach(() => server.close());

  type Stream = {
    readonly response: IncomingMessage;
    readonly events: EventSourceMessage[];
    readonly retries: number[];
    /** The text as it came. */
    readonly text: () => string;
    /** Resolves once there are so many events; rejects when the stream ends before. */
    count(events: number): Promise<void>;
    frames(): JsonFrame[];
  };

  async function open(query = '', headers: Record<string, string> = {}): Promise<Stream> {
    const asked = get(`${server.origin}/rt/sse${query}`, { agent: false, headers });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const events: EventSourceMessage[] = [];
    const retries: number[] = [];
    let text = '';
    let look = (): void => {};
    const parser = createParser({
      onEvent: (event) => void events.push(event),
      onRetry: (retryMs) => void retries.push(retryMs),
      onError: (error) => asked.destroy(error),
      onComment: (comment) => asked.destroy(new Error(`a comment: ${comment}`)),
    });
    response.on('error', () => {}); // some are cut on purpose
    response.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      parser.feed(part);
      look();
    });
    response.on('close', () => look());
    return {
      response,
      events,
      retries,
      text: () => text,
      count: (wanted) =>
        new Promise((met, failed) => {
          look = () => {
            if (events.length >= wanted) met();
            else if (response.closed) failed(new Error(`the stream ended after ${events.length} events`));
          };
          look();
        }),
      frames: () => events.map(({ data }) => JSON.parse(data) as JsonFrame),
    };
  }

  const at = (s: number): string => `${server.log.epoch}.${s}`;

  test('L40, L41: headers, the time to come again, and the first event at once', async () => {
    const stream = await open();
    expect(stream.response.statusCode).toBe(200);
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(stream.response.headers).not.toHaveProperty('content-encoding');
    await stream.count(1);
    expect(stream.retries).toEqual([2_000]);
    expect(stream.text()).toMatch(/^retry: 2000\n\nid: [0-9a-f]{16}\.1\ndata: \{"t":"S",[^\n]*\}\n\n$/);
  });

  test('L41: the id is where the viewer stands after S, D and B; A and R have none', async () => {
    server.log.stageAlert(alertWith('first'));
    server.set([0, 4]);
    const stream = await open('?e=ffffffffffffffff&s=9');
    await stream.count(3);
    server.log.stageAlert(alertWith('second'));
    server.set([1, 4]);
    await stream.count(5);
    server.aheadMs += 5_000;
    await stream.count(6);
    const seen = stream.frames().map(({ t }, i) => [t, stream.events[i]!.id]);
    expect(seen).toEqual([
      ['R', undefined],
      ['A', undefined],
      ['S', at(2)],
      ['A', undefined],
      ['D', at(3)],
      ['B', at(3)],
    ]);
    expect(stream.events.map(({ event }) => event)).toEqual(Array(6).fill(undefined));
  });

  test('L42: Last-Event-ID beats e and s', async () => {
    for (let i = 0; i < 4; i++) server.set([0, i % 2 ? 2 : 4]);
    const since = async (query: string, id?: string): Promise<unknown[]> => {
      const stream = await open(query, id === undefined ? {} : { 'last-event-id': id });
      await stream.count(1);
      stream.response.destroy();
      const [frame] = stream.frames();
      return frame!.t === 'D' ? [frame!.t, frame!.f, frame!.s] : [frame!.t];
    };
    const { epoch } = server.log;
    expect(await since(`?e=${epoch}&s=1`, at(3))).toEqual(['D', 3, 5]);
    expect(await since(`?e=${epoch}&s=1`)).toEqual(['D', 1, 5]);
    expect(await since('', at(2))).toEqual(['D', 2, 5]);
    expect(await since(`?e=${epoch}&s=1`, at(5))).toEqual(['B']);
    expect(await since(`?e=${epoch}&s=4`, '')).toEqual(['D', 4, 5]);
    expect(await since(`?e=${epoch}&s=4`, 'ffffffffffffffff.5')).toEqual(['R']);
    expect(await since('?e=nonsense', at(4))).toEqual(['D', 4, 5]);
  });

  test.each([
    ['nonsense', ''],
    ['0123456789abcdef', ''],
    ['0123456789abcdef.', ''],
    ['.1', ''],
    ['0123456789ABCDEF.1', ''],
    ['0123456789abcdef.1.2', ''],
    ['0123456789abcdef.-1', ''],
    ['0123456789abcdef.01', ''],
    ['0123456789abcdef.1, 0123456789abcdef.2', ''],
    [undefined, '?e=0123456789abcdef'],
    [undefined, '?e=xyz&s=1'],
  ])('L42: Last-Event-ID %s with the query "%s" is refused as invalid_parameter', async (id, query) => {
    const headers: Record<string, string> = id === undefined ? {} : { 'last-event-id': id };
    const refused = await fetch(`${server.origin}/rt/sse${query}`, { headers });
    expect(refused.status).toBe(400);
    expect(refused.headers.get('cache-control')).toBe('no-store, no-transform');
    const problem = (await refused.json()) as { code: string; detail: string };
    expect(problem.code).toBe('invalid_parameter');
    expect(problem.detail).toMatch(/16 lower-case hex digits/);
    expect(problem.detail.startsWith(id === undefined ? 'e and s' : 'Last-Event-ID')).toBe(true);
    expect(server.viewers.size).toBe(0);
  });

  test('L37: other methods are refused', async () => {
    for (const method of ['POST', 'HEAD']) {
      const refused = await fetch(`${server.origin}/rt/sse`, { method });
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET']);
    }
  });

  test('L41: line breaks inside of strings do not break an event', async () => {
    const stream = await open();
    await stream.count(1);
    server.log.stageAlert(alertWith(BREAKS));
    server.publish();
    await stream.count(3);
    const [, alerts, diff] = stream.frames();
    expect(alerts).toMatchObject({ t: 'A', alerts: [alertWith(BREAKS)] });
    expect(diff!.t).toBe('D');
    expect(stream.events).toHaveLength(3);
  });

  test('L44: viewers that share a frame share the bytes of its event', () => {
    server.set([0, 4]);
    const [frame] = server.log.framesFrom({ e: server.log.epoch, s: 1 }, server.viewers.clock());
    const [same] = server.log.framesFrom({ e: server.log.epoch, s: 1 }, server.viewers.clock());
    expect(sseEventOf(same!)).toBe(sseEventOf(frame!));
    expect(sseEventOf(frame!).chunk.buffer).toBe(sseEventOf(frame!).text.buffer);
  });

  test('L41, L44: several viewers get the same events, whole', async () => {
    const streams = await Promise.all(Array.from({ length: 5 }, () => open()));
    await Promise.all(streams.map((stream) => stream.count(1)));
    for (let i = 0; i < 20; i++) {
      server.set([0, i % 2 ? 2 : 4]);
      await turn();
    }
    await Promise.all(streams.map((stream) => stream.count(21)));
    const [first, ...others] = streams.map((stream) => stream.text());
    expect(others).toEqual(others.map(() => first));
  });

  /** Alerts of `sizeBytes` in all. */
  function stageAlerts(sizeBytes: number): void {
    const comment = 'ü'.repeat(sizeBytes / 1_000);
    for (let i = 0; i < 500; i++) server.log.stageAlert(alertWith(comment, i));
  }

  test('L43: an answer of many megabytes arrives whole', async () => {
    stageAlerts(8_000_000);
    server.publish();
    const stream = await open();
    await stream.count(2);
    expect(stream.frames().map(({ t }) => t)).toEqual(['A', 'S']);
    expect(stream.text().length).toBeGreaterThan(4_000_000);
    server.set([0, 4]);
    await stream.count(3);
    expect(stream.frames().at(-1)).toMatchObject({ t: 'D', s: 3 });
  });

  test('L43: no more than a part of an answer is handed over before the reader takes it', async () => {
    const stream = await open();
    await stream.count(1);
    stream.response.pause();
    stageAlerts(40_000_000);
    server.publish();
    await vi.waitFor(() => expect(server.bufferedBytes).toBeGreaterThan(0));
    for (let i = 0; i < 50; i++) {
      server.set([0, i % 2 ? 2 : 4]);
      await turn();
    }
    expect(server.bufferedBytes).toBeLessThan(300_000);
    stream.response.resume();
    await stream.count(4);
    expect(stream.frames().map(({ t, ...frame }) => ('f' in frame ? [t, frame.f, frame.s] : [t]))).toEqual([
      ['S'],
      ['A', 1, 2],
      ['D', 1, 2],
      ['D', 2, 52],
    ]);
  });

  test('L23, L43: a slow reader of a large answer is not cut off while it takes parts of it', async () => {
    const stream = await open();
    await stream.count(1);
    // A viewer that takes nothing at all: it is told so at every look at the viewers, after the one tested here.
    let swept = (): void => {};
    const idle = { ready: () => false, send: () => {}, close: () => swept() };
    server.viewers.add({ link: idle, position: null, acknowledges: false, beats: true });
    server.aheadMs += STALLED_AFTER_MS;
    stageAlerts(40_000_000);
    server.publish();
    // More than one part gone into the kernel: one of them has drained.
    const taken = (): number => {
      let bytes = 0;
      for (const socket of server.sockets) bytes += socket.bytesWritten - socket.writableLength;
      return bytes;
    };
    for (let turns = 1; turns <= 4; turns++) {
      const before = taken();
      await vi.waitFor(() => expect(taken()).toBeGreaterThan(before + 262_144), {
        timeout: 5_000,
        interval: 1,
      });
      stream.response.pause();
      server.set([0, turns % 2 ? 4 : 2]);
      // Twice this would be too late.
      server.aheadMs += STALLED_AFTER_MS / 2;
      await new Promise<void>((resolve) => {
        swept = resolve;
      });
      stream.response.resume();
    }
    await vi.waitFor(() => expect(stream.events.at(-1)?.id).toBe(at(6)), { timeout: 5_000 });
    expect(stream.frames().filter(({ t }) => t === 'A')).toHaveLength(1);
    expect(stream.response.closed).toBe(false);
  });

  test('L45: over HTTP/1.1 the body is in chunks, over HTTP/1.0 it ends with the connection', async () => {
    const bodies: string[] = [];
    for (const version of ['1.1', '1.0']) {
      const socket = connect(server.port, '127.0.0.1').setEncoding('latin1');
      let text = '';
      socket.on('data', (part: string) => (text += part));
      socket.write(`GET /rt/sse HTTP/${version}\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
      await vi.waitFor(() => expect(text).toContain('"dig":'));
      server.viewers.stop();
      await once(socket, 'close');
      const [head, ...rest] = text.split('\r\n\r\n');
      expect(/^transfer-encoding: chunked$/im.test(head!)).toBe(version === '1.1');
      bodies.push(rest.join('\r\n\r\n'));
      await server.close();
      server = await new ContractServer({ epoch: server.log.epoch }).listen();
      server.addHosts(3);
    }
    const [chunked, plain] = bodies as [string, string];
    // Taken apart as RFC 9112, 7.1 says.
    let joined = '';
    for (let rest = chunked; ; ) {
      const [, size = ''] = /^([0-9a-f]+)\r\n/.exec(rest) ?? [];
      const from = size.length + 2;
      const to = from + Number.parseInt(size, 16);
      expect(rest.slice(to, to + 2)).toBe('\r\n');
      joined += rest.slice(from, to);
      rest = rest.slice(to + 2);
      if (size === '0') {
        expect(rest).toBe('');
        break;
      }
    }
    const withoutInstants = (text: string): string => text.replace(/"ts":[0-9.]+/g, '"ts":0');
    expect(withoutInstants(joined)).toBe(withoutInstants(plain));
    expect(joined).toMatch(/^retry: 2000\n\nid: [^\n]+\ndata: [^\n]+\n\n$/);
  });

  test('L49: a stop ends the stream cleanly, and its connection', async () => {
    const stream = await open();
    await stream.count(1);
    server.viewers.stop();
    await once(stream.response, 'end');
    expect(stream.response.complete).toBe(true);
    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
  });

  test('L49: a stop does not wait for one that does not take the whole events it has been handed', async () => {
    const stream = await open();
    await stream.count(1);
    stream.response.pause();
    // Of less than a part each.
    for (let i = 0; i < 2_000 && server.bufferedBytes === 0; i++) {
      server.log.stageAlert(alertWith('ü'.repeat(30_000), i % 2));
      server.publish();
      await turn();
    }
    expect(server.bufferedBytes).toBeGreaterThan(0);
    server.viewers.stop();
    await vi.waitFor(() => expect(server.sockets.size).toBe(0), 5_000);
  });

  test('L49: a stop does not wait for a viewer that does not read', async () => {
    const stream = await open();
    await stream.count(1);
    stream.response.pause();
    stageAlerts(40_000_000);
    server.publish();
    await vi.waitFor(() => expect(server.bufferedBytes).toBeGreaterThan(0));
    server.viewers.stop();
    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
  });
});

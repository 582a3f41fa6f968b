/** The export over real sockets: as much is read as the client takes, and nothing stays behind. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { HostEvent } from '#lib/protocol/host.ts';
import { hostIdHex } from '../host-id.ts';
import type { EventQuery, EventResult } from '../store/store.ts';
import { apiAlone } from '../testing/api-alone.ts';
import { ask as askPort, send } from '../testing/raw-request.ts';
import { EventExports, MAX_CSV_EVENTS } from './event-exports.ts';

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

const eventOf = (number: number): HostEvent => ({
  at: number,
  hostId: '0123456789abcdef',
  host: 'web-1',
  kind: 'down',
  reason: 'no heartbeat for 5.0 s, one expected every 1.0 s',
  evidence: null,
  by: null,
});

/** A history of so many events, which counts how often it is asked. */
async function withHistory(total: number, read: (query: EventQuery) => Promise<void> = async () => {}) {
  const asked: EventQuery[] = [];
  const alone = apiAlone();
  alone.context.store.events = async (query): Promise<EventResult> => {
    asked.push(query);
    await read(query);
    const first = query.before ?? total;
    const end = Math.max(0, first - query.limit);
    const events = Array.from({ length: first - end }, (_, i) => eventOf(first - i));
    return { events, next: end === 0 ? null : end };
  };
  const { port, close } = await alone.listen();
  closes.push(close);
  return { ...alone, port, asked };
}

async function opened(port: number, path = '/api/events.csv'): Promise<IncomingMessage> {
  const [response] = (await once(send(port, path), 'response')) as [IncomingMessage];
  return response;
}

test('H67, H68: the file is whole, newest first, and named', async () => {
  const { port, asked } = await withHistory(5_000);
  const { status, headers, body } = await askPort(port, '/api/events.csv?from=1&to=9000');
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': 'attachment; filename="pulsewatch-events.csv"',
    'cache-control': 'no-store',
  });
  const lines = body.toString('utf8').split('\r\n');
  expect(lines).toHaveLength(5_002);
  expect(lines[0]).toBe('\ufeffat,host,hostId,kind,reason,by');
  expect(lines[1]).toContain(new Date(5_000).toISOString());
  expect(lines[5_000]).toContain(new Date(1).toISOString());
  expect(new Set(lines).size).toBe(5_002);
  expect(asked.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
    [1, 9_000],
    [1, 9_000],
    [1, 9_000],
  ]);
});

test('H67: of one host; its name is in the file’s; an unknown one is 404', async () => {
  const { ask, add, store } = apiAlone();
  add('web-1');
  await store.append({ events: [{ ...eventOf(1), hostId: hostIdHex('web-1') }, eventOf(2)] }, 'history');
  const answer = await ask('/api/events.csv?host=web-1');
  expect(answer.text.split('\r\n')).toHaveLength(3);
  expect(answer.headers.get('content-disposition')).toBe(
    'attachment; filename="pulsewatch-events-web-1.csv"',
  );
  for (const host of ['never', 'a%22%0d%0ab', '..%2Fetc', '%E2%80%AE']) {
    expect((await ask(`/api/events.csv?host=${host}`)).status, host).toBe(404);
  }
  expect((await ask('/api/events.csv?limit=5')).status).toBe(400);
});

test('H68: a client that does not read holds the export up, and gives its place back when it goes', async () => {
  const { port, asked, errors } = await withHistory(10_000_000);
  const stalled = await opened(port);
  await once(stalled, 'readable');
  // What socket buffers hold is read ahead, and no more: the count comes to rest.
  let before = -1;
  while (asked.length !== before) {
    before = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(asked.length).toBeLessThan(200);
  const others = await Promise.all([opened(port), opened(port), opened(port)]);
  const refused = await askPort(port, '/api/events.csv');
  expect(refused.status).toBe(503);
  expect(JSON.parse(refused.body.toString()).code).toBe('too_many_exports');
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  // Asking about the file takes no place.
  expect((await askPort(port, '/api/events.csv', { method: 'HEAD' })).status).toBe(200);
  for (const response of [stalled, ...others]) response.destroy();
  for (;;) {
    const response = await opened(port);
    const { statusCode } = response;
    response.destroy();
    if (statusCode === 200) break;
  }
  expect(errors).toEqual([]);
});

test('H68: it ends after as many events as it may have, a million', async () => {
  expect(MAX_CSV_EVENTS).toBe(1_000_000);
  const limits: number[] = [];
  const store = {
    events: async ({ limit, before = 0 }: EventQuery): Promise<EventResult> => {
      limits.push(limit);
      return { events: Array.from({ length: limit }, (_, i) => eventOf(before + i)), next: before + limit };
    },
  };
  const exports = new EventExports(store, () => {}, 5_000);
  const response = await exports.open({ span: {}, host: null, headOnly: false, cutOff: () => {} });
  expect((await response.text()).split('\r\n')).toHaveLength(5_002);
  expect(limits).toEqual([2_000, 2_000, 1_000]);
});

test('H68: a store that fails cuts the file off, so that half of it is not taken for all', async () => {
  const { port, errors } = await withHistory(5_000, async ({ before }) => {
    if (before !== undefined) throw new Error('the store has closed');
  });
  await expect(askPort(port, '/api/events.csv')).rejects.toThrow(/aborted|reset|hang up/);
  expect(errors).toMatchObject([{ message: 'the store has closed' }]);
});

test('H68: a store that fails at once is a refusal like any other', async () => {
  const { port, errors } = await withHistory(5_000, async () => {
    throw new Error('the store has closed');
  });
  for (let i = 0; i < 6; i++) {
    const { status, body } = await askPort(port, '/api/events.csv');
    expect(status).toBe(500);
    expect(JSON.parse(body.toString()).code).toBe('internal_error');
  }
  expect(errors).toHaveLength(6);
});

/** Everything through Debian's nginx with the file that docs/ ships, a whole server behind it. Needs nginx. */
import type { RequestOptions } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Mode, TRANSPORTS } from '../../lib/client/ladder.ts';
import { createLive, type Live } from '../../lib/client/live.ts';
import type { LiveState } from '../../lib/client/view-store.ts';
import { MAX_VIEWERS_PER_ADDRESS } from '../live/viewer-places.ts';
import { liveUntil } from '../testing/live-until.ts';
import { type Nginx, shippedNginxFile, startNginx } from '../testing/nginx.ts';
import { ask, type RawAnswer, send } from '../testing/raw-request.ts';
import { startTestServer, type TestServer } from '../testing/running-server.ts';
import { ContractCable } from './contract-cable.ts';
import { MAX_WAIT_S } from './poll.ts';

/** What the shipped file tells operators to set, without TLS. */
const SETTINGS = [
  '--allowed-hosts=pulse.example.com,127.0.0.1',
  '--allowed-origins=http://pulse.example.com',
  '--trusted-proxies=127.0.0.1',
];

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

let server: TestServer;
let nginx: Nginx;
beforeAll(async () => {
  server = await startTestServer(...SETTINGS);
  nginx = await startNginx(server.port);
});
afterAll(async () => {
  await nginx?.stop();
  await server?.stop();
});

const json = ({ body }: RawAnswer) => JSON.parse(body.toString('utf8'));

function open(mode: Mode, origin: string, now?: () => number): Live {
  const live = createLive({ origin, mode, storage: null }, { random: () => 0, ...(now && { now }) });
  stops.push(() => live.stop());
  live.start();
  return live;
}

const until = (live: Live, what: string, condition: (state: LiveState) => boolean): Promise<LiveState> =>
  liveUntil(live, what, condition, 12_000);

describe('all four transports', () => {
  test.each(TRANSPORTS)(
    'H71: %s works through nginx, from the first view to the next change',
    async (mode) => {
      await server.beat(`${mode}-1 interval=600s`);
      const live = open(mode, nginx.origin);
      const { counts, link } = await until(
        live,
        'the view',
        (state) => state.link.status === 'live' && (state.counts?.up ?? 0) > 0,
      );
      expect(link).toMatchObject({ transport: mode, fallback: null, problem: null });
      await server.beat(`${mode}-2 interval=600s`);
      await until(live, 'the change', (state) => state.counts!.up > counts!.up);
      const { epoch, seq } = (await server.get('/api/health')).body;
      const state = await until(live, `position ${seq}`, (state) => state.seq === seq);
      expect(state.epoch).toBe(epoch);
      expect(state.link).toMatchObject({ transport: mode, digestMismatches: 0, badFrames: 0, reconnects: 0 });
    },
  );

  test.each(TRANSPORTS)('H71: over %s a full server’s refusal comes through, with its time', async (mode) => {
    const full = await startTestServer(...SETTINGS, '--max-viewers=1');
    stops.push(() => full.stop());
    const proxy = await startNginx(full.port);
    stops.push(() => proxy.stop());
    const { epoch, seq } = (await full.get('/api/health')).body;
    const held = send(full.port, `/rt/poll?e=${epoch}&s=${seq}&wait=25`).on('error', () => {});
    await until503(() => ask(full.port, '/rt/poll'));
    const nowMs = 1_000_000;
    const live = open(mode, proxy.origin, () => nowMs);
    const { link } = await until(live, 'the refusal', (state) => state.link.retryAtMs !== null);
    expect(link).toMatchObject({ problem: 'refused', transport: mode });
    expect(link.problemDetail).toMatch(/viewers/);
    expect(link.retryAtMs).toBe(nowMs + 5_000);
    held.destroy();
  });
});

async function until503(probe: () => Promise<RawAnswer>): Promise<RawAnswer> {
  for (;;) {
    const answer = await probe();
    if (answer.status === 503) return answer;
  }
}

describe('what nginx does to an answer', () => {
  test('H71: the public name is what ALLOWED_HOSTS and ALLOWED_ORIGINS say, all else is refused', async () => {
    const asking = (headers: RequestOptions['headers']) => ask(nginx.port, '/rt/poll', { headers });
    const origin = 'http://pulse.example.com';
    expect((await asking({ host: 'pulse.example.com' })).status).toBe(200);
    expect((await asking({ host: 'pulse.example.com:8080', origin })).status).toBe(200);
    const foreignHost = await asking({ host: 'evil.example' });
    expect([foreignHost.status, json(foreignHost).code]).toEqual([403, 'foreign_host']);
    const foreignOrigin = await asking({ host: 'pulse.example.com', origin: 'http://evil.example' });
    expect([foreignOrigin.status, json(foreignOrigin).code]).toEqual([403, 'foreign_origin']);
  });

  test('H71: a WebSocket of the public origin is opened, that of another one is refused', async () => {
    const upgrading = (origin: string) =>
      new Promise<number>((resolve, reject) => {
        send(nginx.port, '/socket.io/?EIO=4&transport=websocket', {
          headers: {
            host: 'pulse.example.com',
            origin,
            connection: 'Upgrade',
            upgrade: 'websocket',
            'sec-websocket-version': '13',
            'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          },
        })
          .once('upgrade', (response, socket) => {
            socket.destroy();
            resolve(response.statusCode!);
          })
          .once('response', (response) => {
            response.resume();
            resolve(response.statusCode!);
          })
          .once('error', reject);
      });
    expect(await upgrading('http://pulse.example.com')).toBe(101);
    expect(await upgrading('http://evil.example')).toBe(403);
  });

  test('H71: the API is compressed, live answers are left as they are', async () => {
    const headers = { 'accept-encoding': 'gzip' };
    const api = await ask(nginx.port, '/api/health', { headers });
    expect(api.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(api.body).toString('utf8'))).toMatchObject({ status: 'ok' });
    const live = await ask(nginx.port, '/rt/poll', { headers });
    expect(live.headers['content-encoding']).toBeUndefined();
    expect(live.headers['cache-control']).toBe('no-store, no-transform');
    expect(json(live).frames.length).toBeGreaterThan(0);
  });

  test('H71: a long poll is held through nginx, and answered by the change it waits for', async () => {
    const { epoch, seq } = (await server.get('/api/health')).body;
    const poll = (waitS: number) => ask(nginx.port, `/rt/poll?e=${epoch}&s=${seq}&wait=${waitS}`);
    const beganAtMs = performance.now();
    expect(json(await poll(2)).frames).toMatchObject([{ t: 'B', s: seq }]);
    expect(performance.now() - beganAtMs).toBeGreaterThan(1_900);
    const held = poll(MAX_WAIT_S);
    await server.beat('long-poll interval=600s');
    expect(json(await held).frames.at(-1)).toMatchObject({ t: 'D', f: seq });
  });

  test('H71: requests do not open a connection to the server each', async () => {
    const cable = await new ContractCable(server.port).listen();
    stops.push(() => cable.close());
    const proxy = await startNginx(Number(new URL(cable.origin).port));
    stops.push(() => proxy.stop());
    for (let i = 0; i < 5; i++) expect((await ask(proxy.port, '/rt/poll')).status).toBe(200);
    expect(cable.taken).toBe(1);
  });

  test('H71: nginx is told to wait longer than the longest poll is held', () => {
    const [, seconds] = /^ +proxy_read_timeout (\d+)s;$/m.exec(shippedNginxFile())!;
    expect(Number(seconds)).toBeGreaterThan(MAX_WAIT_S + MAX_WAIT_S / 16);
  });
});

describe('trusted proxies', () => {
  // Linux gives a process all of 127.0.0.0/8; to nginx these are two machines.
  const CROWDED = '127.0.0.2';

  test('H70, H73: viewers count by their own address, whatever they claim, and give their places back', async () => {
    const crowded = await startTestServer(...SETTINGS);
    stops.push(() => crowded.stop());
    const proxy = await startNginx(crowded.port);
    stops.push(() => proxy.stop());
    const { epoch, seq } = (await crowded.get('/api/health')).body;
    const from = (localAddress: string, i: number): RequestOptions => ({
      localAddress,
      headers: { 'x-forwarded-for': `198.51.100.${i % 256}` },
    });
    const held = Array.from({ length: MAX_VIEWERS_PER_ADDRESS }, (_, i) =>
      send(proxy.port, `/rt/poll?e=${epoch}&s=${seq}&wait=25`, from(CROWDED, i)).on('error', () => {}),
    );
    const probe = () => ask(proxy.port, '/rt/poll', from(CROWDED, 7));
    const refusal = await until503(probe);
    expect(refusal.headers).toMatchObject({
      'retry-after': '5',
      'content-type': expect.stringContaining('application/problem+json'),
    });
    expect(json(refusal).code).toBe('too_many_viewers');
    // Others behind the same proxy are let in, on every transport.
    for (const mode of TRANSPORTS) {
      const live = open(mode, proxy.origin);
      const { link } = await until(live, mode, (state) => state.link.status === 'live');
      expect(link.transport).toBe(mode);
      live.stop();
    }
    for (const request of held) request.destroy();
    while ((await probe()).status !== 200);
  });
});

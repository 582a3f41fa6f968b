/** Server-sent events through Debian's nginx with the file that docs/ ships, and with what operators make of it. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { constants, createGunzip } from 'node:zlib';
import { createParser } from 'eventsource-parser';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { decodeSlots } from '#lib/protocol/frames.ts';
import { type Nginx, startNginx } from '../testing/nginx.ts';
import { ask, send } from '../testing/raw-request.ts';
import { startTestServer, type TestServer } from '../testing/running-server.ts';

const CHANGE_EVERY_MS = 300;
const CHANGES = 6;
/** Far below the beat that would push held-back bytes along after 5 s. */
const ARRIVES_WITHIN_MS = 3_000;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

let server: TestServer;
let nginx: Nginx;
beforeAll(async () => {
  server = await startTestServer();
  nginx = await startNginx(server.port);
});
afterAll(async () => {
  await nginx?.stop();
  await server?.stop();
});

type Stream = {
  readonly encoding: string | undefined;
  /** Frames so far. */
  readonly frames: { readonly t: string; readonly slots?: string }[];
  /** Rejects when it has not come in time. */
  until(what: string, condition: (frames: Stream['frames']) => boolean): Promise<void>;
};

const STREAM_HEADERS = { 'accept-encoding': 'gzip', accept: 'text/event-stream' };

/** Server-sent events as a browser that takes gzip gets them. */
async function openStream(through: Nginx): Promise<Stream> {
  const outgoing = send(through.port, '/rt/sse', { headers: STREAM_HEADERS });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
  });
  outgoing.on('error', () => {});
  stops.push(() => outgoing.destroy());
  expect(response.statusCode).toBe(200);
  const encoding = response.headers['content-encoding'];
  const frames: Stream['frames'] = [];
  const looks = new Set<() => void>();
  const parser = createParser({ onEvent: ({ data }) => void frames.push(JSON.parse(data)) });
  const gunzip = createGunzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH });
  const text: Readable = encoding === 'gzip' ? response.pipe(gunzip) : response;
  response.on('error', () => {});
  text.setEncoding('utf8').on('data', (chunk: string) => {
    parser.feed(chunk);
    for (const look of looks) look();
  });
  return {
    encoding,
    frames,
    until: (what, condition) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(late);
          looks.delete(look);
        };
        const look = (): void => {
          if (!condition(frames)) return;
          end();
          resolve();
        };
        const late = setTimeout(() => {
          end();
          reject(new Error(`${what} was held back: ${frames.map(({ t }) => t).join('')} came`));
        }, ARRIVES_WITHIN_MS);
        looks.add(look);
        look();
      }),
  };
}

let hosts = 0;

/** A new host, as a slot that the next D must name. */
async function change(): Promise<number> {
  const name = `change-${++hosts}`;
  await server.beat(`${name} interval=600s`);
  return (await server.until(`/api/hosts/${name}`, ({ host }) => host !== undefined)).host.slot;
}

const named = (slot: number) => (frames: Stream['frames']) =>
  frames.some(({ slots }) => slots !== undefined && decodeSlots(Buffer.from(slots, 'base64')).includes(slot));

/** Changes 300 ms apart: each has arrived before the next is made. */
async function expectOneByOne(stream: Stream): Promise<void> {
  await stream.until('the snapshot', (frames) => frames.length > 0);
  for (let i = 1; i <= CHANGES; i++) {
    const nextAtMs = performance.now() + CHANGE_EVERY_MS;
    const slot = await change();
    await stream.until(`change ${i}`, named(slot));
    await delay(nextAtMs - performance.now());
  }
}

function replaced(file: string, shipped: string, ours: string): string {
  expect(file.split(shipped)).toHaveLength(2);
  return file.replace(shipped, ours);
}

test('H72: events 300 ms apart arrive one by one, gzip on', async () => {
  const api = await ask(nginx.port, '/api/health', { headers: { 'accept-encoding': 'gzip' } });
  expect(api.headers['content-encoding']).toBe('gzip');
  const stream = await openStream(nginx);
  expect(stream.encoding).toBeUndefined();
  await expectOneByOne(stream);
});

test('H72: so they do where an operator has them compressed as well', async () => {
  const compressing = await startNginx(server.port, (file) =>
    replaced(file, 'gzip off;', 'gzip_types text/event-stream application/json;'),
  );
  stops.push(() => compressing.stop());
  const stream = await openStream(compressing);
  expect(stream.encoding).toBe('gzip');
  await expectOneByOne(stream);
});

test('H72: it is X-Accel-Buffering that does it: nginx holds them back where that is ignored', async () => {
  const ignoring = await startNginx(server.port, (file) =>
    replaced(
      file,
      'gzip off;',
      'gzip_types text/event-stream application/json; proxy_ignore_headers X-Accel-Buffering;',
    ),
  );
  stops.push(() => ignoring.stop());
  let answered = false;
  const heldBack = send(ignoring.port, '/rt/sse', { headers: STREAM_HEADERS });
  stops.push(() => heldBack.destroy());
  heldBack
    .on('error', () => {})
    .once('response', () => {
      answered = true;
    });
  await expectOneByOne(await openStream(nginx));
  // Not even that there is an answer.
  expect(answered).toBe(false);
});

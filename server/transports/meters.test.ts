/** What a viewer is said to have cost against what a proxy in between saw of it. Real sockets, real clients. */
import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { io } from 'socket.io-client';
import * as parser from 'socket.io-msgpack-parser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MeterReading } from '#lib/protocol/api.ts';
import { ContractServer } from './contract-server.ts';
import { METER_KEPT_MS, type Meter } from './meter.ts';
import { MAX_METERS, Meters } from './meters.ts';

const METER = '00112233445566aa';
const OTHER = 'ffeeddccbbaa9988';

/** A cable that counts the bytes of everything that goes through it. */
class CountingCable {
  up = 0;
  down = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(targetPort: number) {
    this.#server = createServer((near) => {
      const far = connect(targetPort, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy());
      }
      near.on('data', (bytes) => {
        this.up += bytes.length;
      });
      far.on('data', (bytes) => {
        this.down += bytes.length;
      });
      near.pipe(far).pipe(near);
      near.once('close', () => far.destroy());
      far.once('close', () => near.destroy());
    });
  }

  async listen(): Promise<this> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

describe('what a viewer costs', () => {
  let server: ContractServer;
  let cable: CountingCable;
  let agent: Agent;

  beforeEach(async () => {
    server = await new ContractServer().listen();
    server.addHosts(3_000);
    cable = await new CountingCable(server.port).listen();
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
  });
  afterEach(async () => {
    agent.destroy();
    cable.close();
    await server.close();
  });

  function ask(path: string, headers: Readonly<Record<string, string>> = {}): ClientRequest {
    return request(`${cable.origin}${path}`, { agent, headers }).end();
  }

  async function answerOf(asked: ClientRequest) {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return { status: response.statusCode!, body: JSON.parse(text) };
  }

  const get = (path: string, headers?: Readonly<Record<string, string>>) => answerOf(ask(path, headers));

  /** Not through the cable, and without a meter of its own. */
  async function readings(...ids: string[]): Promise<MeterReading[]> {
    const response = await fetch(`${server.origin}/rt/meter?meter=${ids.join(',')}`);
    return ((await response.json()) as { meters: MeterReading[] }).meters;
  }

  /** Waits until the meter says what the cable saw, whatever is on its way; the reading. */
  async function agreed(before: { up: number; down: number } = { up: 0, down: 0 }): Promise<MeterReading> {
    return vi.waitFor(async () => {
      const [reading] = await readings(METER);
      expect([reading!.bytesUp, reading!.bytesDown]).toEqual([
        cable.up - before.up,
        cable.down - before.down,
      ]);
      return reading!;
    }, 10_000);
  }

  const at = () => `e=${server.log.epoch}&s=${server.log.seq}`;

  test('L59, L60: polling, several times on one connection, another request between', async () => {
    await get(`/rt/poll?meter=${METER}`, { 'x-odd': 'ümläut', cookie: 'a=b' });
    await get(`/rt/poll?${at()}&wait=0&meter=${METER}`);
    const { up, down } = await agreed().then(() => ({ ...cable }));
    await get('/rt/poll');
    const uncounted = { up: cable.up - up, down: cable.down - down };
    const position = at();
    server.set([0, 4]);
    await get(`/rt/poll?${position}&meter=${METER}`);
    expect(await agreed(uncounted)).toMatchObject({
      transport: 'polling',
      requests: 3,
      frames: 3,
      updates: 2,
      emptyAnswers: 1,
    });
  });

  test('L59, L60: all bytes of a poll without news are wasted, and none of another', async () => {
    await get(`/rt/poll?${at()}&meter=${METER}`);
    const { bytesUp, bytesDown, wastedBytes } = await agreed();
    expect(wastedBytes).toBe(bytesUp + bytesDown);
    await get(`/rt/poll?meter=${METER}`);
    const after = await agreed();
    expect(after.wastedBytes).toBe(wastedBytes);
    expect(after.bytesDown).toBeGreaterThan(bytesDown);
  });

  test('L59, L60: long polling, while it is held and after its answers', async () => {
    const held = ask(`/rt/poll?${at()}&wait=25&meter=${METER}`);
    await vi.waitFor(() => expect(server.viewers.size).toBe(1));
    expect(await agreed()).toMatchObject({ requests: 1, bytesDown: 0, updates: 0 });
    server.log.stageAlert({
      id: `${METER}-1`,
      hostId: METER,
      host: 'web-1',
      episode: 1,
      openedAt: 1,
      closedAt: null,
      reason: 'no heartbeat for 5.0 s',
      evidence: null,
      incidentId: null,
      ack: null,
    });
    server.set([0, 4], [1, 4]);
    await answerOf(held);
    await get(`/rt/poll?${at()}&wait=1&meter=${METER}`);
    const reading = await agreed();
    expect(reading).toMatchObject({
      transport: 'long-polling',
      requests: 2,
      frames: 3,
      updates: 1,
      emptyAnswers: 1,
    });
    expect(reading.wastedBytes).toBeLessThan(reading.bytesUp + reading.bytesDown);
    expect(reading.wastedBytes).toBeGreaterThan(100);
  });

  test('L59, L60: an event stream as it goes, and when it has been cut', async () => {
    const asked = ask(`/rt/sse?meter=${METER}`, { accept: 'text/event-stream' });
    asked.on('error', () => {}); // it is cut below
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.on('error', () => {}).resume();
    await vi.waitFor(async () => expect((await readings(METER))[0]!.frames).toBe(1));
    const { bytesDown } = await agreed();
    for (let i = 0; i < 20; i++) server.set([i, 4]);
    await vi.waitFor(async () => expect((await readings(METER))[0]!.frames).toBeGreaterThan(1));
    const reading = await agreed();
    expect(reading).toMatchObject({ transport: 'sse', requests: 1, emptyAnswers: 0, wastedBytes: 0 });
    expect(reading.bytesDown).toBeGreaterThan(bytesDown);
    expect(reading.updates).toBe(reading.frames);
    cable.cut();
    await vi.waitFor(() => expect(server.viewers.size).toBe(0));
    expect(await agreed()).toEqual(reading);
    // A stream to one who knows everything begins with a beat: that event is wasted, its headers are not.
    const again = request(`${cable.origin}/rt/sse?${at()}&meter=${METER}`).end();
    again.on('error', () => {}); // cut at the end
    const [second] = (await once(again, 'response')) as [IncomingMessage];
    second.on('error', () => {}).resume();
    await vi.waitFor(async () => expect((await readings(METER))[0]!.emptyAnswers).toBe(1));
    const { wastedBytes, requests } = await agreed();
    expect(requests).toBe(2);
    expect(wastedBytes).toBeGreaterThan(100);
    expect(wastedBytes).toBeLessThan(500);
  });

  test('L59, L60: Socket.IO from its handshake on, acks and all', async () => {
    const socket = io(cable.origin, {
      transports: ['websocket'],
      parser,
      query: { meter: METER },
      auth: { e: server.log.epoch, s: server.log.seq },
      reconnection: false,
      forceNew: true,
    });
    const kinds: string[] = [];
    socket.on('frame', ({ t, s }: { t: string; s: number }) => {
      kinds.push(t);
      if (t !== 'B') socket.emit('ack', s);
    });
    await vi.waitFor(() => expect(kinds).toEqual(['B']));
    const quiet = await agreed();
    expect(quiet).toMatchObject({
      transport: 'socketio',
      requests: 1,
      frames: 1,
      updates: 0,
      emptyAnswers: 1,
    });
    expect(quiet.wastedBytes).toBeGreaterThan(50);
    for (let i = 0; i < 10; i++) {
      server.set([i, 4]);
      await vi.waitFor(() => expect(kinds).toHaveLength(2 + i));
    }
    const reading = await agreed();
    expect(reading).toMatchObject({
      frames: 11,
      updates: 10,
      emptyAnswers: 1,
      wastedBytes: quiet.wastedBytes,
    });
    expect(reading.bytesUp).toBeGreaterThan(quiet.bytesUp);
    socket.disconnect();
    await vi.waitFor(() => expect(server.viewers.size).toBe(0));
    const last = await agreed();
    expect(last).toMatchObject({ requests: 1, frames: 11 });
  });

  test('L59: a handshake on a connection that has carried other requests', async () => {
    const socket = connect(cable.port, '127.0.0.1');
    const lines = (...more: string[]) => `${['Host: 127.0.0.1:1', ...more].join('\r\n')}\r\n\r\n`;
    socket.write(`GET /rt/clock?c0=1 HTTP/1.1\r\n${lines()}`);
    await once(socket, 'data');
    const before = { up: cable.up, down: cable.down };
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
    socket.write(
      `GET /socket.io/?EIO=4&transport=websocket&meter=${METER} HTTP/1.1\r\n${lines(...upgrade, key)}`,
    );
    await once(socket, 'data');
    expect(await agreed(before)).toMatchObject({ transport: 'socketio', requests: 1, frames: 0 });
    socket.destroy();
  });

  test('L59: of two requests written at once each has its own bytes', async () => {
    const socket = connect(cable.port, '127.0.0.1');
    const line = (meter: string, more = '') =>
      `GET /rt/poll?meter=${meter} HTTP/1.1\r\nHost: 127.0.0.1:1\r\n${more}\r\n`;
    const first = line(METER);
    const second = line(OTHER, 'Connection: close\r\n');
    socket.write(first + second);
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) text += chunk;
    const secondAt = text.indexOf('HTTP/1.1 200', 1);
    expect((await readings(METER, OTHER)).map(({ bytesUp, bytesDown }) => [bytesUp, bytesDown])).toEqual([
      [first.length, secondAt],
      [second.length, text.length - secondAt],
    ]);
  });

  test('L59: a refusal is counted too', async () => {
    expect((await get(`/rt/poll?wait=99&meter=${METER}`)).status).toBe(400);
    expect((await get(`/rt/poll?feed=${OTHER}&meter=${METER}`)).status).toBe(404);
    expect(await agreed()).toMatchObject({ requests: 2, frames: 0, updates: 0, emptyAnswers: 0 });
  });

  test('L59: a meter that is not of its form is refused on every transport', async () => {
    for (const meter of ['xyz', METER.toUpperCase(), `${METER}0`, `${METER},${OTHER}`]) {
      for (const path of ['/rt/poll', '/rt/sse']) {
        const answer = await get(`${path}?meter=${meter}`);
        expect(answer, meter).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } });
      }
      const socket = io(server.origin, {
        transports: ['websocket'],
        parser,
        query: { meter },
        reconnection: false,
        forceNew: true,
      });
      const error = await new Promise<Error & { data?: unknown }>((resolve) =>
        socket.once('connect_error', resolve),
      );
      expect(error.data).toEqual({ status: 400, code: 'invalid_parameter' });
    }
  });

  test('L62: up to eight meters at once; those nobody uses are left out', async () => {
    await get(`/rt/poll?meter=${OTHER}`);
    await get(`/rt/poll?meter=${METER}`);
    const unused = '0123456789abcdef';
    expect((await readings(METER, unused, OTHER)).map(({ meter }) => meter)).toEqual([METER, OTHER]);
    expect(await readings(unused)).toEqual([]);
    for (const text of ['', METER.slice(1), `${METER},`, Array.from({ length: 9 }, () => METER).join(',')]) {
      const answer = await get(`/rt/meter?meter=${text}`);
      expect(answer, text).toMatchObject({ status: 400, body: { code: 'invalid_parameter' } });
    }
    expect((await get('/rt/meter')).status).toBe(400);
    expect((await get(`/rt/meter?meter=${Array.from({ length: 8 }, () => METER).join(',')}`)).status).toBe(
      200,
    );
  });
});

describe('Meters', () => {
  let nowMs = 0;
  const idOf = (number: number): string => number.toString(16).padStart(16, '0');

  function fill(): { meters: Meters; first: Meter } {
    const meters = new Meters(() => nowMs);
    const first = meters.use(idOf(0), 'sse')!;
    for (let i = 1; i < MAX_METERS; i++) expect(meters.use(idOf(i), 'polling')).not.toBeNull();
    return { meters, first };
  }

  test('L61: no more than 1,024; further viewers are not counted', () => {
    const { meters, first } = fill();
    expect(meters.use(idOf(MAX_METERS), 'polling')).toBeNull();
    expect(meters.use(idOf(0), 'sse')).toBe(first);
    expect(meters.read([idOf(MAX_METERS)])).toEqual([]);
  });

  test('L61: a minute after its last use a meter is gone; one that is read is used', () => {
    const { meters, first } = fill();
    nowMs += METER_KEPT_MS - 1;
    expect(meters.read([idOf(0), idOf(1)])).toHaveLength(2);
    nowMs += 1;
    expect(meters.use(idOf(MAX_METERS), 'polling')).not.toBeNull();
    expect(meters.read([idOf(2)])).toEqual([]);
    expect(meters.use(idOf(0), 'sse')).toBe(first);
    nowMs += METER_KEPT_MS;
    expect(meters.read([idOf(0)])).toEqual([]);
    expect(meters.use(idOf(0), 'sse')).not.toBe(first);
  });
});

import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { io } from 'socket.io-client';
import * as parser from 'socket.io-msgpack-parser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cookieOf, TestAccounts, VIC } from '../auth/testing/test-accounts.ts';
import { MAX_UNACKED_FRAMES, STALLED_AFTER_MS } from '../live/viewer.ts';
import { ContractServer } from './contract-server.ts';
import { socketIoAdapter } from './contract-socketio.ts';
import { transportContract } from './transport.contract.ts';

transportContract(socketIoAdapter);

describe('Socket.IO alone', () => {
  let server: ContractServer;

  beforeEach(async () => {
    server = await new ContractServer().listen();
    server.addHosts(3);
  });
  afterEach(() => server.close());

  /** All that comes back on a bare connection until it is closed. */
  function rawAnswer(path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1');
      const lines = Object.entries({
        Host: `127.0.0.1:${server.port}`,
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        ...headers,
      });
      let text = '';
      socket.setEncoding('latin1').on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text)).on('error', reject);
      socket.write(`GET ${path} HTTP/1.1\r\n${lines.map((line) => `${line.join(': ')}\r\n`).join('')}\r\n`);
    });
  }

  /** A bare WebSocket that is connected to Engine.IO; resolves with what `use` gives once it is open. */
  async function openWebSocket(): Promise<WebSocket> {
    const socket = new WebSocket(server.socketIoUrl);
    socket.binaryType = 'arraybuffer';
    await new Promise((resolve, reject) => {
      socket.addEventListener('message', resolve, { once: true });
      socket.addEventListener('error', reject, { once: true });
    });
    return socket;
  }

  const closed = (socket: WebSocket): Promise<unknown> =>
    new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }));

  test('L35: only upgrades of /socket.io/ over WebSocket are taken; others stay the caller’s', async () => {
    expect(await rawAnswer('/elsewhere/?EIO=4&transport=websocket')).toMatch(/^HTTP\/1\.1 404 /);
    expect(await rawAnswer('/socket.io/?EIO=4&transport=polling')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await rawAnswer('/socket.io/?EIO=4&transport=websocket&sid=none')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await rawAnswer('/other-upgrade')).toMatch(/^HTTP\/1\.1 101 /);
    expect(server.socketIo.connections).toBe(0);
  });

  test('L33, L40: a refused upgrade says so in its status line and is not to be stored', async () => {
    const answer = await rawAnswer('/socket.io/?EIO=4&transport=websocket', {
      Origin: 'http://evil.example',
    });
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(answer).toContain('Cache-Control: no-store, no-transform\r\n');
  });

  test.each([
    { e: 'xyz', s: 1 },
    { e: '0123456789abcdef' },
    { s: 1 },
    { e: '0123456789abcdef', s: -1 },
    { e: '0123456789abcdef', s: '1' },
    { e: '0123456789abcdef', s: 1.5 },
    { e: ['0123456789abcdef'], s: 1 },
  ])('L35: auth %j is refused with 400, and the connection ends', async (auth) => {
    const socket = io(server.origin, {
      transports: ['websocket'],
      parser,
      auth,
      reconnection: false,
      forceNew: true,
    });
    const error = await new Promise<Error & { data?: unknown }>((resolve) =>
      socket.once('connect_error', resolve),
    );
    expect(error.data).toEqual({ status: 400, code: 'invalid_parameter' });
    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
    expect([server.viewers.size, server.socketIo.connections]).toEqual([0, 0]);
  });

  test('L32, L35: who leaves the namespace loses the connection and its place', async () => {
    const socket = await openWebSocket();
    const gone = closed(socket);
    // {type: 0, nsp: '/', data: {}}, then {type: 1, nsp: '/'}
    const type = [0xa4, ...Buffer.from('type')];
    const nsp = [0xa3, ...Buffer.from('nsp'), 0xa1, 0x2f];
    socket.send(Uint8Array.from([0x83, ...type, 0, ...nsp, 0xa4, ...Buffer.from('data'), 0x80]));
    await vi.waitFor(() => expect(server.viewers.size).toBe(1));
    socket.send(Uint8Array.from([0x82, ...type, 1, ...nsp]));
    await gone;
    await vi.waitFor(() => expect(server.socketIo.connections).toBe(0));
    expect(server.viewers.size).toBe(0);
  });

  test.each([
    ['a length of 4 GB', Uint8Array.of(0xc9, 0xff, 0xff, 0xff, 0xff, 0)],
    ['a message over 16 kB', new Uint8Array(20_000)],
    ['no msgpack', Uint8Array.of(0xc1)],
    ['no packet', Uint8Array.of(0x80)],
    ['text', '4nothing'],
  ])('L36: %s ends the connection and nothing else', async (_name, message) => {
    const bystander = await socketIoAdapter.connect(server);
    const socket = await openWebSocket();
    const gone = closed(socket);
    socket.send(message);
    await gone;
    server.set([0, 4]);
    await bystander.until((view) => view.position?.s === 2);
  });

  test('L21, L36: acks that are no numbers, and events nobody knows, change nothing', async () => {
    const socket = io(server.origin, {
      transports: ['websocket'],
      parser,
      reconnection: false,
      forceNew: true,
    });
    const seqs: number[] = [];
    socket.on('frame', (frame: { s: number }) => seqs.push(frame.s));
    await new Promise((resolve) => socket.once('frame', resolve));
    for (const value of ['2', Number.NaN, null, {}, 1e300]) socket.emit('ack', value);
    socket.emit('ack');
    socket.emit('frame', 1);
    socket.emit('unknown', 'x', () => {});
    server.set([0, 4]);
    await vi.waitFor(() => expect(seqs).toEqual([1, 2]));
    socket.disconnect();
  });

  test.each([
    [['error', 'x']],
    [['disconnecting']],
    [['newListener', 'x', 1]],
    [['__proto__', {}]],
    [[]],
    [[null]],
    [[5]],
    [['ack', -1]],
    [['ack', 1.5]],
    [['ack', Number.MAX_SAFE_INTEGER]],
    [['ack', true, 2]],
  ])('L21, L36: an event %j from outside changes nothing', async (data) => {
    const socket = await openWebSocket();
    const frames: unknown[] = [];
    socket.addEventListener('message', ({ data }) => frames.push(data));
    const send = (packet: unknown): void => {
      const [message] = new parser.Encoder().encode(packet) as unknown as [Uint8Array<ArrayBuffer>];
      socket.send(message);
    };
    send({ type: 0, nsp: '/', data: {} });
    // The answer to the connect, and the snapshot.
    await vi.waitFor(() => expect(frames).toHaveLength(2));
    send({ type: 2, nsp: '/', data });
    send({ type: 2, nsp: '/', data, id: 1 });
    for (let i = 0; i < 20; i++) {
      server.set([0, i % 2 ? 2 : 4]);
      await turn();
    }
    // As many as may go unacknowledged, so no ack of it counted.
    await vi.waitFor(() => expect(frames).toHaveLength(2 + MAX_UNACKED_FRAMES - 1));
    expect([server.viewers.size, socket.readyState]).toEqual([1, WebSocket.OPEN]);
    socket.close();
  });

  test.each([
    [['alerts/ack', { ids: ['00112233445566aa-1'] }]],
    [['acknowledge', '00112233445566aa-1']],
    [['unack', { batchId: 'x' }]],
    [['hosts/remove', { q: '' }]],
    [['settings', { commentRequired: true }]],
    [['frame', { t: 'D' }]],
    [['api', 'POST', '/api/alerts/ack', {}]],
  ])('L65: there is nothing but acks that a viewer could say over its socket: %j', async (data) => {
    const { test: people } = await TestAccounts.withAda();
    const signedIn = await people.signIn(VIC.name, VIC.password);
    await server.close();
    server = await new ContractServer({ authenticate: people.accounts.authenticate }).listen();
    server.addHosts(3);
    const socket = io(server.origin, {
      transports: ['websocket'],
      parser,
      reconnection: false,
      forceNew: true,
      extraHeaders: cookieOf(signedIn),
    });
    const frames: { t: string; s: number }[] = [];
    socket.on('frame', (frame) => frames.push(frame));
    await new Promise((resolve) => socket.once('frame', resolve));
    const written = people.disk.writes.length;
    let answered = false;
    // Nobody listens, so that an acknowledgement that Socket.IO itself would give does not come either.
    socket.emit(data[0] as string, ...data.slice(1), () => {
      answered = true;
    });
    socket.emit(data[0] as string, ...data.slice(1));
    server.set([0, 4]);
    await vi.waitFor(() => expect(frames.filter(({ t }) => t === 'D')).toHaveLength(1));
    // The frame came after both: they were read before it was published, or would be now.
    server.set([0, 2]);
    await vi.waitFor(() => expect(frames.filter(({ t }) => t === 'D')).toHaveLength(2));
    expect([answered, server.log.seq, people.disk.writes.length]).toEqual([false, 3, written]);
    expect(server.viewers.size).toBe(1);
    socket.disconnect();
    await people.accounts.stop();
  });

  test('L64: a viewer that does not take part in the closing is cut off', async () => {
    const { test: people } = await TestAccounts.withAda();
    const signedIn = await people.signIn(VIC.name, VIC.password);
    await server.close();
    server = await new ContractServer({ authenticate: people.accounts.authenticate }).listen();
    const viewer = await socketIoAdapter.connect(server, { headers: cookieOf(signedIn) });
    await viewer.stopReading();
    expect(server.sockets.size).toBe(1);
    await people.accounts.signOut(people.identityOf(signedIn));
    await vi.waitFor(() => expect(server.sockets.size).toBe(0), { timeout: 5_000 });
    expect([server.viewers.size, server.socketIo.connections]).toEqual([0, 0]);
    viewer.abort();
    await people.accounts.stop();
  });

  test('L23: a stalled viewer is cut off after ten seconds', async () => {
    const viewer = await socketIoAdapter.connect(server);
    await viewer.until((view) => view.position !== null);
    await viewer.stopReading();
    for (let i = 0; i < 12; i++) {
      server.set([0, i % 2 ? 2 : 4]);
      await turn();
    }
    server.aheadMs += STALLED_AFTER_MS;
    await vi.waitFor(() => expect(server.sockets.size).toBe(0), 5_000);
    expect(server.viewers.size).toBe(0);
    viewer.resumeReading();
    await expect(viewer.until(() => false)).rejects.toThrow('disconnected');
  });

  test('L20: nothing is handed to a socket that still holds something, however few frames are unacknowledged', async () => {
    const viewer = await socketIoAdapter.connect(server);
    await viewer.until((view) => view.position?.s === 1);
    await viewer.stopReading();
    // 4 MB a tick, more than the kernel takes in all, in fewer frames than may be in flight.
    const reason = 'x'.repeat(8_000);
    for (let i = 0; i < MAX_UNACKED_FRAMES - 1; i++) {
      for (let number = 1; number <= 500; number++) {
        const hostId = number.toString(16).padStart(16, '0');
        const times = { openedAt: number, closedAt: null };
        const facts = {
          host: `web-${number}`,
          episode: 1,
          reason,
          evidence: null,
          incidentId: null,
          ack: null,
        };
        server.log.stageAlert({ id: `${hostId}-1`, hostId, ...times, ...facts });
      }
      server.publish();
      for (let turns = 0; turns < 20; turns++) await turn();
    }
    expect(server.bufferedBytes).toBeLessThan(5_000_000);
    viewer.resumeReading();
    await viewer.until((view) => view.position?.s === server.log.seq);
    const spans = viewer.view.frames.flatMap((frame) => (frame.t === 'D' ? [frame.s - frame.f] : []));
    expect(spans.at(-1)).toBeGreaterThan(1);
    expect(spans.slice(0, -1)).toEqual(spans.slice(0, -1).map(() => 1));
  });

  test('L32: closing ends every connection soon, also that of a viewer that does not read', async () => {
    const reading = await socketIoAdapter.connect(server);
    const stalled = await socketIoAdapter.connect(server);
    await stalled.until((view) => view.position !== null);
    await stalled.stopReading();
    const fromMs = performance.now();
    await server.socketIo.close();
    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
    expect(performance.now() - fromMs).toBeLessThan(2_000);
    expect([server.viewers.size, server.socketIo.connections]).toEqual([0, 0]);
    // Not `io server disconnect`, after which the client would stay away.
    await expect(reading.until(() => false)).rejects.toThrow('disconnected: transport close');
  });

  test('L18: a shared frame reaches each of several viewers whole', async () => {
    const viewers = await Promise.all(Array.from({ length: 5 }, () => socketIoAdapter.connect(server)));
    for (let i = 0; i < 10; i++) server.set([i % 3, i % 2 ? 2 : 4]);
    for (const viewer of viewers) {
      await viewer.until((view) => view.position?.s === server.log.seq);
      expect(viewer.view.states).toEqual(server.log.states().slice());
    }
  });
});

/** Somebody is sent away while a request of theirs is under way, over real sockets and a whole server. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../auth/identity.ts';
import { LiveIdentity } from '../auth/live-identity.ts';
import { send } from '../testing/raw-request.ts';
import { type SignedInServer, startSignedInServer } from '../testing/signed-in-server.ts';
import { type HttpHandlers, type HttpServer, startHttpServer } from './http-server.ts';

/** Passwords take their time, on a busy machine more. */
const START_MS = 30_000;

describe('a whole server', () => {
  let world: SignedInServer;
  beforeAll(async () => {
    world = await startSignedInServer();
  }, START_MS);
  afterAll(() => world.stop());

  /** All of a request but the end of its body; gives what else arrives until the connection is closed. */
  async function begin(path: string, body: string) {
    const { port } = world.server;
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await once(socket, 'connect');
    const head = [
      `POST ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      `Cookie: ${world.cookie('operator')}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      // The server has it when it says that it may go on.
      'Expect: 100-continue',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 5)}`);
    while (!text.startsWith('HTTP/1.1 100')) await once(socket, 'data');
    return {
      async finish(): Promise<string> {
        socket.write(body.slice(5));
        while (!text.includes('HTTP/1.1 2')) await Promise.race([closed, once(socket, 'data')]);
        socket.destroy();
        return text;
      },
      async end(): Promise<string> {
        await closed;
        return text;
      },
    };
  }

  const host = (name: string) => JSON.stringify({ name, labels: { rack: 'r1' } });

  test('H76: a body that is still on its way is not acted on any more', async () => {
    const stays = await begin('/api/hosts', host('named'));
    expect(await stays.finish()).toContain('HTTP/1.1 201');
    const goes = await begin('/api/hosts', host('never-named'));
    const { sessions } = (await world.ask('administrator', '/api/sessions')).body;
    const { id } = sessions.find((one: { user: string }) => one.user === world.users.operator.name);
    expect((await world.ask('administrator', `/api/sessions/${id}`, 'DELETE')).status).toBe(200);
    // Nothing more is needed: the connection is gone with the session.
    expect(await goes.end()).not.toContain('HTTP/1.1 2');
    expect((await world.ask('administrator', '/api/hosts/never-named')).status).toBe(404);
    // Named hosts come by way of the engine.
    await expect.poll(async () => (await world.ask('administrator', '/api/hosts/named')).status).toBe(200);
    await world.signIn('operator');
  });

  test('H76: who signs out, or ends their own session, gets an answer all the same', async () => {
    expect((await world.ask('operator', '/api/logout', 'POST', {})).status).toBe(200);
    await world.signIn('operator');
    const { sessions } = (await world.ask('operator', '/api/sessions')).body;
    const { id } = sessions.find((one: { current: boolean }) => one.current);
    expect((await world.ask('operator', `/api/sessions/${id}`, 'DELETE')).body).toEqual({ removed: true });
    await world.signIn('operator');
  });
});

describe('an answer that takes long', () => {
  let server: HttpServer;
  afterEach(() => server.close());

  const VIC = { name: 'vic', role: 'viewer' } as const;
  const live = (): LiveIdentity =>
    new LiveIdentity({ user: VIC, sessionId: 's', tokenId: null, nowMs: 0, expiresAtMs: null });

  async function start(identity: Identity, api: HttpHandlers['api']): Promise<void> {
    const none = () => {};
    const rules = () => ({ allowedHosts: ['127.0.0.1'], allowedOrigins: [] });
    server = await startHttpServer(['127.0.0.1'], 0, rules, {
      authenticate: () => identity,
      live: none,
      api,
      pages: null,
      socketIo: none,
      otherUpgrade: null,
      onError: (error) => {
        throw error;
      },
    });
  }

  test('H76: an export ends with the session it was asked for in', async () => {
    const vic = live();
    await start(vic, (_, response) => void response.write('the first line\r\n'));
    const request = send(server.port, '/api/events.csv');
    const [response] = await once(request, 'response');
    await once(response, 'data');
    expect(vic.listeners).toBe(1);
    const broken = once(response, 'error');
    vic.end(() => {});
    // Cut off, so that half of it is not taken for all.
    expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' });
  });

  test('H76: nobody listens for an answer that is over', async () => {
    const vic = live();
    await start(vic, (_, response) => void response.end());
    for (let i = 0; i < 3; i++) {
      const [response] = await once(send(server.port, '/api/health'), 'response');
      response.resume();
      await once(response, 'close');
    }
    await expect.poll(() => vic.listeners).toBe(0);
  });
});

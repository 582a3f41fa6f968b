/**
 * Every call of the whole server, for nobody and each role, over real sockets: made from the router's own routes, so
 * that a new one is in the table or fails it.
 */
import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import * as msgpackParser from 'socket.io-msgpack-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mayActAs, ROLES, type Role } from '#lib/protocol/account.ts';
import { apiAlone } from '../testing/api-alone.ts';
import { send } from '../testing/raw-request.ts';
import { type SignedInServer, startSignedInServer } from '../testing/signed-in-server.ts';
import { apiRoutes } from './api.ts';
import { LIVE_PATHS } from './openapi-live-paths.ts';

/** Passwords take their time, on a busy machine more. */
const START_MS = 30_000;
const WHO = [null, ...ROLES] as const;
const routes = apiRoutes(apiAlone().context);

let world: SignedInServer;
beforeAll(async () => {
  world = await startSignedInServer();
}, START_MS);
afterAll(() => world.stop());

describe('H75: every route × role', () => {
  const table = routes.flatMap((route) =>
    WHO.map((role) => [route.method, route.path, role, route] as const),
  );

  test.each(table)('H75: %s %s for %s', async (method, path, role, { access }) => {
    // Not well-formed for any call that writes: what is let through is told so, and changes nothing.
    const address = path.replaceAll(/\{\w+\}/g, '0123456789abcdef');
    const { status, body, headers } = await world.ask(
      role,
      `${address}?trick=1`,
      method,
      method === 'POST' || method === 'PUT' ? [] : undefined,
    );
    const allowed = access === 'open' || (role !== null && mayActAs(role, access));
    if (allowed) expect([status, body.code]).toEqual([400, 'invalid_parameter']);
    else if (role === null) expect([status, body.code]).toEqual([401, 'unauthenticated']);
    else {
      expect([status, body.code]).toEqual([403, 'forbidden']);
      expect(body.detail).toContain(access);
    }
    expect(headers['content-type']).toBe('application/problem+json');
  });
});

test('H75: logged out there is no frame and no measurement on any live path', async () => {
  const paths = LIVE_PATHS.map(({ path }) => path).filter((path) => path.startsWith('/rt/'));
  // What is not there is answered with all that is: a new live path is in the document or fails here.
  const { detail } = (await world.ask('viewer', '/rt/nothing')).body as { detail: string };
  expect(
    detail
      .match(/\/rt\/\w+/g)!
      .slice(1)
      .sort(),
  ).toEqual(paths.sort());
  for (const path of [...paths, '/rt/nothing', '/socket.io/', '/socket.io/?EIO=4&transport=polling']) {
    const answer = await world.ask(null, path);
    expect([answer.status, answer.body.code], path).toEqual([401, 'unauthenticated']);
  }
  for (const role of ROLES) {
    expect((await world.ask(role, '/rt/poll')).body.frames.length).toBeGreaterThan(0);
    expect((await world.ask(role, '/rt/clock?c0=1')).status).toBe(200);
    expect((await world.ask(role, '/rt/changes')).status).toBe(200);
    expect((await world.ask(role, '/rt/meter?meter=0123456789abcdef')).status).toBe(200);
    const request = send(world.server.port, '/rt/sse', { headers: { cookie: world.cookie(role) } });
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(200);
    response.destroy();
  }
});

/** The first thing that a connection has to say. */
function first(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => socket.once(event, resolve));
}

function connect(role: Role | null): Socket {
  return io(`http://127.0.0.1:${world.server.port}`, {
    transports: ['websocket'],
    parser: msgpackParser,
    reconnection: false,
    auth: {},
    ...(role === null ? {} : { extraHeaders: { cookie: world.cookie(role) } }),
  });
}

test('H75: Socket.IO lets in those who are signed in, and takes no command from anyone', async () => {
  const nobody = connect(null);
  expect(await first(nobody, 'connect_error')).toBeInstanceOf(Error);
  nobody.close();
  for (const role of ROLES) {
    const socket = connect(role);
    await first(socket, 'frame');
    const events = (await world.ask('administrator', '/api/audit')).body.entries.length;
    for (const event of ['ack-alerts', 'acknowledge', 'remove', 'settings'])
      socket.emit(event, { filter: {} });
    // A viewer that says what no viewer says is let go, or not heard; either way nothing has been done.
    await world.ask(role, '/api/health');
    expect((await world.ask('administrator', '/api/audit')).body.entries.length).toBe(events);
    socket.close();
  }
});

test('H75: to nobody an address that is not there looks like one that is', async () => {
  for (const path of [
    '/api',
    '/api/',
    '/api/nothing',
    '/api/hosts/never',
    '/API/health',
    '/api//health',
    '/rt/',
  ]) {
    const { status } = await world.ask(null, path);
    expect([401, 303, 404], path).toContain(status);
    expect(status === 404 && path.startsWith('/api'), path).toBe(false);
  }
  for (const token of ['Bearer pwt_x', 'Bearer ', 'Basic YWRhOmFkYQ==']) {
    const { status } = await world.server.ask('/api/health', { headers: { authorization: token } });
    expect(status, token).toBe(401);
  }
});

test('H75: a page is for those who are signed in, and leads the others to the sign-in', async () => {
  for (const path of [
    '/',
    '/hosts',
    '/hosts/web-1',
    '/alerts',
    '/events',
    '/settings',
    '/transports',
    '/nothing',
  ]) {
    const { status, headers } = await world.ask(null, path);
    expect(status, path).toBe(303);
    expect(headers.location, path).toMatch(/^\/login(\?next=|$)/);
    // This server has no pages: who is let through is told so.
    for (const role of ROLES) expect((await world.ask(role, path)).status, path).toBe(404);
  }
});

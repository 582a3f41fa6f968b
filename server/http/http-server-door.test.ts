/** What the door does to requests that get past the guard. Pages are stood in for; everything else is real. */
import { afterEach, describe, expect, test } from 'vitest';
import { EVERYONE, type Identity, notedIdentity } from '../auth/identity.ts';
import { ask } from '../testing/raw-request.ts';
import { proxyList } from './client-address.ts';
import { type HttpHandlers, type HttpServer, startHttpServer } from './http-server.ts';

const VIC: Identity = {
  ...EVERYONE,
  user: { name: 'vic', role: 'viewer' },
  role: 'viewer',
  sessionId: '0123456789abcdef',
};
const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

describe('the door of the HTTP server', () => {
  let server: HttpServer;
  const seen: [path: string, who: string | null][] = [];
  afterEach(() => server.close());

  const start = async (over: Partial<HttpHandlers> = {}): Promise<void> => {
    seen.length = 0;
    const rules = () => ({ allowedHosts: ['localhost'], allowedOrigins: [] });
    const take: HttpHandlers['pages'] = (request, response) => {
      seen.push([request.url!, notedIdentity(request)?.user?.name ?? null]);
      // As Next does where nothing was said before.
      if (!response.hasHeader('cache-control')) response.setHeader('cache-control', 's-maxage=31536000');
      response.end();
    };
    const upgraded: HttpHandlers['socketIo'] = (request, socket) => {
      seen.push([request.url!, notedIdentity(request)?.user?.name ?? null]);
      socket.end('HTTP/1.1 418 \r\nContent-Length: 0\r\n\r\n');
    };
    server = await startHttpServer(['127.0.0.1'], 0, rules, {
      authenticate: ({ authorization }) => (authorization === 'vic' ? VIC : null),
      live: take,
      api: take,
      pages: take,
      socketIo: upgraded,
      otherUpgrade: upgraded,
      onError: (error) => {
        throw error;
      },
      ...over,
    });
  };
  const get = (path: string, headers: Record<string, string> = {}) =>
    ask(server.port, path, { headers: { host: 'localhost', ...headers } });
  const signedIn = { authorization: 'vic' };

  test('U50: who it is is noted for everything behind the door, and nothing behind it hears of the others', async () => {
    await start();
    for (const path of ['/hosts', '/api/hosts', '/rt/poll']) {
      await get(path);
      await get(path, signedIn);
    }
    expect(seen).toEqual([
      ['/hosts', 'vic'],
      ['/api/hosts', 'vic'],
      ['/rt/poll', 'vic'],
    ]);
  });

  test('U50: a page that is asked for by a whole path of another spelling is refused as the page it is', async () => {
    await start();
    for (const path of ['/_next/static/../../hosts', '/_next/static/%2e%2e/%2e%2e/hosts', '/./hosts']) {
      const { status, headers } = await get(path);
      expect([path, status, headers.location]).toEqual([path, 303, '/login?next=%2Fhosts']);
    }
    expect(seen).toEqual([]);
  });

  test('H77: what is let in has one spelling for all behind the door', async () => {
    await start();
    for (const path of ['/hosts/../login', '/./login', '/hosts/%2e%2e/login', '/hosts/\\..\\..\\login']) {
      await get(path);
    }
    await get('/api/../hosts/./web-1?q=a%20b', signedIn);
    expect(seen).toEqual([...Array(4).fill(['/login', null]), ['/hosts/web-1?q=a%20b', 'vic']]);
    for (const path of [
      '//localhost/login',
      '/\\localhost/login',
      '/\\login',
      '*',
      'http://localhost/login',
    ]) {
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
    expect(seen).toHaveLength(5);
  });

  test('U55: no shared cache keeps a page that was given to somebody; what everyone gets is left alone', async () => {
    await start();
    expect((await get('/hosts', signedIn)).headers['cache-control']).toBe('private, no-cache');
    expect((await get('/login')).headers['cache-control']).toBe('private, no-cache');
    expect((await get('/_next/static/x.js')).headers['cache-control']).toBe('s-maxage=31536000');
    await server.close();
    await start({ authenticate: () => EVERYONE });
    expect((await get('/hosts')).headers['cache-control']).toBe('s-maxage=31536000');
  });

  test('U56: while developing, pages are replaced in this machine’s browsers and in those of who is signed in', async () => {
    await start({ trustedProxies: proxyList(['127.0.0.1']) });
    const elsewhere = { ...UPGRADE, 'x-forwarded-for': '192.0.2.1' };
    const hot = '/_next/webpack-hmr';
    expect((await get(hot, UPGRADE)).status).toBe(418);
    expect((await get(hot, elsewhere)).status).toBe(401);
    expect((await get(hot, { ...elsewhere, ...signedIn })).status).toBe(418);
    expect((await get('/socket.io/', UPGRADE)).status).toBe(401);
    expect((await get('/socket.io/', { ...UPGRADE, ...signedIn })).status).toBe(418);
    await server.close();
    await start({ otherUpgrade: null });
    expect((await get(hot, UPGRADE)).status).toBe(401);
  });
});

/** A whole live view that is signed out while it is open, and signed in again, over real connections. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SessionInfo } from '#lib/protocol/account.ts';
import { problemOf } from '#lib/protocol/errors.ts';
import { toJsonFrame } from '#lib/protocol/frames.ts';
import { parsePosition } from '#lib/protocol/position.ts';
import { createApiClient } from './api-client.ts';
import { createLive, type Live } from './live.ts';
import { onSessionChanged, tellSessionChanged } from './session-news.ts';
import { watchForSignIn } from './sign-in-watch.ts';
import { ModelServer } from './testing/model-server.ts';
import type { LiveState } from './view-store.ts';

let http: Server;
let origin: string;
let model: ModelServer;
let signedIn: boolean;
let asked: string[];
/** Told of each request as it comes. */
let onAsked: (path: string) => void;
const lives: Live[] = [];

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

beforeEach(async () => {
  model = new ModelServer(Date.now);
  model.change([[0, 2]]);
  signedIn = true;
  asked = [];
  onAsked = () => {};
  http = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    asked.push(url.pathname);
    const user = signedIn ? ({ name: 'ada', role: 'operator' } as const) : null;
    const session: SessionInfo = { auth: 'password', setupNeeded: false, user };
    if (url.pathname === '/api/session') json(response, 200, session);
    else if (!signedIn) json(response, 401, problemOf('unauthenticated', 'sign in'));
    else if (url.pathname === '/rt/poll') {
      const position = parsePosition(url.searchParams.get('e'), url.searchParams.get('s'));
      json(response, 200, { frames: model.answer(position).map(toJsonFrame) });
    } else json(response, 200, {});
    onAsked(url.pathname);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const live of lives.splice(0)) live.stop();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

function begin(mode: 'auto' | 'polling'): Live {
  const live = createLive({ origin, storage: null, mode });
  lives.push(live);
  live.start();
  return live;
}

function until(live: Live, condition: (state: LiveState) => boolean): Promise<LiveState> {
  return new Promise((resolve) => {
    const check = (): void => {
      const state = live.store.getState();
      if (!condition(state)) return;
      stop();
      resolve(state);
    };
    const stop = live.store.subscribe(check);
    check();
  });
}
const is = (status: LiveState['link']['status']) => (state: LiveState) => state.link.status === status;

const askedFor = (path: string): Promise<void> =>
  new Promise((resolve) => {
    onAsked = (one) => {
      if (one === path) resolve();
    };
  });

describe('C79: a view learns at once that nobody is signed in', () => {
  test('from any call of the API', async () => {
    const live = begin('polling');
    await until(live, is('live'));
    signedIn = false;
    await expect(live.api.health()).rejects.toMatchObject({ code: 'unauthenticated', status: 401 });
    const { link, stale, counts } = await until(live, is('signed-out'));
    expect([link.retryAtMs, link.fallback, stale, counts?.up]).toEqual([null, null, true, 1]);
    asked = [];
    await expect(live.api.hosts()).rejects.toMatchObject({ code: 'unauthenticated', status: 401 });
    await expect(live.api.send('POST', '/api/hosts')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(asked).toEqual([]);
  });

  test('from its first look, after which no connection is tried', async () => {
    signedIn = false;
    const live = begin('auto');
    const { stale } = await until(live, is('signed-out'));
    expect([stale, asked]).toEqual([false, ['/rt/poll']]);
  });

  test('a view that is not started is not told', async () => {
    signedIn = false;
    const live = createLive({ origin, storage: null });
    await expect(live.api.health()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(live.store.getState().link.status).toBe('idle');
  });

  test('another refusal is none of its concern', async () => {
    let told = 0;
    const api = createApiClient({ origin, onSignedOut: () => told++ });
    http.removeAllListeners('request');
    http.on('request', (_, response) => json(response, 401, problemOf('wrong_credentials', 'wrong')));
    await expect(api.send('POST', '/api/login', {})).rejects.toMatchObject({ code: 'wrong_credentials' });
    expect(told).toBe(0);
  });
});

describe('C80: a signed-out view', () => {
  test('goes on from where it stood when another tab signs in, and asks nothing before', async () => {
    const live = begin('polling');
    const { seq } = await until(live, is('live'));
    signedIn = false;
    await live.api.health().catch(() => {});
    await until(live, is('signed-out'));
    // The watch is loaded by then: this very news is what it listens for.
    const askedByNews = askedFor('/api/session');
    asked = [];
    const news = setInterval(tellSessionChanged, 20);
    await askedByNews;
    clearInterval(news);
    expect(new Set(asked)).toEqual(new Set(['/api/session']));
    expect(live.store.getState().link.status).toBe('signed-out');
    signedIn = true;
    model.change([[1, 4]]);
    tellSessionChanged();
    const state = await until(live, (now) => now.link.status === 'live' && now.seq > seq);
    expect([...state.states]).toEqual([2, 4]);
    await live.api.health();
    expect([state.stale, state.link.resyncs, state.link.transport]).toEqual([false, 0, 'polling']);
  });

  describe('in a page', () => {
    const page = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
    const browser = new EventTarget();
    beforeEach(() => {
      vi.stubGlobal('document', page);
      vi.stubGlobal('window', browser);
    });
    afterEach(() => vi.unstubAllGlobals());

    test.each([
      ['shown', () => page.dispatchEvent(new Event('visibilitychange'))],
      ['focused', () => browser.dispatchEvent(new Event('focus'))],
      ['online', () => browser.dispatchEvent(new Event('online'))],
    ])('asks when it is %s, and not while it is hidden', async (_, happen) => {
      signedIn = false;
      let told = 0;
      const stop = watchForSignIn(origin, () => told++);
      page.visibilityState = 'hidden';
      happen();
      page.visibilityState = 'visible';
      const refused = askedFor('/api/session');
      happen();
      await refused;
      signedIn = true;
      // Asked in the middle of a question, it asks once more when that is answered.
      happen();
      await vi.waitFor(() => expect(told).toBe(1));
      expect(asked.every((path) => path === '/api/session')).toBe(true);
      expect(asked.length).toBeLessThanOrEqual(2);
      const { length } = asked;
      happen();
      await fetch(`${origin}/api/samples`);
      expect([told, asked.slice(length)]).toEqual([1, ['/api/samples']]);
      stop();
    });
  });

  test('stopped, it listens no more', async () => {
    signedIn = false;
    const live = begin('polling');
    await until(live, is('signed-out'));
    const heard = askedFor('/api/session');
    const news = setInterval(tellSessionChanged, 20);
    await heard;
    clearInterval(news);
    live.stop();
    signedIn = true;
    tellSessionChanged();
    // A second listener hears the same news: by then the first would have asked.
    await new Promise<void>((resolve) => {
      const stop = onSessionChanged(() => {
        stop();
        resolve();
      });
      tellSessionChanged();
    });
    asked = [];
    await fetch(`${origin}/api/samples`);
    expect(asked).toEqual(['/api/samples']);
    expect(live.store.getState().link.status).toBe('stopped');
  });
});

test('C81: a failure says how long the server asks to be left alone', async () => {
  http.removeAllListeners('request');
  http.on('request', (_, response) => {
    response.setHeader('retry-after', '7');
    json(response, 429, problemOf('too_many_attempts', 'wait'));
  });
  const failed = createApiClient({ origin }).send('POST', '/api/login', {});
  await expect(failed).rejects.toMatchObject({ code: 'too_many_attempts', retryAfterMs: 7_000 });
});

test('C82: the other listeners hear that somebody signed in or out, and nothing of who', async () => {
  const heard = await new Promise<unknown[]>((resolve) => {
    const stop = onSessionChanged((...told: unknown[]) => {
      stop();
      resolve(told);
    });
    tellSessionChanged();
  });
  expect(heard).toEqual([]);
});
